// SPDX-License-Identifier: Apache-2.0
//
// The hash by which Prometheus samples series in limit_ratio(): XXH64 with seed 0.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::promql {

std::uint64_t XxHash64(std::string_view bytes);

}  // namespace tidegate::promql
