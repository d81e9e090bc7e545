// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/mig/side.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tidegate::mig_benchmark {

const char* const kNames[6] = {"7g.40gb", "4g.20gb", "3g.20gb", "2g.10gb", "1g.10gb", "1g.5gb"};
const double kCompute[6] = {7, 4, 3, 2, 1, 1};

namespace {

Geometry PlainGeometry(const DeviceModel& model) {
  std::vector<bool> wanted;
  for (const SliceProfile& p : model.profiles) {
    wanted.push_back(p.attributes == ProfileAttributes{});
  }
  return Geometry::Make(model, wanted).value();
}

class RuleSide : public Side {
 public:
  RuleSide(std::unique_ptr<Rule> rule, const SideOptions& options)
      : board_(*options.board), rule_(std::move(rule)), nodes_(options.nodes) {
    fleet_ = {&board_.model, &board_.geometry, std::vector<int>(options.devices), {}};
    fleet_.mix.resize(board_.model.profiles.size());
    for (int k = 0; k < 6; ++k) fleet_.mix[board_.profile[k]] = options.mix.weight[k];
    whole_ = board_.geometry.Add(Geometry::kEmptyState,
                                 board_.geometry.OptionsOf(board_.profile[0]).first);
  }

  std::string name() const override { return rule_->name(); }

  std::optional<std::size_t> Add(std::int64_t id, int kind) override {
    const auto choice = rule_->Choose(fleet_, board_.profile[kind]);
    if (!choice) return std::nullopt;
    int& state = fleet_.state[choice->device];
    state = board_.geometry.Add(state, choice->option);
    where_[id] = *choice;
    return choice->device;
  }

  std::optional<std::size_t> Remove(std::int64_t id) override {
    const auto at = where_.find(id);
    if (at == where_.end()) return std::nullopt;
    const Choice choice = at->second;
    int& state = fleet_.state[choice.device];
    state = board_.geometry.Remove(state, choice.option);
    where_.erase(at);
    return choice.device;
  }

  // To a rule a closed device looks full.
  void SetOpen(std::size_t device, bool open) override {
    fleet_.state[device] = open ? Geometry::kEmptyState : whole_;
  }

  // The published rules know no gangs: the first node that has so many empty devices.
  bool AddGang(std::int64_t, int count) override {
    std::map<std::string, std::vector<std::size_t>> empty;
    for (std::size_t d = 0; d < nodes_.size(); ++d) {
      if (fleet_.state[d] != Geometry::kEmptyState) continue;
      std::vector<std::size_t>& of_node = empty[nodes_[d]];
      of_node.push_back(d);
      if (of_node.size() < static_cast<std::size_t>(count)) continue;
      for (const std::size_t device : of_node) fleet_.state[device] = whole_;
      return true;
    }
    return false;
  }

 private:
  const Board& board_;
  std::unique_ptr<Rule> rule_;
  std::vector<std::string> nodes_;
  Fleet fleet_;
  int whole_ = 0;
  std::map<std::int64_t, Choice> where_;
};

class TidegateSide : public Side {
 public:
  TidegateSide(const SideOptions& options, const PlacerOptions& placer)
      : fleet_(MakeFleet(*options.board, options.devices, options.nodes)),
        placer_(MakePlacer(placer)) {
    fleet_.SetGoal(options.goal);
  }

  std::string name() const override { return "**Tidegate**"; }

  std::optional<std::size_t> Add(std::int64_t id, int kind) override {
    const SliceRequest request{.id = std::to_string(id), .profile = kNames[kind]};
    (void)fleet_.RecordDemand(request.profile);
    const std::optional<Spot> spot = placer_->Choose(fleet_, request);
    if (!spot) return std::nullopt;
    (void)fleet_.AddSlice({.id = request.id, .device = spot->device, .placed = spot->placed});
    return spot->device;
  }

  std::optional<std::size_t> Remove(std::int64_t id) override {
    const std::string name = std::to_string(id);
    const Slice* slice = fleet_.FindSlice(name);
    if (slice == nullptr) return std::nullopt;
    const std::size_t device = slice->device;
    (void)fleet_.RemoveSlice(name);
    return device;
  }

  void SetOpen(std::size_t device, bool open) override {
    (void)fleet_.SetDeviceState(device, open ? DeviceState::kOpen : DeviceState::kCordoned);
  }

  bool AddGang(std::int64_t id, int count) override {
    Gang gang{.members = {}, .together = Together::kOneNode};
    for (int i = 0; i < count; ++i) {
      gang.members.push_back(
          {.id = std::to_string(id) + "-" + std::to_string(i), .profile = kNames[0]});
      (void)fleet_.RecordDemand(kNames[0]);
    }
    const PlacementPlan plan = placer_->Place({fleet_, {&gang, 1}});
    for (const Placement& placed : plan.placed) {
      (void)fleet_.AddSlice(
          {.id = placed.id, .device = placed.spot.device, .placed = placed.spot.placed});
    }
    return plan.unplaced.empty();
  }

