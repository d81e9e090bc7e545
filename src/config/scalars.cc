// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "hpa/quantity.h"

namespace tidegate::config {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMagnitudeMax = std::uint64_t{1} << 63;  // of the smallest int64

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// A magnitude and its sign, if an int64 can hold them.
std::optional<std::int64_t> Signed(std::uint64_t magnitude, bool negative) {
  if (magnitude > kMagnitudeMax - (negative ? 0 : 1)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::uint64_t Magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

// Longer names first: "ms" before "m".
constexpr std::array<Unit, 6> kUnits{{{"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1},
                                      {"h", 3'600ull * kSecond},
                                      {"m", 60ull * kSecond},
                                      {"s", kSecond}}};

/// Takes "1.5s" off the front of `text`.
std::optional<std::uint64_t> TakeTerm(std::string_view& text) {
  Wide digits = 0;
  Wide scale = 1;
  std::size_t used = 0;
  bool point = false;
  bool any = false;
  for (; used < text.size(); ++used) {
    const char c = text[used];
    if (c == '.' && !point) {
      point = true;
    } else if (IsDigit(c)) {
      any = true;
      digits = digits * 10 + static_cast<unsigned>(c - '0');
      if (point) scale *= 10;
      if (digits > kMagnitudeMax || scale > kMagnitudeMax) return std::nullopt;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  text.remove_prefix(used);
  for (const Unit& unit : kUnits) {
    if (text.substr(0, unit.name.size()) != unit.name) continue;
    text.remove_prefix(unit.name.size());
    const Wide value = digits * unit.nanoseconds;
    if (value % scale != 0 || value / scale > kMagnitudeMax) return std::nullopt;
    return static_cast<std::uint64_t>(value / scale);
  }
  return std::nullopt;
}

/// Nine digits, without the zeros at the end: ".5"; empty for 0.
std::string Fraction(std::uint64_t nanoseconds) {
  if (nanoseconds == 0) return {};
  std::string digits = std::to_string(kSecond + static_cast<std::int64_t>(nanoseconds)).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return "." + digits;
}

std::string TwoDigits(std::int64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

// Howard Hinnant's published civil-calendar arithmetic, for the proleptic Gregorian calendar.
std::int64_t DaysFromCivil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct Civil {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

Civil CivilFromDays(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted + (shifted < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted + 2) / 5 + 1};
}

/// Takes `count` digits and the character after them (0: none) off the front.
std::optional<std::int64_t> TakeDigits(std::string_view& text, std::size_t count, char then) {
  const std::size_t need = count + (then == 0 ? 0 : 1);
  if (text.size() < need) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  if (then != 0 && text[count] != then) return std::nullopt;
  text.remove_prefix(need);
  return value;
}

std::optional<std::int64_t> TakeFraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  text.remove_prefix(1);
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && IsDigit(text[digits]); ++digits) {
    if (digits == 9) return std::nullopt;
    value = value * 10 + (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

/// The rest of the text: Z, or +01:00 in seconds.
std::optional<std::int64_t> Offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const std::int64_t sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = TakeDigits(text, 2, ':');
  const auto minutes = TakeDigits(text, 2, 0);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

bool ValidDate(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (month < 1 || month > 12 || day < 1) return false;
  const Civil back = CivilFromDays(DaysFromCivil(year, month, day));
  return back.year == year && back.month == month && back.day == day;
}

}  // namespace

std::optional<Duration> ParseDuration(std::string_view text) {
  if (text == "0") return Duration{};
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    const std::optional<std::uint64_t> term = TakeTerm(text);
    if (!term || *term > kMagnitudeMax - total) return std::nullopt;
    total += *term;
  }
  const std::optional<std::int64_t> value = Signed(total, negative);
  if (!value) return std::nullopt;
  return Duration(*value);
}

std::string FormatDuration(Duration value) {
  constexpr auto kSecondU = static_cast<std::uint64_t>(kSecond);
  const std::uint64_t total = Magnitude(value.count());
  std::string out = value.count() < 0 ? "-" : "";
  if (total == 0) return "0s";
  if (total < kSecondU) {
    for (const Unit& unit : {kUnits[0], kUnits[1], kUnits[2]}) {
      if (total % unit.nanoseconds != 0) continue;
      return out + std::to_string(total / unit.nanoseconds) + std::string(unit.name);
    }
  }
  const std::uint64_t seconds = total / kSecondU;
  const std::string fraction = Fraction(total % kSecondU);
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds % 3600 >= 60) out += std::to_string(seconds % 3600 / 60) + "m";
  if (seconds % 60 > 0 || !fraction.empty()) {
    out += std::to_string(seconds % 60) + fraction + "s";
  }
  return out;
}

std::optional<TimePoint> ParseTime(std::string_view text) {
  const auto year = TakeDigits(text, 4, '-');
  const auto month = TakeDigits(text, 2, '-');
  const auto day = TakeDigits(text, 2, 'T');
  const auto hour = TakeDigits(text, 2, ':');
  const auto minute = TakeDigits(text, 2, ':');
  const auto second = TakeDigits(text, 2, 0);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const auto fraction = TakeFraction(text);
  const auto offset = Offset(text);
  if (!fraction || !offset || !ValidDate(*year, *month, *day)) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t seconds =
      DaysFromCivil(*year, *month, *day) * 86400 + *hour * 3600 + *minute * 60 + *second - *offset;
  std::int64_t nanoseconds = *fraction;
  if (seconds < 0 && nanoseconds > 0) {  // both negative, so that the smallest instant fits
    seconds += 1;
    nanoseconds -= kSecond;
  }
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kSecond, &total)) return std::nullopt;
  if (__builtin_add_overflow(total, nanoseconds, &total)) return std::nullopt;
  return TimePoint(Duration(total));
}

std::string FormatTime(TimePoint value) {
  const std::int64_t total = value.time_since_epoch().count();
  std::int64_t seconds = total / kSecond;
  std::int64_t nanoseconds = total % kSecond;
  if (nanoseconds < 0) {
    nanoseconds += kSecond;
    seconds -= 1;
  }
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    days -= 1;
  }
  const Civil date = CivilFromDays(days);  // years 1677 to 2262: always four digits
  return std::to_string(date.year) + "-" + TwoDigits(date.month) + "-" + TwoDigits(date.day) + "T" +
         TwoDigits(rest / 3600) + ":" + TwoDigits(rest % 3600 / 60) + ":" + TwoDigits(rest % 60) +
         Fraction(static_cast<std::uint64_t>(nanoseconds)) + "Z";
}

Result<MilliValue> ParseMilli(std::string_view text) {
  Result<hpa::Quantity> quantity = hpa::Quantity::Parse(text);
  if (!quantity) return quantity.error();
  const MilliValue milli = quantity->Milli();
  // Kubernetes lets what does not fit wrap around; nobody means that in a file.
  const double exact = quantity->ApproximateFloat() * 1000;
  if (std::abs(exact - static_cast<double>(milli)) > 1 + std::abs(exact) * 1e-9) {
    return Error{ErrorCode::kInvalidArgument, "does not fit into 64 bits as milli-units"};
  }
  return milli;
}

std::string FormatMilli(MilliValue value) { return hpa::FormatMilli(value); }

Result<double> ParseRatio(std::string_view text) {
  Result<hpa::Quantity> quantity = hpa::Quantity::Parse(text);
  if (!quantity) return quantity.error();
  return quantity->CanonicalFloat();
}

std::string FormatRatio(double value) {
  if (std::abs(value) < 1e9) {
    const auto nano = static_cast<std::int64_t>(std::llround(value * 1e9));
    std::string text = std::to_string(Magnitude(nano) / kSecond) +
                       Fraction(Magnitude(nano) % static_cast<std::uint64_t>(kSecond));
    if (nano < 0) text.insert(0, "-");
    const Result<double> back = ParseRatio(text);
    if (back && *back == value) return text;
  }
  return FormatDouble(value);
}

std::string FormatDouble(double value) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string out(buffer.data(), error == std::errc() ? end : buffer.data());
  if (out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  if (text.empty() || !(IsDigit(text[0]) || text[0] == '-' || text[0] == '.')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  const std::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;  // octal in some YAMLs
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string JsonString(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace tidegate::config
