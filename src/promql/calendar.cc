// SPDX-License-Identifier: Apache-2.0
#include "promql/calendar.h"

namespace tidegate::promql {
namespace {

constexpr std::uint64_t kSecondsPerDay = 86'400;
// Go counts from the 1st of March of a year so long ago that every time is after it; what does not
// fit into 64 bits wraps there, and so it does here.
constexpr std::uint64_t kYearsBefore = 292'277'022'400;
constexpr std::uint64_t kDaysPerEra = 146'097;   // 400 years
constexpr std::uint64_t kDaysToEpoch = 719'468;  // from the 1st of March of year 0 to 1970
constexpr std::uint64_t kToAbsolute =
    (kYearsBefore / 400 * kDaysPerEra + kDaysToEpoch) * kSecondsPerDay;

std::uint64_t Absolute(std::int64_t unix_seconds) {
  return static_cast<std::uint64_t>(unix_seconds) + kToAbsolute;
}

bool IsLeap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

struct Date {
  std::int64_t year = 0;
  int month = 1;
  int day = 1;
};

// Years that begin in March put the leap day at their end.
Date ToDate(std::int64_t unix_seconds) {
  const std::uint64_t days = Absolute(unix_seconds) / kSecondsPerDay;
  const std::uint64_t era = days / kDaysPerEra;
  const std::uint64_t of_era = days % kDaysPerEra;
  const std::uint64_t years = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::uint64_t of_year = of_era - (365 * years + years / 4 - years / 100);
  const auto shifted = static_cast<int>((5 * of_year + 2) / 153);  // 0 is March
  Date date;
  date.day = static_cast<int>(of_year) - (153 * shifted + 2) / 5 + 1;
  date.month = shifted < 10 ? shifted + 3 : shifted - 9;
  date.year = static_cast<std::int64_t>(era * 400 + years - kYearsBefore) + (shifted < 10 ? 0 : 1);
  return date;
}

int DaysIn(std::int64_t year, int month) {
  if (month == 2) return IsLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

}  // namespace

double Minute(std::int64_t unix_seconds) {
  const std::uint64_t minute = Absolute(unix_seconds) % 3600 / 60;
  return static_cast<double>(minute);
}

double Hour(std::int64_t unix_seconds) {
  const std::uint64_t hour = Absolute(unix_seconds) % kSecondsPerDay / 3600;
  return static_cast<double>(hour);
}

double DayOfWeek(std::int64_t unix_seconds) {
  constexpr std::uint64_t kWednesday = 3;  // as was the first day
  return static_cast<double>((Absolute(unix_seconds) / kSecondsPerDay + kWednesday) % 7);
}

double DayOfMonth(std::int64_t unix_seconds) { return ToDate(unix_seconds).day; }

double DayOfYear(std::int64_t unix_seconds) {
  const Date date = ToDate(unix_seconds);
  int day = date.day;
  for (int month = 1; month < date.month; ++month) day += DaysIn(date.year, month);
  return day;
}

double DaysInMonth(std::int64_t unix_seconds) {
  const Date date = ToDate(unix_seconds);
  return DaysIn(date.year, date.month);
}

double Month(std::int64_t unix_seconds) { return ToDate(unix_seconds).month; }

double Year(std::int64_t unix_seconds) { return static_cast<double>(ToDate(unix_seconds).year); }

}  // namespace tidegate::promql
