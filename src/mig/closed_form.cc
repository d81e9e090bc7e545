// SPDX-License-Identifier: Apache-2.0
#include "mig/closed_form.h"

#include <algorithm>
#include <array>
#include <limits>

namespace tidegate {
namespace {

struct RoleRow {
  HalfRole role;
  std::int32_t compute, memory;
  std::uint32_t starts;
};
constexpr RoleRow kRoles[] = {
    {HalfRole::kWhole, 7, 8, 0x01}, {HalfRole::kFour, 4, 4, 0x01},   {HalfRole::kThree, 3, 4, 0x11},
    {HalfRole::kTwo, 2, 2, 0x15},   {HalfRole::kDouble, 1, 2, 0x55}, {HalfRole::kOne, 1, 1, 0x7F},
};

std::uint32_t Starts(const SliceProfile& profile) {
  std::uint32_t starts = 0;
  for (const SliceSpan& span : profile.placements) starts |= 1U << span.start;
  return starts;
}

HalfRole RoleOf(const SliceProfile& profile) {
  if (profile.attributes != ProfileAttributes{}) return HalfRole::kOther;
  for (const RoleRow& row : kRoles) {
    if (row.compute == profile.compute_slices && row.memory == profile.memory_slices &&
        row.starts == Starts(profile)) {
      return row.role;
    }
  }
  return HalfRole::kOther;
}

// Sums of engines can bind only if a device full of one profile already exceeds the pool.
bool EnginesNeverBind(const DeviceModel& model, const SliceProfile& profile,
                      std::int32_t per_device) {
  const auto fits = [&](const std::optional<std::int32_t> Engines::*engine) {
    const std::optional<std::int32_t>& pool = model.engine_pool.*engine;
    return !pool || (profile.engines.*engine).value_or(0) * per_device <= *pool;
  };
  return fits(&Engines::copy) && fits(&Engines::nvdec) && fits(&Engines::nvenc) &&
         fits(&Engines::nvjpg) && fits(&Engines::ofa);
}

// A profile of a buddy board may start at every multiple of its size, as often as it fits.
bool IsBuddy(const DeviceModel& model, const SliceProfile& profile) {
  const std::int32_t size = profile.memory_slices;
  if (profile.attributes != ProfileAttributes{} || size == 0) return false;
  const std::int32_t number = model.memory_slices / size;
  if (number * size != model.memory_slices || profile.max_instances < number) return false;
  if (profile.compute_slices * number > model.compute_slices) return false;
  if (number > model.max_instances || !EnginesNeverBind(model, profile, number)) return false;
  std::uint32_t starts = 0;
  for (std::int32_t i = 0; i < number; ++i) starts |= 1U << static_cast<unsigned>(i * size);
  return Starts(profile) == starts;
}

// Counts by role, of a seven/eight board.
struct HalfCounts {
  std::int64_t n[6] = {};
  std::int64_t operator[](HalfRole role) const { return n[static_cast<std::size_t>(role)]; }
};

// How a number of devices besides the whole ones is used; `fits` says whether it is enough.
struct HalfPlan {
  std::int64_t threes_right = 0, threes_left = 0, left = 0, right = 0, doubles_in_tails = 0;
  bool fits = false;
};

HalfPlan PlanHalves(const HalfCounts& count, std::int64_t devices) {
  HalfPlan plan;
  plan.threes_right = std::min(count[HalfRole::kThree], devices);
  plan.threes_left = count[HalfRole::kThree] - plan.threes_right;
  plan.left = devices - count[HalfRole::kFour] - plan.threes_left;
  plan.right = devices - plan.threes_right;
  if (plan.left < 0) return plan;
  plan.doubles_in_tails = std::min(count[HalfRole::kDouble], plan.right);
  const std::int64_t used =
      count[HalfRole::kTwo] + count[HalfRole::kDouble] - plan.doubles_in_tails;
  const std::int64_t free_cells = 2 * plan.left + plan.right - used;
  plan.fits = free_cells >= 0 &&
              count[HalfRole::kOne] <= 2 * free_cells + plan.right - plan.doubles_in_tails;
  return plan;
}

// What a slot range holds on a run of devices; a missing role is an empty range.
struct Run {
  std::optional<HalfRole> role;
  std::int64_t devices = 0;
  int slices = 1;
};
using Runs = std::vector<Run>;

// The next `devices` of the sequence.
Runs TakeRuns(Runs& from, std::int64_t devices) {
  Runs out;
  for (Run& run : from) {
    const std::int64_t taken = std::min(run.devices, devices);
    if (taken > 0) out.push_back({run.role, taken, run.slices});
    run.devices -= taken;
    devices -= taken;
  }
  if (devices > 0) out.push_back({std::nullopt, devices});
  return out;
}

// The first run that is not used up; past the end, nothing without end.
Run FirstRun(const Runs& runs) {
  for (const Run& run : runs) {
    if (run.devices > 0) return run;
  }
  return {std::nullopt, std::numeric_limits<std::int64_t>::max()};
}

// The slot ranges {0..3 or 0,1}, {2,3}, {4..7 or 4,5}, {6,7}, each a sequence over the devices.
constexpr std::array<int, 4> kRangeStarts = {0, 2, 4, 6};
using Ranges = std::array<Runs, 4>;

Ranges FillRanges(const HalfCounts& count, const HalfPlan& plan, std::int64_t devices) {
  const std::int64_t ones_in_tails =
      std::min(count[HalfRole::kOne], plan.right - plan.doubles_in_tails);
  const std::int64_t ones = count[HalfRole::kOne] - ones_in_tails;
  Runs full_cells = {{HalfRole::kTwo, count[HalfRole::kTwo]},
                     {HalfRole::kDouble, count[HalfRole::kDouble] - plan.doubles_in_tails},
                     {HalfRole::kOne, ones / 2, 2},
                     {HalfRole::kOne, ones % 2, 1}};
  Ranges ranges;
  ranges[0] = {{HalfRole::kFour, count[HalfRole::kFour]}, {HalfRole::kThree, plan.threes_left}};
  ranges[1] = {{std::nullopt, devices - plan.left}};
  ranges[2] = {{HalfRole::kThree, plan.threes_right}};
  ranges[3] = {{std::nullopt, plan.threes_right},
               {HalfRole::kDouble, plan.doubles_in_tails},
               {HalfRole::kOne, ones_in_tails}};
  const std::int64_t numbers[] = {plan.left, plan.left, plan.right};
  for (std::size_t i = 0; i < 3; ++i) {
    const Runs more = TakeRuns(full_cells, numbers[i]);
    ranges[i].insert(ranges[i].end(), more.begin(), more.end());
  }
  return ranges;
}

PlacedSlice MakeSlice(const std::array<std::size_t, 6>& profile_of, HalfRole role, int start) {
  const auto index = static_cast<std::size_t>(role);
  return {profile_of[index],
          {static_cast<std::uint8_t>(start), static_cast<std::uint8_t>(kRoles[index].memory)}};
}

}  // namespace

std::optional<ClosedForm> FindClosedForm(const DeviceModel& model) {
  if (!model.refused.empty() || model.memory_slices == 0) return std::nullopt;
  ClosedForm form;
  form.halves = model.compute_slices == 7 && model.memory_slices == 8 && model.max_instances >= 7;
  form.device_cells = model.memory_slices;
  std::vector<std::int32_t> sizes = {model.memory_slices};
  for (const SliceProfile& profile : model.profiles) {
    const HalfRole role = form.halves ? RoleOf(profile) : HalfRole::kOther;
    const bool covered = form.halves ? role != HalfRole::kOther : IsBuddy(model, profile);
    form.roles.push_back(role);
    form.cells.push_back(covered ? profile.memory_slices : 0);
    if (covered) sizes.push_back(profile.memory_slices);
  }
  if (form.halves) return form;
  std::sort(sizes.begin(), sizes.end());
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    if (sizes[i] % sizes[i - 1] != 0) return std::nullopt;
  }
  return form;
}

