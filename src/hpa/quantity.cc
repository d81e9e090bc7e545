// SPDX-License-Identifier: Apache-2.0
#include "hpa/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "hpa/arithmetic.h"

namespace tidegate::hpa {

namespace {

__extension__ using Wide = __int128;

constexpr std::string_view kFormatError =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
constexpr std::string_view kSuffixError = "unable to parse quantity's suffix";
constexpr std::string_view kNumericError = "unable to parse numeric part of quantity";
constexpr std::int64_t kMaxZerosAppended = 20'000;
constexpr std::int64_t kMaxSumDigits = 100'000;
constexpr std::int32_t kNano = -9;
constexpr std::int32_t kMaxPower = 18;  // the largest power of ten in an int64

Error ParseError(std::string_view text) {
  return Error{ErrorCode::kInvalidArgument, std::string(text)};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Suffix {
  int base = 10;
  std::int32_t exponent = 0;
  QuantityFormat format = QuantityFormat::kDecimalSi;
};

struct NamedSuffix {
  std::string_view name;
  Suffix suffix;
};

constexpr std::array<NamedSuffix, 16> kSuffixes = {{{"n", {10, -9, QuantityFormat::kDecimalSi}},
                                                    {"u", {10, -6, QuantityFormat::kDecimalSi}},
                                                    {"m", {10, -3, QuantityFormat::kDecimalSi}},
                                                    {"", {10, 0, QuantityFormat::kDecimalSi}},
                                                    {"k", {10, 3, QuantityFormat::kDecimalSi}},
                                                    {"M", {10, 6, QuantityFormat::kDecimalSi}},
                                                    {"G", {10, 9, QuantityFormat::kDecimalSi}},
                                                    {"T", {10, 12, QuantityFormat::kDecimalSi}},
                                                    {"P", {10, 15, QuantityFormat::kDecimalSi}},
                                                    {"E", {10, 18, QuantityFormat::kDecimalSi}},
                                                    {"Ki", {2, 10, QuantityFormat::kBinarySi}},
                                                    {"Mi", {2, 20, QuantityFormat::kBinarySi}},
                                                    {"Gi", {2, 30, QuantityFormat::kBinarySi}},
                                                    {"Ti", {2, 40, QuantityFormat::kBinarySi}},
                                                    {"Pi", {2, 50, QuantityFormat::kBinarySi}},
                                                    {"Ei", {2, 60, QuantityFormat::kBinarySi}}}};

std::optional<Suffix> ParseSuffix(std::string_view text) {
  for (const NamedSuffix& known : kSuffixes) {
    if (known.name == text) return known.suffix;
  }
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  std::string_view digits = text.substr(1);
  if (digits[0] == '+') digits.remove_prefix(1);
  std::int64_t exponent = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, exponent);
  if (digits.empty() || status != std::errc() || stop != end) return std::nullopt;
  const auto low = static_cast<std::int32_t>(static_cast<std::uint32_t>(exponent));
  return Suffix{10, low, QuantityFormat::kDecimalExponent};
}

/// "" for an exponent that has no suffix: upstream then drops it.
std::string SuffixText(int base, std::int32_t exponent, QuantityFormat format) {
  const bool named = format == QuantityFormat::kDecimalSi || format == QuantityFormat::kBinarySi;
  if (!named) return exponent == 0 ? "" : "e" + std::to_string(exponent);
  for (const NamedSuffix& known : kSuffixes) {
    if (known.suffix.base == base && known.suffix.exponent == exponent) {
      return std::string(known.name);
    }
  }
  return "";
}

constexpr std::array<std::int64_t, kMaxPower + 1> kPowers = [] {
  std::array<std::int64_t, kMaxPower + 1> powers{};
  std::int64_t power = 1;
  for (std::int64_t& p : powers) {
    p = power;
    power = power > std::numeric_limits<std::int64_t>::max() / 10 ? 0 : power * 10;
  }
  return powers;
}();

std::int64_t PowerOfTen(std::int32_t exponent) {
  return kPowers[static_cast<std::size_t>(exponent)];
}

struct ScaledInt {
  std::int64_t value = 0;
  bool fits = true;
};

/// base × 10^scale as upstream computes it: where that does not fit, some powers wrap and the
/// others give 0. A negative scale, the wrapped difference of two, changes nothing.
ScaledInt ScaleUp(std::int64_t base, std::int32_t scale) {
  if (scale <= 0 || base == 0) return {base, true};
  if (scale > kMaxPower) return {0, false};
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(base, PowerOfTen(scale), &product)) return {product, true};
  const bool wraps = scale <= 3 || scale == 6 || scale == 9;
  return {wraps ? product : 0, false};
}

/// base ÷ 10^scale, rounded away from zero.
std::int64_t ScaleDown(std::int64_t base, std::int32_t scale) {
  if (scale <= 0) return base;
  const std::int64_t away = base < 0 ? -1 : base > 0 ? 1 : 0;
  if (scale > kMaxPower) return away;
  const std::int64_t power = PowerOfTen(scale);
  return base / power + (base % power != 0 ? away : 0);
}

/// Go's math.Pow10: one rounding up to 10^31, then a product of two tabulated powers.
double FloatPowerOfTen(std::int32_t exponent) {
  constexpr std::array<double, 32> kSmall = {1e00, 1e01, 1e02, 1e03, 1e04, 1e05, 1e06, 1e07,
                                             1e08, 1e09, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23,
                                             1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
  constexpr std::array<double, 10> kLarge = {1e000, 1e032, 1e064, 1e096, 1e128,
                                             1e160, 1e192, 1e224, 1e256, 1e288};
  constexpr std::array<double, 11> kTiny = {1e-000, 1e-032, 1e-064, 1e-096, 1e-128, 1e-160,
                                            1e-192, 1e-224, 1e-256, 1e-288, 1e-320};
  if (exponent > 308) return std::numeric_limits<double>::infinity();
  if (exponent < -323) return 0;
  const auto size = static_cast<std::size_t>(std::abs(exponent));
  return exponent >= 0 ? kLarge[size / 32] * kSmall[size % 32]
                       : kTiny[size / 32] / kSmall[size % 32];
}

/// Mantissa and exponent in text, the exponent a multiple of three.
std::string DecimalText(bool negative, std::string digits, std::int32_t exponent,
                        QuantityFormat format) {
  const std::size_t kept = digits.find_last_not_of('0') + 1;
  exponent = WrapAdd32(exponent, static_cast<std::int32_t>(digits.size() - kept));
  digits.resize(kept);
  const int above = (exponent % 3 + 3) % 3;
  digits.append(static_cast<std::size_t>(above), '0');
  exponent = WrapSub32(exponent, above);
  return (negative ? "-" : "") + digits + SuffixText(10, exponent, format);
}

/// What strings.TrimSpace removes, in UTF-8.
constexpr std::array<std::string_view, 25> kBlanks = {" ",
                                                      "\t",
                                                      "\n",
                                                      "\v",
                                                      "\f",
                                                      "\r",
                                                      "\xC2\x85",
                                                      "\xC2\xA0",
                                                      "\xE1\x9A\x80",
                                                      "\xE2\x80\x80",
                                                      "\xE2\x80\x81",
                                                      "\xE2\x80\x82",
                                                      "\xE2\x80\x83",
                                                      "\xE2\x80\x84",
                                                      "\xE2\x80\x85",
                                                      "\xE2\x80\x86",
                                                      "\xE2\x80\x87",
                                                      "\xE2\x80\x88",
                                                      "\xE2\x80\x89",
                                                      "\xE2\x80\x8A",
                                                      "\xE2\x80\xA8",
                                                      "\xE2\x80\xA9",
                                                      "\xE2\x80\xAF",
                                                      "\xE2\x81\x9F",
                                                      "\xE3\x80\x80"};

std::string_view Trimmed(std::string_view text) {
  const auto at_start = [&](std::string_view blank) {
    return text.substr(0, blank.size()) == blank;
  };
  const auto at_end = [&](std::string_view blank) {
    return text.size() >= blank.size() && text.substr(text.size() - blank.size()) == blank;
  };
  for (auto it = kBlanks.begin(); it != kBlanks.end();) {
    it = std::find_if(kBlanks.begin(), kBlanks.end(), at_start);
    if (it != kBlanks.end()) text.remove_prefix(it->size());
  }
  for (auto it = kBlanks.begin(); it != kBlanks.end();) {
    it = std::find_if(kBlanks.begin(), kBlanks.end(), at_end);
    if (it != kBlanks.end()) text.remove_suffix(it->size());
  }
  return text;
}

}  // namespace

std::string_view ToString(QuantityFormat format) {
  switch (format) {
    case QuantityFormat::kDecimalSi:
      return "DecimalSI";
    case QuantityFormat::kBinarySi:
      return "BinarySI";
    case QuantityFormat::kDecimalExponent:
      return "DecimalExponent";
    case QuantityFormat::kNone:
      break;
  }
  return "";
}

// Splits the text, then chooses the form.
class QuantityParser {
 public:
  explicit QuantityParser(std::string_view text) : text_(text) {}

