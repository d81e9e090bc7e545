// SPDX-License-Identifier: Apache-2.0
//
// Moldable demand: a workload that may run on slices of several sizes, and wants a rate served.
//
// A throughput table says what a slice of each size serves, and how late; it comes from
// measurements (Triton's perf_analyzer, vLLM's benchmark, …). RatesAt() makes a need of it that
// CheapestFleet() and PlanPack() serve with the cheapest devices, and CheapestSizes() says which
// sizes serve a rate most cheaply where slices have a price each.
//
// Thread safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/mig.h"
#include "tidegate/types.h"

namespace tidegate {

/// One measurement: a replica on one slice.
struct ThroughputRow {
  std::string model;      ///< of the GPU: DeviceModel::id
  std::string profile;    ///< of the slice, as FindProfile() takes it
  MilliValue rate = 0;    ///< requests per second times 1000 that it serves …
  Duration latency{};     ///< … each in so much time: the percentile that the SLO is about
  MilliValue memory = 0;  ///< bytes times 1000 that it takes of the slice; 0: not known

  friend bool operator==(const ThroughputRow&, const ThroughputRow&) = default;
};

/// What a slice of each size serves within the SLO: the highest rate of each model and profile, in
/// the order of the table; none of a size that is too slow. An SLO of 0 is none.
TIDEGATE_EXPORT std::vector<SliceRate> RatesAt(std::span<const ThroughputRow> table, Duration slo);

/// A size of slice: what one serves and what it costs, in any units.
struct SizeOption {
  MilliValue serves = 0;
  std::int64_t cost = 0;

  friend bool operator==(const SizeOption&, const SizeOption&) = default;
};

/// How many of each size serve `wanted` together at the least cost; of equally cheap choices the
/// one of fewest slices, then the one that serves least in vain. Exact within a limit of steps
/// that tables of a dozen sizes hardly reach. Empty: nothing serves anything.
TIDEGATE_EXPORT std::vector<std::int64_t> CheapestSizes(std::span<const SizeOption> sizes,
                                                        MilliValue wanted);

/// The share of a device that a slice takes, of its compute or its memory, whichever is more, in
/// millionths: what slices of different sizes cost where devices cost the same.
TIDEGATE_EXPORT std::int64_t DeviceShare(const DeviceModel& model, std::size_t profile);

}  // namespace tidegate
