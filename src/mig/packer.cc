// SPDX-License-Identifier: Apache-2.0
//
// The fewest empty devices for a demand, and the proof.
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "mig/closed_form.h"
#include "mig/column_solver.h"
#include "mig/geometry.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

// Sums over a million devices stay exact in 64 bits, and in a double.
constexpr std::int64_t kMostSlices = 1'000'000'000'000;

std::vector<PlacedSlice> SlicesOf(const Geometry& geometry, int state) {
  std::vector<PlacedSlice> slices;
  for (std::uint64_t rest = geometry.set(state); rest != 0; rest &= rest - 1) {
    const SlotOption& option = geometry.options()[static_cast<std::size_t>(std::countr_zero(rest))];
    slices.push_back({option.profile, option.span});
  }
  return slices;
}

std::int64_t CountOf(const LayoutCount& layout, std::size_t profile) {
  return std::count_if(layout.slices.begin(), layout.slices.end(),
                       [profile](const PlacedSlice& s) { return s.profile == profile; });
}

// Takes `number` slices of the profile off `devices` devices of the layout at `at`.
void Thin(std::vector<LayoutCount>& layouts, std::size_t at, std::int64_t devices,
          std::size_t profile, std::int64_t number) {
  LayoutCount thinner = layouts[at];
  thinner.devices = devices;
  layouts[at].devices -= devices;
  std::erase_if(thinner.slices,
                [&](const PlacedSlice& slice) { return slice.profile == profile && number-- > 0; });
  layouts.push_back(std::move(thinner));
}

// Columns cover at least the demand; a plan creates no slice that nobody asked for.
void DropSurplus(std::vector<LayoutCount>& layouts, std::span<const std::int64_t> demand) {
  for (std::size_t p = 0; p < demand.size(); ++p) {
    std::int64_t surplus = -demand[p];
    for (const LayoutCount& layout : layouts) surplus += layout.devices * CountOf(layout, p);
    for (std::size_t i = layouts.size(); i-- > 0 && surplus > 0;) {
      const std::int64_t each = CountOf(layouts[i], p);
      if (each == 0) continue;
      const std::int64_t whole = std::min(layouts[i].devices, surplus / each);
      if (whole > 0) Thin(layouts, i, whole, p, each);
      surplus -= whole * each;
      if (surplus == 0 || layouts[i].devices == 0) continue;
      Thin(layouts, i, 1, p, std::min(each, surplus));
      surplus -= std::min(each, surplus);
    }
  }
  std::erase_if(layouts, [](const LayoutCount& layout) { return layout.devices == 0; });
}

// The relaxation's prices as fractions of one denominator: that they are a proof is checked in
// integers, so that a rounding error can only lose the proof, never make a false one.
BoundCertificate MakeCertificate(std::span<const double> prices,
                                 std::span<const std::int64_t> demand,
                                 const std::vector<ProfileCounts>& columns) {
  BoundCertificate best{std::vector<std::int64_t>(demand.size()), 1, 0};
  constexpr std::int64_t kLargestDenominator = 5040;
  for (std::int64_t d = 1; d <= kLargestDenominator; ++d) {
    BoundCertificate certificate{{}, d, 0};
    bool whole = true;
    for (const double price : prices) {
      const double scaled = price * static_cast<double>(d);
      whole = whole && std::abs(scaled - std::round(scaled)) < 1e-5;
      certificate.weights.push_back(std::llround(scaled));
    }
    if (!whole) continue;
    const auto weigh = [&](std::span<const std::int64_t> counts) {
      std::int64_t sum = 0;
      for (std::size_t p = 0; p < counts.size(); ++p) sum += certificate.weights[p] * counts[p];
      return sum;
    };
    if (std::any_of(columns.begin(), columns.end(),
                    [&](const ProfileCounts& column) { return weigh(column) > d; })) {
      continue;
    }
    certificate.devices = (weigh(demand) + d - 1) / d;
    return certificate;
  }
  return best;
}

}  // namespace

struct Packer::Tables {
  DeviceModel model;
  std::optional<ClosedForm> closed_form;
  std::vector<ProfileCounts> columns;             // undominated
  std::vector<std::vector<PlacedSlice>> layouts;  // one of each column
  std::vector<std::int64_t> most;                 // by profile: on one device

  std::optional<ColumnSolution> Solve(std::span<const std::int64_t> demand) const;
  Status Check(std::span<const std::int64_t> demand) const;
};