  Result<Quantity> Parse() {
    if (text_.empty() || !Scan()) return ParseError(kFormatError);
    const std::optional<Suffix> suffix = ParseSuffix(suffix_);
    if (!suffix) return ParseError(kSuffixError);
    Quantity quantity;
    if (Fast(*suffix, quantity)) return quantity;
    return Big(*suffix);
  }

 private:
  bool Scan() {
    std::size_t at = 0;
    if (text_[at] == '+' || text_[at] == '-') negative_ = text_[at++] == '-';
    const std::size_t zeros = at;
    while (at < text_.size() && text_[at] == '0') ++at;
    digits_seen_ = at > zeros;
    whole_ = Digits(at);
    if (at < text_.size() && text_[at] == '.') fraction_ = Digits(++at);
    digits_seen_ = digits_seen_ || !whole_.empty() || !fraction_.empty();
    if (whole_.empty()) whole_ = "0";
    const std::size_t suffix = at;
    constexpr std::string_view kLetters = "eEinumkKMGTP";
    while (at < text_.size() && kLetters.find(text_[at]) != std::string_view::npos) ++at;
    if (at < text_.size() && (text_[at] == '+' || text_[at] == '-')) ++at;
    (void)Digits(at);
    suffix_ = text_.substr(suffix, at - suffix);
    return at == text_.size();
  }

