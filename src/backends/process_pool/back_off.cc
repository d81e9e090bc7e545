// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/back_off.h"

#include <algorithm>

namespace tidegate {

Duration BackOffDelay(const BackOffOptions& options, std::int32_t failures,
                      std::mt19937_64& engine) {
  if (failures <= 0) return Duration::zero();
  Duration delay = options.initial;
  for (std::int32_t i = 1; i < failures && delay < options.max; ++i) {
    delay = delay > options.max / 2 ? options.max : delay * 2;
  }
  delay = std::min(delay, options.max);
  const auto per_mille = static_cast<std::int64_t>(engine() % 251);
  return delay - delay / 1000 * per_mille;
}

}  // namespace tidegate
