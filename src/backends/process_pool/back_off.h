// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before a replica that failed is started again.
#pragma once

#include <cstdint>
#include <random>

#include "tidegate/types.h"

namespace tidegate {

struct BackOffOptions {
  Duration initial{};
  Duration max{};
};

/// Doubles from `initial` to `max`; jitter takes up to a quarter off, so that replicas which
/// failed together do not return together. The same engine state gives the same delay.
Duration BackOffDelay(const BackOffOptions& options, std::int32_t failures,
                      std::mt19937_64& engine);

}  // namespace tidegate