  /// The run of digits at `at`, which moves behind it.
  std::string_view Digits(std::size_t& at) const {
    const std::size_t start = at;
    while (at < text_.size() && IsDigit(text_[at])) ++at;
    return text_.substr(start, at - start);
  }

  /// int64 mantissa and decimal scale, where they are sure to fit.
  bool Fast(const Suffix& suffix, Quantity& quantity) const {
    const std::size_t digits = whole_.size() + fraction_.size();
    const auto decimals = static_cast<std::int32_t>(fraction_.size());
    const bool binary = suffix.base == 2;
    if (binary) {
      const int lost = static_cast<int>(static_cast<float>(suffix.exponent) * 3 / 10);
      if (!fraction_.empty() || static_cast<int>(std::min<std::size_t>(digits, 99)) > 14 - lost) {
        return false;
      }
    } else if (digits > kMaxPower) {
      return false;
    }
    const std::int32_t scale = binary ? 0 : WrapSub32(suffix.exponent, decimals);
    if (scale < kNano) return false;
    std::int64_t mantissa = 0;
    for (const std::string_view run : {whole_, fraction_}) {
      for (const char c : run) mantissa = mantissa * 10 + (c - '0');
    }
    const std::int64_t factor = binary ? std::int64_t{1} << suffix.exponent : 1;
    if (__builtin_mul_overflow(mantissa, factor, &quantity.mantissa_)) return false;
    if (negative_) quantity.mantissa_ = -quantity.mantissa_;
    quantity.scale_ = scale;
    quantity.format_ = suffix.format;
    const bool canonical = binary ? mantissa % 8 != 0
                                  : scale % 3 == 0 && whole_[0] != '0' && !EndsInThousand(mantissa);
    if (canonical) quantity.Remember(text_);
    return true;
  }

  bool EndsInThousand(std::int64_t mantissa) const {
    return mantissa % 1000 == 0 && whole_.size() + fraction_.size() >= 3;
  }

