// SPDX-License-Identifier: Apache-2.0
//
// Parts of a Unix time in UTC.
#pragma once

#include <cstdint>

namespace tidegate::promql {

double Minute(std::int64_t unix_seconds);
double Hour(std::int64_t unix_seconds);
double DayOfWeek(std::int64_t unix_seconds);  ///< 0 is Sunday
double DayOfMonth(std::int64_t unix_seconds);
double DayOfYear(std::int64_t unix_seconds);
double DaysInMonth(std::int64_t unix_seconds);
double Month(std::int64_t unix_seconds);
double Year(std::int64_t unix_seconds);

}  // namespace tidegate::promql
