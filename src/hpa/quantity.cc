// SPDX-License-Identifier: Apache-2.0
#include "hpa/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "hpa/arithmetic.h"

namespace tidegate::hpa {

namespace {

constexpr std::string_view kFormatError =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
constexpr std::string_view kSuffixError = "unable to parse quantity's suffix";
constexpr std::string_view kNumericError = "unable to parse numeric part of quantity";
constexpr std::int32_t kMaxExponent = 10'000;

Error ParseError(std::string_view text) {
  return Error{ErrorCode::kInvalidArgument, std::string(text)};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Suffix {
  int base = 10;
  std::int32_t exponent = 0;
};

std::optional<Suffix> ParseSuffix(std::string_view suffix) {
  struct Named {
    std::string_view name;
    Suffix suffix;
  };
  constexpr std::array<Named, 16> kNamed = {{{"", {10, 0}},
                                             {"n", {10, -9}},
                                             {"u", {10, -6}},
                                             {"m", {10, -3}},
                                             {"k", {10, 3}},
                                             {"M", {10, 6}},
                                             {"G", {10, 9}},
                                             {"T", {10, 12}},
                                             {"P", {10, 15}},
                                             {"E", {10, 18}},
                                             {"Ki", {2, 10}},
                                             {"Mi", {2, 20}},
                                             {"Gi", {2, 30}},
                                             {"Ti", {2, 40}},
                                             {"Pi", {2, 50}},
                                             {"Ei", {2, 60}}}};
  for (const Named& named : kNamed) {
    if (named.name == suffix) return named.suffix;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  std::string_view digits = suffix.substr(1);
  if (digits[0] == '+') digits.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, status] =
      std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (digits.empty() || status != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return Suffix{10, static_cast<std::int32_t>(static_cast<std::uint32_t>(exponent))};
}

// Decimal integers as digit strings without leading zeros; "" is zero.
void TrimZeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
}

void MultiplyBy1024(std::string& digits) {
  unsigned carry = 0;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
    const unsigned product = static_cast<unsigned>(*it - '0') * 1024 + carry;
    *it = static_cast<char>('0' + product % 10);
    carry = product / 10;
  }
  for (; carry != 0; carry /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + carry % 10));
}

void Increment(std::string& digits) {
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
    if (*it != '9') {
      ++*it;
      return;
    }
    *it = '0';
  }
  digits.insert(digits.begin(), '1');
}

