// SPDX-License-Identifier: Apache-2.0
//
// Which format a page is in, by its Content-Type, and what a scraper asks for.
#pragma once

#include <string>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate {

/// What to send as Accept: OpenMetrics 1.0 rather than text 0.0.4, UTF-8 names as they are.
inline constexpr std::string_view kAcceptHeader =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

/// Decides as Prometheus 3 does without a fallback: a type that is missing, malformed, unknown, or
/// OpenMetrics 2.0 is kInvalidArgument.
TIDEGATE_EXPORT Result<PageFormat> FormatOf(std::string_view content_type);

}  // namespace tidegate
