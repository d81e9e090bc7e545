// SPDX-License-Identifier: Apache-2.0
#include "mig/geometry.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace tidegate {
namespace {

constexpr std::size_t kMaxStates = std::numeric_limits<std::int16_t>::max();
constexpr std::size_t kMaxOptions = 64;

std::uint64_t Bit(std::size_t i) { return std::uint64_t{1} << i; }

bool FitsPool(std::int64_t used, const std::optional<std::int32_t>& pool) {
  return !pool || used <= *pool;
}

struct EngineSum {
  std::int64_t copy = 0, nvdec = 0, nvenc = 0, nvjpg = 0, ofa = 0;

  void Add(const Engines& engines) {
    copy += engines.copy.value_or(0);
    nvdec += engines.nvdec.value_or(0);
    nvenc += engines.nvenc.value_or(0);
    nvjpg += engines.nvjpg.value_or(0);
    ofa += engines.ofa.value_or(0);
  }
  bool Fits(const Engines& pool) const {
    return FitsPool(copy, pool.copy) && FitsPool(nvdec, pool.nvdec) &&
           FitsPool(nvenc, pool.nvenc) && FitsPool(nvjpg, pool.nvjpg) && FitsPool(ofa, pool.ofa);
  }
};

bool Contains(const DeviceModel& model, const ProfileCounts& counts,
              const std::vector<std::string>& refused) {
  std::map<std::string, std::int64_t> need;
  for (const std::string& name : refused) ++need[name];
  for (const auto& [name, count] : need) {
    const auto found = std::find_if(model.profiles.begin(), model.profiles.end(),
                                    [&n = name](const SliceProfile& p) { return p.name == n; });
    if (found == model.profiles.end()) return false;
    if (counts[static_cast<std::size_t>(found - model.profiles.begin())] < count) return false;
  }
  return !refused.empty();
}

}  // namespace

Result<Geometry> Geometry::Make(const DeviceModel& model, const std::vector<bool>& wanted) {
  Geometry geometry;
  geometry.profile_count_ = model.profiles.size();
  for (std::size_t p = 0; p < model.profiles.size(); ++p) {
    const std::size_t first = geometry.options_.size();
    if (wanted.empty() || wanted[p]) {
      for (const SliceSpan& span : model.profiles[p].placements) {
        const std::uint64_t cells = (Bit(span.size) - 1) << span.start;
        geometry.options_.push_back({static_cast<std::uint16_t>(p), span, cells});
      }
    }
    geometry.option_range_.push_back({first, geometry.options_.size()});
  }
  const bool documented = std::any_of(model.profiles.begin(), model.profiles.end(),
                                      [](const SliceProfile& p) { return !p.placements.empty(); });
  if (!documented) {
    return Error{ErrorCode::kNotFound,
                 model.id + ": placements are not documented; read them from NVML"};
  }
  if (geometry.options_.size() <= kMaxOptions) geometry.EnumerateStates(model);
  if (geometry.options_.size() > kMaxOptions || geometry.sets_.size() > kMaxStates) {
    return Error{ErrorCode::kInvalidArgument, model.id + ": too many placements (" +
                                                  std::to_string(geometry.options_.size()) +
                                                  ") to list every layout of a device"};
  }
  geometry.FindClasses();
  geometry.CountFits();
  return geometry;
}

bool Geometry::Legal(const DeviceModel& model, std::uint64_t set) const {
  std::uint64_t cells = 0;
  std::int64_t compute = 0;
  EngineSum engines;
  ProfileCounts counts(profile_count_);
  for (std::uint64_t rest = set; rest != 0; rest &= rest - 1) {
    const SlotOption& option = options_[static_cast<std::size_t>(std::countr_zero(rest))];
    const SliceProfile& profile = model.profiles[option.profile];
    if ((cells & option.cells) != 0) return false;
    cells |= option.cells;
    compute += profile.compute_slices;
    engines.Add(profile.engines);
    if (++counts[option.profile] > profile.max_instances) return false;
  }
  if (std::popcount(set) > model.max_instances) return false;
  if (compute > model.compute_slices || !engines.Fits(model.engine_pool)) return false;
  return std::none_of(model.refused.begin(), model.refused.end(),
                      [&](const auto& refused) { return Contains(model, counts, refused); });
}