bool ClosedForm::Covers(std::span<const std::int64_t> demand) const {
  for (std::size_t p = 0; p < demand.size(); ++p) {
    if (demand[p] > 0 && cells[p] == 0) return false;
  }
  return true;
}

std::int64_t ClosedForm::MinimumDevices(std::span<const std::int64_t> demand) const {
  if (!halves) {
    std::int64_t used = 0;
    for (std::size_t p = 0; p < demand.size(); ++p) used += demand[p] * cells[p];
    return (used + device_cells - 1) / device_cells;
  }
  HalfCounts count;
  for (std::size_t p = 0; p < demand.size(); ++p) {
    if (roles[p] != HalfRole::kOther) count.n[static_cast<std::size_t>(roles[p])] += demand[p];
  }
  std::int64_t low = 0;
  std::int64_t high = count[HalfRole::kFour] + count[HalfRole::kThree] + count[HalfRole::kTwo] +
                      count[HalfRole::kDouble] + count[HalfRole::kOne];
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (PlanHalves(count, middle).fits) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return count[HalfRole::kWhole] + low;
}

std::vector<LayoutCount> ClosedForm::Layouts(std::span<const std::int64_t> demand,
                                             std::int64_t devices) const {
  HalfCounts count;
  std::array<std::size_t, 6> profile_of{};
  for (std::size_t p = 0; p < demand.size(); ++p) {
    if (roles[p] == HalfRole::kOther) continue;
    profile_of[static_cast<std::size_t>(roles[p])] = p;
    count.n[static_cast<std::size_t>(roles[p])] += demand[p];
  }
  devices -= count[HalfRole::kWhole];
  Ranges ranges = FillRanges(count, PlanHalves(count, devices), devices);
  std::vector<LayoutCount> layouts;
  if (count[HalfRole::kWhole] > 0) {
    layouts.push_back({count[HalfRole::kWhole], {MakeSlice(profile_of, HalfRole::kWhole, 0)}});
  }
  for (std::int64_t left = devices; left > 0; left -= layouts.back().devices) {
    LayoutCount layout{left, {}};
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const Run run = FirstRun(ranges[i]);
      layout.devices = std::min(layout.devices, run.devices);
      for (int k = 0; run.role && k < run.slices; ++k) {
        layout.slices.push_back(MakeSlice(profile_of, *run.role, kRangeStarts[i] + k));
      }
    }
    for (Runs& runs : ranges) TakeRuns(runs, layout.devices);
    layouts.push_back(std::move(layout));
  }
  return layouts;
}

}  // namespace tidegate
