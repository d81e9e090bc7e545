// SPDX-License-Identifier: Apache-2.0
//
// PlanPack: which profile serves whom, then each model for itself, then all of it on the fleet.
#include "tidegate/pack.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "mig/fleet_impl.h"
#include "mig/model_pack.h"
#include "mig/words.h"
#include "tidegate/throughput.h"

namespace tidegate {
namespace {

// More than any fleet has.
constexpr std::int64_t kPlenty = 1'000'000;

SliceRequest RequestFor(const WorkloadDemand& wanted) {
  SliceRequest request{.id = wanted.workload, .profile = wanted.need.profile};
  if (request.profile.empty()) request.need = wanted.need;
  return request;
}

std::string Text(const WorkloadDemand& wanted) {
  if (wanted.need.moldable()) return std::string("any of its sizes");
  if (!wanted.need.profile.empty()) return "\"" + wanted.need.profile + "\"";
  return std::to_string(wanted.need.memory_mib) + " MiB and " +
         std::to_string(wanted.need.sm_count) + " SMs";
}

/// What the devices cost at least.
struct PriceBound {
  double found = 0;   // by search
  double proven = 0;  // by a certificate
};

/// Decides which profile of which model each wanted slice gets.
class Assignment {
 public:
  explicit Assignment(const PackRequest& request)
      : request_(request),
        impl_(request.fleet.impl()),
        by_model_(impl_.models.size()),
        given_(request.demand.size()) {}

  Result<std::vector<std::vector<WantedSlices>>> Run() {
    bool choice = false;
    for (const WorkloadDemand& wanted : request_.demand) {
      candidates_.push_back(CandidatesFor(impl_, RequestFor(wanted)));
      if (candidates_.back().empty()) {
        return Error{ErrorCode::kNotFound, wanted.workload + ": no model of the fleet has a " +
                                               "profile for " + Text(wanted)};
      }
      choice = choice || candidates_.back().size() > 1;
    }
    Status status;
    if (!choice) {
      TakeTheOnly();
    } else if (request_.fleet.slice_count() == 0) {
      status = TakeTheCheapest();
    } else {
      TakeWhatHasRoom();
    }
    if (!status) return status.error();
    return std::move(by_model_);
  }

  /// Of TakeTheCheapest.
  std::optional<PriceBound> bound() const { return bound_; }

  /// Of the moldable workloads.
  std::vector<ServedRate> Rates() const {
    std::vector<ServedRate> rates;
    for (std::size_t i = 0; i < request_.demand.size(); ++i) {
      const SliceNeed& need = request_.demand[i].need;
      if (!need.moldable()) continue;
      ServedRate& served = rates.emplace_back();
      served.workload = request_.demand[i].workload;
      served.wanted = need.rate;
      for (const SliceRate& rate : need.rates) {
        const std::optional<Candidate> size = Find(rate);
        const auto given = size ? given_[i].find({size->model, size->profile}) : given_[i].end();
        if (given == given_[i].end()) continue;
        served.parts.push_back({rate.model, rate.profile, given->second, rate.rate});
        served.served += given->second * rate.rate;
      }
    }
    return rates;
  }

 private:
  std::optional<Candidate> Find(const SliceRate& rate) const {
    const std::size_t model = impl_.FindModel(rate.model);
    if (model == IndexSet::kNone) return std::nullopt;
    const Result<std::size_t> profile = FindProfile(*impl_.models[model].model, rate.profile);
    return profile ? std::optional(Candidate{model, *profile}) : std::nullopt;
  }

  void Add(std::size_t demand, Candidate candidate, std::int64_t count) {
    if (count == 0) return;
    given_[demand][{candidate.model, candidate.profile}] += count;
    std::vector<WantedSlices>& of_model = by_model_[candidate.model];
    const std::string& workload = request_.demand[demand].workload;
    for (WantedSlices& known : of_model) {
      if (known.workload != workload || known.profile != candidate.profile) continue;
      known.count += count;
      return;
    }
    of_model.push_back({workload, candidate.profile, count});
  }

