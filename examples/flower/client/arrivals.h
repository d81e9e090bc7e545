// SPDX-License-Identifier: Apache-2.0
//
// Arrivals: the instants at which requests are meant to be sent. They depend on the profile and
// the seed only, never on how the servers do: an open loop.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "examples/flower/client/profile.h"

namespace flower {

enum class Spacing {
  kPoisson,  ///< as many independent users send
  kEven,
};

class Arrivals {
 public:
  Arrivals(Profile profile, Spacing spacing, std::uint64_t seed);

  /// Seconds after the start; never less than the one before. nullopt: the profile is over.
  std::optional<double> Next();

 private:
  double Gap();  // until the next arrival, in expected requests

  Profile profile_;
  Spacing spacing_;
  std::mt19937_64 engine_;
  std::size_t segment_ = 0;
  double segment_start_ = 0;  // seconds
  double count_ = 0;          // expected requests since the segment's start
};

}  // namespace flower