bool Less(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::uint64_t Low64(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

}  // namespace

// Splits the text, then chooses the representation.
class QuantityParser {
 public:
  static Result<Quantity> Parse(std::string_view text) {
    QuantityParser parser;
    if (Status scanned = parser.Scan(text); !scanned) return scanned.error();
    if (text == "0") return Quantity{};
    const std::optional<Suffix> suffix = ParseSuffix(parser.suffix_);
    if (!suffix) return ParseError(kSuffixError);
    if (suffix->exponent > kMaxExponent || suffix->exponent < -kMaxExponent) {
      return ParseError(kNumericError);
    }
    if (std::optional<Quantity> fast = parser.Fast(*suffix)) return *fast;
    return parser.Big(*suffix);
  }

 private:
  Status Scan(std::string_view text) {
    std::size_t at = 0;
    if (text.empty()) return ParseError(kFormatError);
    if (text[at] == '+' || text[at] == '-') negative_ = text[at++] == '-';
    const std::size_t whole = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    whole_ = text.substr(whole, at - whole);
    if (at < text.size() && text[at] == '.') {
      const std::size_t fraction = ++at;
      while (at < text.size() && IsDigit(text[at])) ++at;
      fraction_ = text.substr(fraction, at - fraction);
    }
    const std::size_t suffix = at;
    constexpr std::string_view kLetters = "eEinumkKMGTP";
    while (at < text.size() && kLetters.find(text[at]) != std::string_view::npos) ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    suffix_ = text.substr(suffix, at - suffix);
    if (at != text.size()) return ParseError(kFormatError);
    digits_seen_ = !whole_.empty() || !fraction_.empty();
    whole_.remove_prefix(std::min(whole_.find_first_not_of('0'), whole_.size()));
    return {};
  }

  // int64 mantissa and decimal scale, where they are sure to fit.
  std::optional<Quantity> Fast(const Suffix& suffix) const {
    const auto digits = static_cast<std::int32_t>(whole_.size() + fraction_.size());
    std::int32_t scale = 0;
    std::int64_t factor = 1;
    if (suffix.base == 10) {
      scale = suffix.exponent - static_cast<std::int32_t>(fraction_.size());
      if (digits > 18 || scale < -9) return std::nullopt;
    } else {
      const int room = 15 - digits - static_cast<int>(float(suffix.exponent) * 3 / 10) - 1;
      if (!fraction_.empty() || room < 0) return std::nullopt;
      factor = std::int64_t{1} << suffix.exponent;
    }
    const std::uint64_t mantissa = Low64(std::string(whole_) + std::string(fraction_));
    Quantity quantity;
    if (__builtin_mul_overflow(static_cast<std::int64_t>(mantissa), factor, &quantity.mantissa_)) {
      return std::nullopt;
    }
    if (negative_) quantity.mantissa_ = -quantity.mantissa_;
    quantity.scale_ = scale;
    return quantity;
  }

  // Arbitrary precision: rounded away from zero to 1e-9; binary suffixes are capped at 2^63-1.
  Result<Quantity> Big(const Suffix& suffix) const {
    std::string digits = std::string(whole_) + std::string(fraction_);
    if (!digits_seen_) return ParseError(kNumericError);
    auto decimals = static_cast<std::int32_t>(fraction_.size());
    if (suffix.base == 10) decimals -= suffix.exponent;
    for (int i = 0; suffix.base == 2 && i < suffix.exponent; i += 10) MultiplyBy1024(digits);
    TrimZeros(digits);
    if (decimals <= 9) {
      if (!digits.empty()) digits.append(static_cast<std::size_t>(9 - decimals), '0');
    } else if (!digits.empty()) {
      const auto cut = static_cast<std::size_t>(decimals - 9);
      const std::string lost = digits.size() > cut ? digits.substr(digits.size() - cut) : digits;
      digits.resize(digits.size() > cut ? digits.size() - cut : 0);
      if (lost.find_first_not_of('0') != std::string::npos) Increment(digits);
    }
    static const std::string kCap = "9223372036854775807000000000";
    if (suffix.base == 2 && Less(kCap, digits)) digits = kCap;
    Quantity quantity;
    quantity.big_ = !digits.empty();
    quantity.negative_ = negative_ && !digits.empty();
    quantity.nano_ = std::move(digits);
    return quantity;
  }

  bool negative_ = false;
  bool digits_seen_ = false;
  std::string_view whole_;
  std::string_view fraction_;
  std::string_view suffix_;
};

Result<Quantity> Quantity::Parse(std::string_view text) { return QuantityParser::Parse(text); }

MilliValue Quantity::Milli() const {
  if (!big_) {
    const int shift = scale_ + 3;
    if (shift < 0) {
      std::int64_t value = mantissa_;
      bool inexact = false;
      for (int i = shift; i < 0; ++i) {
        inexact = inexact || value % 10 != 0;
        value /= 10;
      }
      return inexact ? value + (mantissa_ < 0 ? -1 : 1) : value;
    }
    std::uint64_t factor = 1;
    for (int i = 0; i < std::min(shift, 19); ++i) factor *= 10;
    std::int64_t product = 0;
    if (shift <= 18 &&
        !__builtin_mul_overflow(mantissa_, static_cast<std::int64_t>(factor), &product)) {
      return product;
    }
    const bool wraps = shift == 1 || shift == 2 || shift == 3 || shift == 6 || shift == 9;
    return wraps ? WrapMul(mantissa_, static_cast<std::int64_t>(factor)) : 0;
  }
  static const std::string kMaxInt64 = "9223372036854775807";
  if (negative_ || Less(nano_, kMaxInt64)) {
    const std::uint64_t low = Low64(nano_);
    const auto value = static_cast<std::int64_t>(negative_ ? 0 - low : low);
    return value / 1'000'000 + (value % 1'000'000 != 0 ? 1 : 0);
  }
  const std::string_view whole = std::string_view(nano_).substr(0, nano_.size() - 6);
  const bool inexact = nano_.find_last_not_of('0') >= nano_.size() - 6;
  return static_cast<std::int64_t>(Low64(whole) + (inexact ? 1 : 0));
}

double Quantity::ApproximateFloat() const {
  if (!big_) {
    const auto base = static_cast<double>(mantissa_);
    if (scale_ == 0) return base;
    double power = 1;
    for (int i = 0; i < std::abs(scale_); ++i) power *= 10;
    return scale_ < 0 ? base * (1 / power) : base * power;
  }
  double value = 0;
  std::from_chars(nano_.data(), nano_.data() + nano_.size(), value);
  return (negative_ ? -value : value) * 1e-9;
}

double Quantity::CanonicalFloat() const {
  if (big_ || mantissa_ == 0) return ApproximateFloat();
  Quantity canonical = *this;
  while (canonical.mantissa_ % 10 == 0) {
    canonical.mantissa_ /= 10;
    ++canonical.scale_;
  }
  while (canonical.scale_ % 3 != 0) {
    canonical.mantissa_ *= 10;
    --canonical.scale_;
  }
  return canonical.ApproximateFloat();
}

int Quantity::Sign() const {
  if (big_) return negative_ ? -1 : 1;
  return mantissa_ < 0 ? -1 : mantissa_ > 0 ? 1 : 0;
}

std::string FormatMilli(MilliValue value) {
  if (value == 0) return "0";
  constexpr std::array<std::string_view, 8> kSuffixes = {"m", "", "k", "M", "G", "T", "P", "E"};
  std::size_t suffix = 0;
  while (value % 1000 == 0 && suffix + 1 < kSuffixes.size()) {
    value /= 1000;
    ++suffix;
  }
  return std::to_string(value) + std::string(kSuffixes[suffix]);
}

}  // namespace tidegate::hpa
