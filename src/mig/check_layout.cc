// SPDX-License-Identifier: Apache-2.0
//
// The independent checker of layouts: reads the model's tables itself, one rule after the other,
// and shares nothing with the code that makes plans.
#include <map>
#include <string>

#include "tidegate/mig.h"

namespace tidegate {
namespace {

Error Broken(const DeviceModel& model, const std::string& what) {
  return {ErrorCode::kInvalidArgument, model.id + ": " + what};
}

std::string Where(const SliceProfile& profile, SliceSpan span) {
  return profile.name + "@" + std::to_string(span.start);
}

// Each slice by itself, and no memory slice twice.
Status CheckSpans(const DeviceModel& model, std::span<const PlacedSlice> slices) {
  std::vector<bool> taken(static_cast<std::size_t>(model.memory_slices));
  for (const PlacedSlice& slice : slices) {
    if (slice.profile >= model.profiles.size()) {
      return Broken(model, "no profile " + std::to_string(slice.profile));
    }
    const SliceProfile& profile = model.profiles[slice.profile];
    bool known = false;
    for (const SliceSpan& span : profile.placements) known = known || span == slice.span;
    if (!known) return Broken(model, Where(profile, slice.span) + " is no possible placement");
    for (std::size_t cell = slice.span.start;
         cell < std::size_t{slice.span.start} + slice.span.size; ++cell) {
      if (cell >= taken.size() || taken[cell]) {
        return Broken(model, Where(profile, slice.span) + " overlaps at memory slice " +
                                 std::to_string(cell));
      }
      taken[cell] = true;
    }
  }
  return {};
}

Status CheckEngine(const DeviceModel& model, std::span<const PlacedSlice> slices,
                   std::string_view name, std::optional<std::int32_t> Engines::*engine) {
  const std::optional<std::int32_t> pool = model.engine_pool.*engine;
  std::int64_t used = 0;
  for (const PlacedSlice& slice : slices) {
    used += (model.profiles[slice.profile].engines.*engine).value_or(0);
  }
  if (!pool || used <= *pool) return {};
  return Broken(model, std::to_string(used) + " " + std::string(name) + " engines of " +
                           std::to_string(*pool));
}

Status CheckEngines(const DeviceModel& model, std::span<const PlacedSlice> slices) {
  constexpr std::pair<std::string_view, std::optional<std::int32_t> Engines::*> kKinds[] = {
      {"copy", &Engines::copy},
      {"NVDEC", &Engines::nvdec},
      {"NVENC", &Engines::nvenc},
      {"JPEG", &Engines::nvjpg},
      {"OFA", &Engines::ofa}};
  for (const auto& [name, engine] : kKinds) {
    if (Status status = CheckEngine(model, slices, name, engine); !status) return status;
  }
  return {};
}

Status CheckNumbers(const DeviceModel& model, std::span<const PlacedSlice> slices) {
  std::map<std::string, std::int32_t> count;
  std::int32_t compute = 0;
  for (const PlacedSlice& slice : slices) {
    const SliceProfile& profile = model.profiles[slice.profile];
    compute += profile.compute_slices;
    if (++count[profile.name] > profile.max_instances) {
      return Broken(model,
                    "more than " + std::to_string(profile.max_instances) + " of " + profile.name);
    }
  }
  if (compute > model.compute_slices) {
    return Broken(model, std::to_string(compute) + " compute slices of " +
                             std::to_string(model.compute_slices));
  }
  if (slices.size() > static_cast<std::size_t>(model.max_instances)) {
    return Broken(model, std::to_string(slices.size()) + " instances, at most " +
                             std::to_string(model.max_instances));
  }
  for (const std::vector<std::string>& refused : model.refused) {
    std::map<std::string, std::int32_t> left;
    for (const std::string& name : refused) ++left[name];
    bool all = !refused.empty();
    for (const auto& [name, n] : left) all = all && count[name] >= n;
    if (all) return Broken(model, "the driver refused such a set (" + refused.front() + ", …)");
  }
  return {};
}

}  // namespace

Status CheckLayout(const DeviceModel& model, std::span<const PlacedSlice> slices) {
  if (Status status = CheckSpans(model, slices); !status) return status;
  if (Status status = CheckNumbers(model, slices); !status) return status;
  return CheckEngines(model, slices);
}

}  // namespace tidegate