  /// Any number of digits: rounded away from zero to 1e-9; binary ones are capped at 2^63-1.
  Result<Quantity> Big(const Suffix& suffix) const {
    if (!digits_seen_) return ParseError(kNumericError);
    const bool binary = suffix.base == 2;
    const auto decimals = static_cast<std::int32_t>(fraction_.size());
    const std::int32_t scale =
        binary ? decimals : WrapAdd32(decimals, WrapSub32(0, suffix.exponent));
    Decimal value(false, std::string(whole_) + std::string(fraction_), scale);
    if (value.Sign() != 0) {
      if (std::int64_t{-kNano} - scale > kMaxZerosAppended) return ParseError(kNumericError);
      if (binary) value.MultiplyBy1024(suffix.exponent / 10);
      value.RoundUp(-kNano);
    }
    const Decimal cap = Decimal::Of(std::numeric_limits<std::int64_t>::max(), 0);
    if (binary && Decimal::Compare(value, cap) > 0) value = cap;
    QuantityFormat format = suffix.format;
    if (binary && value.Sign() > 0 && Decimal::Compare(value, Decimal::Of(1, 0)) < 0) {
      format = QuantityFormat::kDecimalSi;
    }
    if (negative_) value.Negate();
    return Quantity::Big(std::move(value), format);
  }

  std::string_view text_;
  bool negative_ = false;
  bool digits_seen_ = false;
  std::string_view whole_;  // without leading zeros; "0" instead of nothing
  std::string_view fraction_;
  std::string_view suffix_;
};

Result<Quantity> Quantity::Parse(std::string_view text) { return QuantityParser(text).Parse(); }

Result<Quantity> Quantity::FromJson(std::string_view token) {
  if (token == "null") return Quantity{};
  if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
    token = token.substr(1, token.size() - 2);
  }
  return Parse(Trimmed(token));
}

Quantity Quantity::Of(std::int64_t value, std::int32_t scale, QuantityFormat format) {
  Quantity quantity;
  quantity.mantissa_ = value;
  quantity.scale_ = scale;
  quantity.format_ = format;
  return quantity;
}

Quantity Quantity::Big(Decimal value, QuantityFormat format) {
  Quantity quantity;
  quantity.format_ = format;
  quantity.rare_ = std::make_shared<const Rare>(Rare{std::move(value), {}});
  return quantity;
}

void Quantity::Remember(std::string_view text) {
  if (text.size() > text_.size()) {
    rare_ = std::make_shared<const Rare>(Rare{std::nullopt, std::string(text)});
    return;
  }
  text_size_ = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), text_.begin());
}

Decimal Quantity::AsDecimal() const {
  return is_big() ? *rare_->big : Decimal::Of(mantissa_, WrapSub32(0, scale_));
}

std::string Quantity::ToString() const {
  if (text_size_ > 0) return {text_.data(), text_size_};
  if (rare_ != nullptr && !rare_->text.empty()) return rare_->text;
  return Canonical();
}

std::string Quantity::Canonical() const {
  if (Sign() == 0) return "0";
  Decimal value = AsDecimal();
  const bool negative = Sign() < 0;
  const Quantity limit = Of(negative ? -1024 : 1024, 0, QuantityFormat::kNone);
  const bool below = negative ? Compare(limit) > 0 : Compare(limit) < 0;
  if (format_ != QuantityFormat::kBinarySi || below || !value.IsInteger()) {
    const QuantityFormat format =
        format_ == QuantityFormat::kBinarySi ? QuantityFormat::kDecimalSi : format_;
    return DecimalText(negative, value.digits(), WrapSub32(0, value.scale()), format);
  }
  value.RoundUp(0);
  // The smallest integer has no positive counterpart, so upstream takes no factors out of it.
  const bool smallest = Int64() == std::numeric_limits<std::int64_t>::min();
  const int times = smallest ? 0 : value.DivideBy1024();
  return (negative ? "-" : "") + value.digits() + SuffixText(2, times * 10, format_);
}

