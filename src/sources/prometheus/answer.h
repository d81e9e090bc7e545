// SPDX-License-Identifier: Apache-2.0
//
// What a Prometheus says to an instant query. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::prometheus {

struct AnswerSeries {
  Labels labels;                ///< without __name__
  double value = 0;             ///< may be NaN or infinite
  std::optional<TimePoint> at;  ///< of a range vector's newest sample; else the time of the query
};

struct Answer {
  std::vector<AnswerSeries> series;  ///< no two have the same labels
  std::string warning;               ///< not empty: it may be incomplete or wrong, and why
};

/// Reads the body of an answer with this HTTP status. A vector gives its samples, a scalar one
/// series without labels, a matrix the newest sample of each series.
///
///   kInvalidArgument  the query, such as `HTTP 400: bad_data: 1:5: parse error: …`; a string; a
///                     native histogram
///   kUnavailable      `HTTP 503: timeout: query timed out …`; something that is not such an answer
///   kPermissionDenied, kNotFound   HTTP 401, 403, 404
Result<Answer> ReadAnswer(int http_status, std::string_view body);

}  // namespace tidegate::prometheus