  void TakeTheOnly() {
    for (std::size_t i = 0; i < request_.demand.size(); ++i) {
      const SliceNeed& need = request_.demand[i].need;
      std::int64_t slices = need.count;
      for (const SliceRate& rate : need.rates) {
        if (Find(rate)) slices = (need.rate + rate.rate - 1) / rate.rate;
      }
      Add(i, candidates_[i].front(), slices);
    }
  }

  Status TakeTheCheapest() {
    std::vector<SliceNeed> needs;
    for (const WorkloadDemand& wanted : request_.demand) needs.push_back(wanted.need);
    std::vector<DeviceOffer> offers;
    for (const FleetModel& model : impl_.models) {
      offers.push_back({*model.model, PriceOf(request_, model.model->id), model.open_devices});
    }
    Result<FleetMix> mix = CheapestFleet(offers, needs);
    if (!mix) {  // there are too few of them: what would be the cheapest to buy?
      for (DeviceOffer& offer : offers) offer.count = kPlenty;
      mix = CheapestFleet(offers, needs);
    }
    if (!mix) return mix.error();
    const Result<double> proven = CheckFleetMix(offers, needs, *mix);
    if (!proven) return proven.error();
    bound_ = {std::max(mix->bound, *proven), *proven};
    for (const FleetLayout& layout : mix->layouts) {
      for (std::size_t s = 0; s < layout.slices.size(); ++s) {
        if (!layout.serves[s]) continue;
        Add(*layout.serves[s], {layout.offer, layout.slices[s].profile}, layout.devices);
      }
    }
    return {};
  }

  void TakeWhatHasRoom() {
    Fleet fleet = request_.fleet;
    const std::unique_ptr<Placer> placer = MakePlacer();
    for (std::size_t i = 0; i < request_.demand.size(); ++i) {
      if (request_.demand[i].need.moldable()) {
        TakeSizesWithRoom(i, *placer, fleet);
        continue;
      }
      for (std::int64_t n = 0; n < request_.demand[i].need.count; ++n) {
        if (!TakeSpot(i, RequestFor(request_.demand[i]), *placer, fleet)) {
          Add(i, candidates_[i].front(), 1);
        }
      }
    }
  }

  bool TakeSpot(std::size_t demand, const SliceRequest& request, const Placer& placer,
                Fleet& fleet) {
    const std::optional<Spot> spot = placer.Choose(fleet, request);
    if (!spot) return false;
    const std::string id = "\n" + std::to_string(fleet.slice_count());
    (void)fleet.AddSlice({.id = id, .device = spot->device, .placed = spot->placed});
    Add(demand, {impl_.devices[spot->device].model, spot->placed.profile}, 1);
    return true;
  }

  // One by one the largest slice of the cheapest choice for what is left to be served; sizes that
  // have no room any more are no choice. What finds none at all is to be bought.
  void TakeSizesWithRoom(std::size_t demand, const Placer& placer, Fleet& fleet) {
    const SliceNeed& need = request_.demand[demand].need;
    std::vector<SizeOption> sizes, fitting;
    for (const SliceRate& rate : need.rates) {
      sizes.push_back(Find(rate) ? SizeOption{rate.rate, CostOf(rate)} : SizeOption{});
    }
    fitting = sizes;
    for (std::int64_t left = need.rate; left > 0;) {
      std::vector<std::int64_t> counts = CheapestSizes(fitting, left);
      const bool full = counts.empty();
      if (full) counts = CheapestSizes(sizes, left);
      for (std::size_t s = 0; full && s < sizes.size(); ++s) {
        if (counts[s] > 0) Add(demand, *Find(need.rates[s]), counts[s]);
      }
      if (full) return;
      const auto most = [&](std::size_t a, std::size_t b) {
        return (counts[a] > 0) * sizes[a].serves < (counts[b] > 0) * sizes[b].serves;
      };
      std::vector<std::size_t> order(sizes.size());
      std::iota(order.begin(), order.end(), 0);
      const std::size_t size = *std::max_element(order.begin(), order.end(), most);
      SliceRequest request;
      request.need.emplace().rates = {need.rates[size]};
      if (TakeSpot(demand, request, placer, fleet)) {
        left -= sizes[size].serves;
      } else {
        fitting[size].serves = 0;
      }
    }
  }