std::int64_t Quantity::Scaled(std::int32_t scale) const {
  if (!is_big()) {
    return scale_ < scale ? ScaleDown(mantissa_, WrapSub32(scale, scale_))
                          : ScaleUp(mantissa_, WrapSub32(scale_, scale)).value;
  }
  const Decimal& big = *rare_->big;
  const std::int64_t unscaled = big.Low64();
  const std::int64_t cut = std::int64_t{big.scale()} + scale;
  if (cut == 0) return unscaled;
  if (cut < 0) {
    const bool fits = cut >= -kMaxPower;
    return WrapMul(unscaled, fits ? PowerOfTen(static_cast<std::int32_t>(-cut))
                                  : std::numeric_limits<std::int64_t>::min());
  }
  const Decimal max = Decimal::Of(std::numeric_limits<std::int64_t>::max(), 0);
  const Decimal integer(big.Sign() < 0, big.digits(), 0);
  if (Decimal::Compare(integer, max) < 0 && cut <= kMaxPower) {
    const std::int64_t power = PowerOfTen(static_cast<std::int32_t>(cut));
    return unscaled / power + (unscaled % power != 0 ? 1 : 0);
  }
  // The ceiling: away from zero above it, towards zero below.
  const std::string& digits = big.digits();
  const std::size_t lost = std::min(static_cast<std::size_t>(cut), digits.size());
  const std::size_t kept = digits.size() - lost;
  const bool exact = digits.find_first_not_of('0', kept) == std::string::npos;
  const std::int64_t floor =
      Decimal(big.Sign() < 0, std::string_view(digits).substr(0, kept), 0).Low64();
  return !exact && big.Sign() > 0 ? WrapAdd(floor, 1) : floor;
}

std::optional<std::int64_t> Quantity::Int64() const {
  if (is_big() || scale_ < 0) return std::nullopt;
  const ScaledInt scaled = ScaleUp(mantissa_, scale_);
  return scaled.fits ? std::optional(scaled.value) : std::nullopt;
}

double Quantity::ApproximateFloat() const {
  const double base = is_big() ? rare_->big->ToDouble() : static_cast<double>(mantissa_);
  const std::int32_t exponent = is_big() ? WrapSub32(0, rare_->big->scale()) : scale_;
  return exponent == 0 ? base : base * FloatPowerOfTen(exponent);
}

double Quantity::CanonicalFloat() const {
  const Result<Quantity> stored = Parse(ToString());
  return stored ? stored->ApproximateFloat() : ApproximateFloat();
}

int Quantity::Sign() const {
  if (is_big()) return rare_->big->Sign();
  return mantissa_ < 0 ? -1 : mantissa_ > 0 ? 1 : 0;
}

int Quantity::Compare(const Quantity& other) const {
  if (is_big() || other.is_big()) return Decimal::Compare(AsDecimal(), other.AsDecimal());
  const std::int64_t shift = std::int64_t{scale_} - other.scale_;
  Wide left = mantissa_;
  Wide right = other.mantissa_;
  // Past 10^18 a mantissa is larger than every other, unless it is 0.
  (shift > 0 ? left : right) *= std::abs(shift) > kMaxPower
                                    ? Wide{PowerOfTen(kMaxPower)} * 10
                                    : Wide{PowerOfTen(static_cast<std::int32_t>(std::abs(shift)))};
  return left < right ? -1 : left > right ? 1 : 0;
}

Result<Quantity> Quantity::Plus(const Quantity& other) const { return Add(other, false); }
Result<Quantity> Quantity::Minus(const Quantity& other) const { return Add(other, true); }

Result<Quantity> Quantity::Add(const Quantity& other, bool negated) const {
  const QuantityFormat format = Sign() == 0 ? other.format_ : format_;
  if (!is_big() && !other.is_big()) {
    const std::int64_t term = negated ? WrapMul(other.mantissa_, -1) : other.mantissa_;
    if (term == 0) return Of(mantissa_, scale_, format);
    if (mantissa_ == 0) return Of(term, other.scale_, format);
    const std::int32_t scale = std::min(scale_, other.scale_);
    const ScaledInt left = ScaleUp(mantissa_, WrapSub32(scale_, scale));
    const ScaledInt right = ScaleUp(term, WrapSub32(other.scale_, scale));
    std::int64_t sum = 0;
    if (left.fits && right.fits && !__builtin_add_overflow(left.value, right.value, &sum)) {
      return Of(sum, scale, format);
    }
  }
  Decimal right = other.AsDecimal();
  if (negated) right.Negate();
  if (Decimal::SumDigits(AsDecimal(), right) > kMaxSumDigits) {
    return ParseError("a sum of more than 100,000 digits");
  }
  return Big(Decimal::Sum(AsDecimal(), right), format);
}

std::string FormatMilli(MilliValue value) {
  return Quantity::Of(value, -3, QuantityFormat::kDecimalSi).Canonical();
}

}  // namespace tidegate::hpa
