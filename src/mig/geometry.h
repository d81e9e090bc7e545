// SPDX-License-Identifier: Apache-2.0
//
// All that can be on one device of a model, as tables.
//
// An option is a profile at a placement; a state is a set of options that can exist together
// (at most some thousands a model), numbered so that adding and removing a slice are table
// look-ups. States in which the same slices can still be added, now and later, form a class:
// what a placement decision needs to know of a device is its class.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tidegate/mig.h"

namespace tidegate {

/// A profile at a placement.
struct SlotOption {
  std::uint16_t profile = 0;
  SliceSpan span;
  std::uint64_t cells = 0;  ///< one bit a memory slice
};

/// Counts by profile, in the order of the model.
using ProfileCounts = std::vector<std::int64_t>;

class Geometry {
 public:
  /// Over those profiles of the model for which `wanted` is true; empty means all. An Error if
  /// placements are not documented or there are too many states.
  static Result<Geometry> Make(const DeviceModel& model, const std::vector<bool>& wanted = {});

  static constexpr int kNone = -1;
  static constexpr int kEmptyState = 0;

  const std::vector<SlotOption>& options() const { return options_; }
  std::size_t profile_count() const { return profile_count_; }
  int state_count() const { return static_cast<int>(sets_.size()); }

  /// The options of a state, one bit each.
  std::uint64_t set(int state) const { return sets_[Index(state)]; }
  /// The state with one slice more, or kNone if it cannot be added.
  int Add(int state, std::size_t option) const {
    return next_[Index(state) * options_.size() + option];
  }
  /// The state with these options, or kNone if they cannot exist together.
  int Find(std::uint64_t set) const;
  /// REQUIRES: the option is in the state.
  int Remove(int state, std::size_t option) const {
    return Find(set(state) & ~(std::uint64_t{1} << option));
  }
  /// The options of a profile: first, and one past the last.
  std::pair<std::size_t, std::size_t> OptionsOf(std::size_t profile) const {
    return option_range_[profile];
  }
  /// The option of a profile at a start, if there is one.
  std::optional<std::size_t> FindOption(std::size_t profile, unsigned start) const;

  int class_count() const { return class_count_; }
  int class_of(int state) const { return class_[Index(state)]; }
  /// A state of the class.
  int representative(int state_class) const { return representative_[Index(state_class)]; }
  int AddToClass(int state_class, std::size_t option) const {
    const int next = Add(representative(state_class), option);
    return next == kNone ? kNone : class_of(next);
  }
  /// How many slices of a profile could be added to a device of the class.
  int Fits(int state_class, std::size_t profile) const {
    return fits_[Index(state_class) * profile_count_ + profile];
  }
  /// Memory slices in use.
  int UsedCells(int state) const { return used_[Index(state)]; }

  /// States to which nothing can be added.
  const std::vector<int>& maximal() const { return maximal_; }
  ProfileCounts Counts(int state) const;

 private:
  static std::size_t Index(int i) { return static_cast<std::size_t>(i); }
  bool Legal(const DeviceModel& model, std::uint64_t set) const;
  void EnumerateStates(const DeviceModel& model);
  void FindClasses();
  void CountFits();

  std::size_t profile_count_ = 0;
  std::vector<SlotOption> options_;
  std::vector<std::pair<std::size_t, std::size_t>> option_range_;  // by profile
  std::vector<std::uint64_t> sets_;  // by number of slices, then by value
  std::unordered_map<std::uint64_t, int> number_;
  std::vector<std::int16_t> next_;
  std::vector<std::int16_t> class_, used_;
  std::vector<int> representative_;
  std::vector<std::int8_t> fits_;
  int class_count_ = 0;
  std::vector<int> maximal_;
};

/// The distinct profile counts of the maximal states that are not contained in another's: all
/// that a packing of empty devices needs to know of a model.
std::vector<ProfileCounts> UndominatedCounts(const Geometry& geometry);

}  // namespace tidegate