void Geometry::EnumerateStates(const DeviceModel& model) {
  // Whatever fits still fits with a slice less: growing by ever later options meets every state.
  sets_ = {0};
  for (std::size_t i = 0; i < sets_.size() && sets_.size() <= kMaxStates; ++i) {
    const std::uint64_t set = sets_[i];
    for (auto option = static_cast<std::size_t>(std::bit_width(set)); option < options_.size();
         ++option) {
      if (Legal(model, set | Bit(option))) sets_.push_back(set | Bit(option));
    }
  }
  std::sort(sets_.begin(), sets_.end(), [](std::uint64_t a, std::uint64_t b) {
    return std::pair(std::popcount(a), a) < std::pair(std::popcount(b), b);
  });
  for (std::size_t i = 0; i < sets_.size(); ++i) number_[sets_[i]] = static_cast<int>(i);
  if (sets_.size() > kMaxStates) return;
  for (const std::uint64_t set : sets_) {
    std::uint64_t cells = 0;
    for (std::size_t option = 0; option < options_.size(); ++option) {
      const bool there = (set & Bit(option)) != 0;
      if (there) cells |= options_[option].cells;
      next_.push_back(static_cast<std::int16_t>(there ? kNone : Find(set | Bit(option))));
    }
    used_.push_back(static_cast<std::int16_t>(std::popcount(cells)));
  }
}

int Geometry::Find(std::uint64_t set) const {
  const auto found = number_.find(set);
  return found == number_.end() ? kNone : found->second;
}

std::optional<std::size_t> Geometry::FindOption(std::size_t profile, unsigned start) const {
  if (profile >= option_range_.size()) return std::nullopt;
  for (auto [i, last] = option_range_[profile]; i < last; ++i) {
    if (options_[i].span.start == start) return i;
  }
  return std::nullopt;
}

void Geometry::FindClasses() {
  // From full states down: two states are alike iff the same options lead to like states.
  class_.assign(sets_.size(), 0);
  std::map<std::vector<int>, int> known;
  for (int state = state_count() - 1; state >= 0; --state) {
    std::vector<int> after(options_.size(), kNone);
    bool full = true;
    for (std::size_t option = 0; option < options_.size(); ++option) {
      const int next = Add(state, option);
      if (next == kNone) continue;
      after[option] = class_of(next);
      full = false;
    }
    if (full) maximal_.push_back(state);
    const auto [found, added] = known.emplace(std::move(after), class_count_);
    class_[Index(state)] = static_cast<std::int16_t>(found->second);
    if (!added) continue;
    ++class_count_;
    representative_.push_back(state);
  }
}

void Geometry::CountFits() {
  // Classes are numbered from full to empty, so what follows a class is done before it.
  fits_.assign(Index(class_count_) * profile_count_, 0);
  for (int c = 0; c < class_count_; ++c) {
    for (std::size_t option = 0; option < options_.size(); ++option) {
      const int next = AddToClass(c, option);
      if (next == kNone) continue;
      const std::size_t p = options_[option].profile;
      std::int8_t& fits = fits_[Index(c) * profile_count_ + p];
      fits = std::max(fits, static_cast<std::int8_t>(Fits(next, p) + 1));
    }
  }
}

ProfileCounts Geometry::Counts(int state) const {
  ProfileCounts counts(profile_count_);
  for (std::uint64_t rest = set(state); rest != 0; rest &= rest - 1) {
    ++counts[options_[static_cast<std::size_t>(std::countr_zero(rest))].profile];
  }
  return counts;
}

std::vector<ProfileCounts> UndominatedCounts(const Geometry& geometry) {
  std::set<ProfileCounts> all;
  for (const int state : geometry.maximal()) all.insert(geometry.Counts(state));
  std::vector<ProfileCounts> kept;
  for (const ProfileCounts& counts : all) {
    const bool dominated = std::any_of(all.begin(), all.end(), [&](const ProfileCounts& other) {
      return other != counts && std::equal(counts.begin(), counts.end(), other.begin(),
                                           [](auto a, auto b) { return a <= b; });
    });
    if (!dominated) kept.push_back(counts);
  }
  return kept;
}

}  // namespace tidegate