 private:
  tidegate::Fleet fleet_;
  std::unique_ptr<Placer> placer_;
};

}  // namespace

Board::Board() : model(FindDeviceModel("a100-40gb").value()), geometry(PlainGeometry(model)) {
  for (int k = 0; k < 6; ++k) profile[k] = FindProfile(model, kNames[k]).value();
}

tidegate::Fleet MakeFleet(const Board& board, std::size_t devices,
                          const std::vector<std::string>& nodes) {
  tidegate::Fleet fleet;
  (void)fleet.AddModel(board.model);
  for (std::size_t d = 0; d < devices; ++d) {
    (void)fleet.AddDevice({.id = "gpu-" + std::to_string(d),
                           .model = board.model.id,
                           .node = nodes.empty() ? "" : nodes[d]});
  }
  return fleet;
}

std::vector<std::unique_ptr<Side>> AllSides(const SideOptions& options) {
  std::vector<std::unique_ptr<Side>> sides;
  for (std::unique_ptr<Rule>& rule : AllRules()) {
    sides.push_back(std::make_unique<RuleSide>(std::move(rule), options));
  }
  sides.push_back(std::make_unique<TidegateSide>(options, PlacerOptions{}));
  return sides;
}

std::unique_ptr<Side> RefusingSide(const SideOptions& options) {
  return std::make_unique<TidegateSide>(options, PlacerOptions{.may_refuse = true});
}

double Sample::Mean() const {
  double sum = 0;
  for (const double value : values_) sum += value;
  return sum / static_cast<double>(values_.size());
}

double Sample::Half() const {
  if (values_.size() < 2) return 0;
  double sum = 0;
  for (const double value : values_) sum += (value - Mean()) * (value - Mean());
  const auto n = static_cast<double>(values_.size());
  return 1.96 * std::sqrt(sum / (n - 1) / n);
}

void PrintHead(const std::string& head, const std::vector<std::unique_ptr<Side>>& sides,
               const std::string& tail) {
  std::printf("| %s |", head.c_str());
  for (const auto& side : sides) std::printf(" %s |", side->name().c_str());
  std::printf(" against the best rule |%s\n|---|---|",
              tail.empty() ? "" : (" " + tail + " |").c_str());
  const auto more = tail.empty() ? 0 : 1 + std::count(tail.begin(), tail.end(), '|');
  for (std::size_t i = 0; i < sides.size() + static_cast<std::size_t>(more); ++i) {
    std::printf("---|");
  }
  std::printf("\n");
}

Comparison AgainstBestRule(const std::vector<Sample>& sides, const Sample& ours,
                           bool more_is_better) {
  std::size_t best = 0;
  for (std::size_t i = 1; i + 1 < sides.size(); ++i) {
    if ((sides[i].Mean() > sides[best].Mean()) == more_is_better) best = i;
  }
  Comparison out;
  for (std::size_t s = 0; s < ours.values().size(); ++s) {
    out.gain.Add(ours.values()[s] - sides[best].values()[s]);
  }
  const double mean = out.gain.Mean();
  if (std::abs(mean) <= out.gain.Half() || mean == 0) return out;
  out.outcome = (mean > 0) == more_is_better ? Outcome::kWon : Outcome::kLost;
  return out;
}

std::string Comparison::text() const {
  char text[64];
  if (gain.values().size() > 1) {
    std::snprintf(text, sizeof text, "%+.2f ± %.2f", gain.Mean(), gain.Half());
  } else {
    std::snprintf(text, sizeof text, "%+.2f", gain.Mean());
  }
  return text;
}

Outcome PrintRow(const std::string& head, const std::vector<Sample>& sides, bool more_is_better,
                 const std::string& tail) {
  const Sample& ours = sides.back();
  const Comparison comparison = AgainstBestRule(sides, ours, more_is_better);
  std::printf("| %s |", head.c_str());
  for (const Sample& side : sides) {
    std::printf(&side == &ours ? " **%.2f** |" : " %.2f |", side.Mean());
  }
  std::printf(" %s |%s\n", comparison.text().c_str(),
              tail.empty() ? "" : (" " + tail + " |").c_str());
  std::fflush(stdout);
  return comparison.outcome;
}

void Verdict::Count(Outcome outcome) {
  (outcome == Outcome::kWon ? won_ : outcome == Outcome::kLevel ? level_ : lost_) += 1;
}

void Verdict::Print() const {
  std::printf(
      "\n%d cells: %d won beyond the 95 %% interval of the paired difference, %d level, %d lost\n",
      won_ + level_ + lost_, won_, level_, lost_);
}

}  // namespace tidegate::mig_benchmark