  // REQUIRES: the fleet has such a size.
  std::int64_t CostOf(const SliceRate& rate) const {
    const Candidate size = *Find(rate);
    const DeviceModel& model = *impl_.models[size.model].model;
    return std::llround(PriceOf(request_, model.id) *
                        static_cast<double>(DeviceShare(model, size.profile)));
  }

  const PackRequest& request_;
  const Fleet::Impl& impl_;
  std::vector<std::vector<Candidate>> candidates_;  // by demand
  std::vector<std::vector<WantedSlices>> by_model_;
  std::vector<std::map<std::pair<std::size_t, std::size_t>, std::int64_t>> given_;  // by demand
  std::optional<PriceBound> bound_;
};

/// Joins the answers for the models to one plan over the whole fleet.
class Joiner {
 public:
  explicit Joiner(const PackRequest& request) : request_(request) {
    plan_.fleet = request.fleet;
    plan_.first_added = request.fleet.device_count();
  }

  Status Add(ModelAnswer&& answer) {
    for (const Device& device : answer.added) {
      const Result<std::size_t> index = plan_.fleet.AddDevice(device);
      if (!index) return index.error();
      answer.device_of.push_back(*index);
    }
    for (SliceMove move : answer.moves) {
      move.from.device = answer.device_of[move.from.device];
      move.to.device = answer.device_of[move.to.device];
      if (Status moved = Move(move); !moved) return moved;
      plan_.moves.push_back(std::move(move));
    }
    for (Placement placement : answer.placed) {
      placement.spot.device = answer.device_of[placement.spot.device];
      const std::string& workload = answer.workload_of[placement.id];
      if (Status added = plan_.fleet.AddSlice({.id = placement.id,
                                               .device = placement.spot.device,
                                               .placed = placement.spot.placed,
                                               .group = workload});
          !added) {
        return added;
      }
      plan_.placed.push_back(std::move(placement));
    }
    plan_.models.push_back(std::move(answer.pack));
    return {};
  }

  Result<PackPlan> Finish(std::optional<PriceBound> bound) {
    for (ModelPack& pack : plan_.models) {
      Result<Fragmentation> measured = MeasureFragmentation(plan_.fleet, pack.model);
      if (!measured) return measured.error();
      pack.fragmentation = *std::move(measured);
      const double price = PriceOf(request_, pack.model);
      pack.price = price * static_cast<double>(pack.in_use);
      pack.price_bound = price * static_cast<double>(pack.optimum.certificate.devices);
      plan_.price += pack.price;
      plan_.price_bound += pack.price_bound;
    }
    plan_.price_proven = plan_.price_bound;
    if (bound) plan_.price_bound = bound->found;
    if (bound) plan_.price_proven = bound->proven;
    return std::move(plan_);
  }

 private:
  Status Move(const SliceMove& move) {
    const Slice* found = plan_.fleet.FindSlice(move.slice);
    if (found == nullptr) return Error{ErrorCode::kInternal, move.slice + ": moves, and is gone"};
    Slice slice = *found;
    slice.device = move.to.device;
    slice.placed = move.to.placed;
    if (Status removed = plan_.fleet.RemoveSlice(move.slice); !removed) return removed;
    return plan_.fleet.AddSlice(slice);
  }

