// SPDX-License-Identifier: Apache-2.0
//
// Functions over windows that slide along a series: what one window has in common with the one
// before is not computed again, and windows that have nothing to do with each other are computed
// side by side. The results are those of the functions in window.h, to the last bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "promql/window.h"

namespace tidegate::promql {

/// The samples [low, high) of a series, and the window that they are in.
struct WindowBounds {
  std::size_t low = 0;
  std::size_t high = 0;
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;

  std::size_t size() const { return high - low; }
};

class Slider {
 public:
  virtual ~Slider() = default;
  /// Fills out[i] for windows[i]; their bounds never fall. An empty window has no value.
  virtual void Run(std::span<const Sample> samples, std::span<const WindowBounds> windows,
                   double range_seconds, double* out) = 0;
};

/// Null: for this function there is none.
std::unique_ptr<Slider> MakeSlider(WindowFunction function);

}  // namespace tidegate::promql