std::optional<ColumnSolution> Packer::Tables::Solve(std::span<const std::int64_t> demand) const {
  // Only the profiles that are wanted: a row each.
  std::vector<std::size_t> rows;
  std::int64_t slices = 1;
  ColumnProblem problem;
  for (std::size_t p = 0; p < demand.size(); ++p) {
    if (demand[p] == 0) continue;
    rows.push_back(p);
    problem.demand.push_back(demand[p]);
    slices += demand[p];
  }
  problem.rows = rows.size();
  if (rows.empty()) return ColumnSolution{.duals = std::vector<double>(demand.size())};
  problem.groups.push_back({.count = slices});
  problem.groups[0].columns.push_back(
      {problem.AddVector(std::vector<std::int32_t>(rows.size())), 0});
  for (const ProfileCounts& column : columns) {
    std::vector<std::int32_t> contribution;
    for (const std::size_t p : rows) contribution.push_back(static_cast<std::int32_t>(column[p]));
    problem.groups[0].columns.push_back({problem.AddVector(contribution), 1});
  }
  std::optional<ColumnSolution> solution = SolveColumns(problem);
  if (!solution) return std::nullopt;
  std::vector<double> duals(demand.size());
  for (std::size_t r = 0; r < rows.size(); ++r) duals[rows[r]] = solution->duals[r];
  solution->duals = std::move(duals);
  return solution;
}

Status Packer::Tables::Check(std::span<const std::int64_t> demand) const {
  const auto bad = [](const std::string& what) { return Error{ErrorCode::kInvalidArgument, what}; };
  if (demand.size() != model.profiles.size()) {
    return bad(model.id + " has " + std::to_string(model.profiles.size()) +
               " profiles, the demand " + std::to_string(demand.size()));
  }
  for (std::size_t p = 0; p < demand.size(); ++p) {
    if (demand[p] < 0 || demand[p] > kMostSlices || (demand[p] > 0 && most[p] == 0)) {
      return bad(model.id + ": cannot serve " + std::to_string(demand[p]) + " slices of " +
                 model.profiles[p].name);
    }
  }
  return {};
}

Result<Packer> Packer::Make(const DeviceModel& model) {
  const Result<Geometry> geometry = Geometry::Make(model);
  if (!geometry) return geometry.error();
  auto tables = std::make_shared<Tables>();
  tables->model = model;
  tables->closed_form = FindClosedForm(model);
  tables->columns = UndominatedCounts(*geometry);
  tables->most.resize(model.profiles.size());
  for (const ProfileCounts& column : tables->columns) {
    for (const int state : geometry->maximal()) {
      if (geometry->Counts(state) != column) continue;
      tables->layouts.push_back(SlicesOf(*geometry, state));
      break;
    }
    for (std::size_t p = 0; p < column.size(); ++p) {
      tables->most[p] = std::max(tables->most[p], column[p]);
    }
  }
  return Packer(std::move(tables));
}

const DeviceModel& Packer::model() const { return tables_->model; }

Result<std::int64_t> Packer::MinimumDevices(std::span<const std::int64_t> demand) const {
  if (const Status status = tables_->Check(demand); !status) return status.error();
  if (tables_->closed_form && tables_->closed_form->Covers(demand)) {
    return tables_->closed_form->MinimumDevices(demand);
  }
  const std::optional<ColumnSolution> solution = tables_->Solve(demand);
  if (!solution) return Error{ErrorCode::kInternal, tables_->model.id + ": no packing found"};
  return solution->cost;
}

Result<Packing> Packer::Optimum(std::span<const std::int64_t> demand) const {
  if (const Status status = tables_->Check(demand); !status) return status.error();
  const std::optional<ColumnSolution> solution = tables_->Solve(demand);
  if (!solution) return Error{ErrorCode::kInternal, tables_->model.id + ": no packing found"};
  Packing packing;
  packing.certificate = MakeCertificate(solution->duals, demand, tables_->columns);
  if (tables_->closed_form && tables_->closed_form->halves &&
      tables_->closed_form->Covers(demand)) {
    packing.devices = tables_->closed_form->MinimumDevices(demand);
    packing.layouts = tables_->closed_form->Layouts(demand, packing.devices);
  } else {
    packing.devices = solution->cost;
    for (const ColumnUse& use : solution->uses) {
      if (use.column == 0) continue;
      packing.layouts.push_back({use.count, tables_->layouts[use.column - 1]});
    }
    DropSurplus(packing.layouts, demand);
  }
  packing.proven = packing.certificate.devices == packing.devices;
  return packing;
}

Result<Packing> Optimum(const DeviceModel& model, std::span<const std::int64_t> demand) {
  const Result<Packer> packer = Packer::Make(model);
  if (!packer) return packer.error();
  return packer->Optimum(demand);
}

}  // namespace tidegate