  const PackRequest& request_;
  PackPlan plan_;
};

// The same for devices that look alike.
std::string KeyOf(const Device& device, const DeviceRow& row) {
  std::string key = std::to_string(static_cast<int>(device.state)) + (row.added ? "+" : "-");
  for (const DeviceRow::Cell& cell : row.cells) {
    key += std::to_string(cell.placed.profile) + "@" + std::to_string(cell.placed.span.start) +
           (cell.is_new ? "n" : "") + (cell.is_moved ? "m" : "") + (cell.pinned ? "p" : "") + ":" +
           std::to_string(cell.workload.size()) + ":" + cell.workload;
  }
  return key;
}

}  // namespace

double PriceOf(const PackRequest& request, const std::string& model) {
  const auto found = request.prices.find(model);
  return found == request.prices.end() ? 1 : found->second;
}

Result<PackPlan> PlanPack(const PackRequest& request) {
  for (const WorkloadDemand& wanted : request.demand) {
    if (wanted.need.count < 0) {
      return Error{ErrorCode::kInvalidArgument, wanted.workload + ": a count is not negative"};
    }
  }
  Assignment assignment(request);
  const Result<std::vector<std::vector<WantedSlices>>> wanted = assignment.Run();
  if (!wanted) return wanted.error();
  Joiner joiner(request);
  NextNumbers next;
  for (std::size_t m = 0; m < wanted->size(); ++m) {
    Result<ModelAnswer> answer = PackModel(request, m, (*wanted)[m], next);
    if (!answer) return answer.error();
    if (Status added = joiner.Add(*std::move(answer)); !added) return added.error();
  }
  Result<PackPlan> plan = joiner.Finish(assignment.bound());
  if (plan) plan->rates = assignment.Rates();
  return plan;
}

std::string ProofText(const DeviceModel& model, const ModelPack& pack) {
  const BoundCertificate& proof = pack.optimum.certificate;
  std::string sum;
  std::int64_t total = 0;
  for (std::size_t p = 0; p < proof.weights.size(); ++p) {
    if (pack.load[p] == 0 || proof.weights[p] == 0) continue;
    sum += (sum.empty() ? "" : " + ") + std::to_string(proof.weights[p]) + "·" +
           std::to_string(pack.load[p]) + " " + model.profiles[p].name;
    total += proof.weights[p] * pack.load[p];
  }
  if (sum.empty()) return sum;
  return sum + " = " + std::to_string(total) + ", and no GPU holds more than " +
         std::to_string(proof.capacity) + ": at least " + std::to_string(proof.devices) +
         (proof.devices == 1 ? " GPU" : " GPUs");
}

std::string RateText(const ServedRate& rate) {
  const auto per_second = [](MilliValue milli) {
    std::string text = std::to_string(milli / 1000);
    if (milli % 1000 != 0) {
      text += "." + std::to_string(1000 + milli % 1000).substr(1);
      text.erase(text.find_last_not_of('0') + 1);
    }
    return text + "/s";
  };
  std::string text =
      Visible(rate.workload) + ": " + per_second(rate.served) + " of " + per_second(rate.wanted);
  for (std::size_t i = 0; i < rate.parts.size(); ++i) {
    const ServedRate::Part& part = rate.parts[i];
    text += (i == 0 ? ", with " : ", ") + std::to_string(part.slices) + " x " + part.profile +
            " of " + part.model + " (" + per_second(part.rate) + " each)";
  }
  return text;
}

std::vector<DeviceRow> FoldDevices(const PackPlan& plan, const std::string& model) {
  std::set<std::string_view> fresh, moved;
  std::set<std::size_t> touched;
  for (const Placement& placement : plan.placed) fresh.insert(placement.id);
  for (const SliceMove& move : plan.moves) {
    moved.insert(move.slice);
    touched.insert({move.from.device, move.to.device});
  }
  std::vector<DeviceRow> rows;
  std::map<std::string, std::size_t> known;  // rows by what they look like
  for (std::size_t d = 0; d < plan.fleet.device_count(); ++d) {
    const Device& device = plan.fleet.device(d);
    if (device.model != model) continue;
    DeviceRow row{{d}, d >= plan.first_added, {}};
    for (const Slice& slice : plan.fleet.slices(d)) {
      row.cells.push_back({slice.placed, slice.group, fresh.count(slice.id) > 0,
                           moved.count(slice.id) > 0, slice.pinned});
    }
    const std::string key = touched.count(d) > 0 ? "" : KeyOf(device, row);
    const auto [alike, first] = known.emplace(key, rows.size());
    if (first || key.empty()) {
      rows.push_back(std::move(row));
    } else {
      rows[alike->second].devices.push_back(d);
    }
  }
  std::stable_partition(rows.begin(), rows.end(),
                        [](const DeviceRow& row) { return !row.cells.empty(); });
  return rows;
}

}  // namespace tidegate
