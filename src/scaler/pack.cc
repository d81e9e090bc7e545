// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <utility>

#include "os/whole_file.h"
#include "scaler/commands.h"
#include "scaler/pack_report.h"
#include "tidegate/fleet_file.h"
#include "tidegate/mig_parted.h"

namespace tidegate::scaler {

namespace {

std::string Count(std::int64_t number, const char* thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

std::string Money(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

// "2 x 4g.20gb, 6 x 1g.5gb", or whatever stands between number and name.
std::string List(const DeviceModel& model, const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (std::size_t p = 0; p < numbers.size(); ++p) {
    if (numbers[p] == 0) continue;
    text +=
        (text.empty() ? "" : ", ") + std::to_string(numbers[p]) + " x " + model.profiles[p].name;
  }
  return text;
}

/// The report in words.
class Table {
 public:
  explicit Table(const PackReport& report, std::size_t rows)
      : report_(report), plan_(report.plan), rows_(rows) {}

  void Print() const {
    for (const ModelPack& pack : plan_.models) {
      PrintModel(pack, *plan_.fleet.FindModel(pack.model));
    }
    if (plan_.models.size() > 1 || !plan_.rates.empty()) {
      std::printf("cost: %s; no GPUs of the fleet cost less than %s (a certificate proves %s)\n",
                  Money(plan_.price).c_str(), Money(plan_.price_bound).c_str(),
                  Money(plan_.price_proven).c_str());
    }
    for (const ServedRate& rate : plan_.rates) std::printf("%s\n", RateText(rate).c_str());
    std::printf("\n%s", DrawText(plan_, {.rows = rows_}).c_str());
    if (report_.repacked) PrintMoves(plan_);
    if (report_.what_if) PrintWhatIf(*report_.what_if);
  }

 private:
  static void PrintModel(const ModelPack& pack, const DeviceModel& model) {
    std::int64_t slices = 0;
    for (const std::int64_t count : pack.load) slices += count;
    std::printf("%s: %lld of %s in use, with %s (%s)\n", pack.model.c_str(),
                static_cast<long long>(pack.in_use), Count(pack.devices, "GPU").c_str(),
                Count(slices, "slice").c_str(), List(model, pack.load).c_str());
    if (pack.added > 0) {
      std::printf("  missing: %s, added below\n", Count(pack.added, "GPU").c_str());
    }
    PrintProof(pack, model);
    std::printf("  cost: %s, of at least %s\n", Money(pack.price).c_str(),
                Money(pack.price_bound).c_str());
    const Fragmentation& lost = pack.fragmentation;
    std::printf(
        "  unused: compute %lld of %lld (%lld at best), memory %lld of %lld (%lld at best)\n",
        static_cast<long long>(lost.unused_compute),
        static_cast<long long>(pack.in_use) * model.compute_slices,
        static_cast<long long>(lost.structural_compute), static_cast<long long>(lost.unused_memory),
        static_cast<long long>(pack.in_use) * model.memory_slices,
        static_cast<long long>(lost.structural_memory));
    PrintRoom(lost, model);
    std::printf("  fragmentation: %.2f\n", lost.index);
  }

  static void PrintProof(const ModelPack& pack, const DeviceModel& model) {
    const std::string proof = ProofText(model, pack);
    if (proof.empty()) return;
    std::printf("  proof: %s\n", proof.c_str());
    const std::int64_t more = pack.in_use - pack.optimum.certificate.devices;
    if (more > 0) {
      std::printf("         (of empty GPUs; here %lld more)\n", static_cast<long long>(more));
    }
  }

  static void PrintRoom(const Fragmentation& lost, const DeviceModel& model) {
    std::string text;
    for (const ProfileRoom& room : lost.room) {
      const SliceProfile& profile = model.profiles[room.profile];
      if (profile.attributes != ProfileAttributes{}) continue;
      text += (text.empty() ? "" : ", ") + std::to_string(room.now) + " x " + profile.name;
      if (room.repacked > room.now) text += " (" + std::to_string(room.repacked) + " if repacked)";
    }
    std::printf("  room: %s\n", text.c_str());
  }

  static void PrintMoves(const PackPlan& plan) {
    for (const ModelPack& pack : plan.models) {
      if (pack.moves == 0) {
        if (!pack.explanation.empty()) {
          std::printf("\n%s: %s\n", pack.model.c_str(), pack.explanation.c_str());
        }
        continue;
      }
      std::printf("\n%s: %s in %s, of at least %lld; GPUs in use %lld -> %lld, %s\n",
                  pack.model.c_str(), Count(pack.moves, "move").c_str(),
                  Count(pack.rounds, "round").c_str(), static_cast<long long>(pack.least_moves),
                  static_cast<long long>(pack.in_use_before), static_cast<long long>(pack.in_use),
                  (Count(pack.spare_devices, "spare GPU") + " in between").c_str());
    }
    for (std::size_t i = 0; i < plan.moves.size(); ++i) {
      const SliceMove& move = plan.moves[i];
      const DeviceModel& model = plan.fleet.model_of(move.to.device);
      std::printf("  %zu. round %d: %s (%s) from %s@%d to %s@%d\n", i + 1, move.round,
                  move.slice.c_str(), model.profiles[move.to.placed.profile].name.c_str(),
                  plan.fleet.device(move.from.device).id.c_str(), move.from.placed.span.start,
                  plan.fleet.device(move.to.device).id.c_str(), move.to.placed.span.start);
    }
  }

  static void PrintWhatIf(const WhatIf& what_if) {
    std::printf("\n%s: ", what_if.question.c_str());
    const std::int64_t without = AddedBy(what_if.kept);
    if (without == 0) {
      std::printf("fits as things are\n");
      return;
    }
    const PackPlan& moved = *what_if.moved;
    const std::int64_t with = AddedBy(moved);
    const std::string moves = Count(static_cast<std::int64_t>(moved.moves.size()), "move");
    if (with == 0) {
      std::printf("fits after %s; without moves it takes %s more\n", moves.c_str(),
                  Count(without, "GPU").c_str());
    } else if (with < without) {
      std::printf("takes %s more and %s; without moves %s more\n", Count(with, "GPU").c_str(),
                  moves.c_str(), Count(without, "GPU").c_str());
    } else {
      std::printf("takes %s more, whatever is moved\n", Count(with, "GPU").c_str());
      return;
    }
    PrintMoves(moved);
  }

  const PackReport& report_;
  const PackPlan& plan_;
  const std::size_t rows_;
};

// No file, but the GPUs of this machine.
constexpr const char* kThisMachine = "nvml";

Result<std::string> ReadText(const std::string& name, const NvmlOptions& nvml) {
  if (name != kThisMachine) return ReadWhole(name);
  Result<std::string> fleet = FleetOfThisMachine(nvml);
  if (!fleet) return Error{fleet.error().code, name + ": " + fleet.error().message};
  return fleet;
}

Result<FleetFiles> ReadFiles(const std::vector<std::string>& names, const NvmlOptions& nvml) {
  std::vector<FileText> texts;
  std::string problems;
  for (const std::string& name : names) {
    const Result<std::string> text = ReadText(name, nvml);
    if (!text) {
      problems += text.error().message + "\n";
    } else {
      texts.push_back({name, *text});
    }
  }
  if (problems.empty()) {
    ParsedFleetFiles parsed = ParseFleetFiles(texts);
    if (parsed.problems.empty()) return std::move(parsed.files);
    for (const ConfigProblem& problem : parsed.problems) problems += problem.ToString() + "\n";
  }
  problems.pop_back();
  return Error{ErrorCode::kInvalidArgument, problems};
}

Result<WhatIf> Ask(const std::string& question, const Fleet& fleet,
                   const std::map<std::string, double>& prices) {
  const auto demand = ParseWhatIf(question, fleet);
  if (!demand) return Error{demand.error().code, "--what-if " + demand.error().message};
  WhatIf what_if{.question = question};
  PackRequest request{.fleet = fleet, .demand = *demand, .prices = prices};
  Result<PackPlan> kept = PlanPack(request);
  if (!kept) return kept.error();
  what_if.kept = *std::move(kept);
  if (AddedBy(what_if.kept) == 0) return what_if;
  request.moves = PackMoves::kToAdmit;
  Result<PackPlan> moved = PlanPack(request);
  if (!moved) return moved.error();
  what_if.moved = *std::move(moved);
  return what_if;
}

Result<PackReport> Answer(const PackOptions& options, const FleetFiles& files) {
  Result<PackPlan> plan = PlanPack({.fleet = files.fleet,
                                    .demand = files.demand,
                                    .moves = options.repack ? PackMoves::kRepack : PackMoves::kNone,
                                    .max_moves = options.max_moves,
                                    .prices = files.prices});
  if (!plan) return plan.error();
  PackReport report{*std::move(plan), options.repack, std::nullopt};
  if (options.what_if.empty()) return report;
  Result<WhatIf> what_if = Ask(options.what_if, report.plan.fleet, files.prices);
  if (!what_if) return what_if.error();
  report.what_if = *std::move(what_if);
  return report;
}

// "2g.10gb@2 2g.10gb@4"
std::string Names(const DeviceModel& model, const std::vector<PlacedSlice>& slices) {
  std::string text;
  for (const PlacedSlice& slice : slices) {
    text += " " + model.profiles[slice.profile].name + "@" + std::to_string(slice.span.start);
  }
  return text;
}

void Write(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintChanges(const Fleet& before, const Fleet& after) {
  const std::vector<DeviceChange> changes = LayoutChanges(before, after);
  for (const DeviceChange& change : changes) {
    const DeviceModel& model = after.model_of(change.device);
    std::string text;
    for (const auto& [word, slices] :
         {std::pair("keep", &change.keep), std::pair("destroy", &change.destroy),
          std::pair("create", &change.create)}) {
      if (!slices->empty()) text += (text.empty() ? "" : "; ") + (word + Names(model, *slices));
    }
    std::printf("%s: %s\n", after.device(change.device).id.c_str(), text.c_str());
  }
  if (changes.empty()) std::printf("nothing changes\n");
}

// A question is drawn with its answer.
const PackPlan& Drawn(const PackReport& report) {
  if (!report.what_if) return report.plan;
  return report.what_if->moved ? *report.what_if->moved : report.what_if->kept;
}

void Print(const PackOptions& options, const FleetFiles& files, const PackReport& report) {
  const PackPlan& drawn = Drawn(report);
  const PictureOptions picture{.rows = options.rows};
  switch (options.format) {
    case PackFormat::kTable:
      return Table(report, options.rows).Print();
    case PackFormat::kChanges:
      return PrintChanges(files.fleet, drawn.fleet);
    case PackFormat::kJson:
      return Write(PackJson(report));
    case PackFormat::kSvg:
      return Write(DrawSvg(drawn, picture));
    case PackFormat::kHtml:
      return Write(DrawHtml(drawn, picture));
    case PackFormat::kMigParted:
      return Write(MigPartedYaml(ToMigParted(drawn.fleet)));
    case PackFormat::kClaims:
      return Write(SliceClaimsYaml(SliceClaims(drawn.fleet)));
  }
}

Status PrintPlan(const PackOptions& options, const FleetFiles& files) {
  const Result<PackReport> report = Answer(options, files);
  if (!report) return report.error();
  Print(options, files, *report);
  std::string missing;
  for (const ModelPack& pack : report->plan.models) {
    if (pack.added == 0) continue;
    missing += (missing.empty() ? "" : "\n") + pack.model + ": the demand takes " +
               Count(pack.added, "GPU") + " more than there are";
  }
  if (!missing.empty()) return Error{ErrorCode::kUnavailable, missing};
  if (!options.apply.apply) return {};
  return ApplyFleet(options.apply, options.nvml, report->plan.fleet);
}

// To what a file of mig-parted says.
Status PrintWay(const PackOptions& options, const FleetFiles& from) {
  std::vector<std::string> names = options.files;
  names.push_back(options.to);
  const Result<FleetFiles> to = ReadFiles(names, options.nvml);
  if (!to) return to.error();
  PrintChanges(from.fleet, to->fleet);
  if (!options.apply.apply) return {};
  return ApplyFleet(options.apply, options.nvml, to->fleet);
}

// What is carried out has to begin with what there is, and is told in words.
Status CheckApply(const PackOptions& options) {
  if (!options.apply.apply) return {};
  if (std::find(options.files.begin(), options.files.end(), kThisMachine) == options.files.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--apply changes the GPUs of this machine, so it needs -f nvml"};
  }
  if (options.format != PackFormat::kTable && options.format != PackFormat::kChanges) {
    return Error{ErrorCode::kInvalidArgument, "--apply goes with the formats table and changes"};
  }
  return {};
}

}  // namespace

std::int64_t AddedBy(const PackPlan& plan) {
  std::int64_t added = 0;
  for (const ModelPack& pack : plan.models) added += pack.added;
  return added;
}

int Pack(const PackOptions& options) {
  if (const Status possible = CheckApply(options); !possible) {
    std::fprintf(stderr, "%s\n", possible.error().message.c_str());
    return 2;
  }
  const Result<FleetFiles> files = ReadFiles(options.files, options.nvml);
  const Status done = !files               ? Status(files.error())
                      : options.to.empty() ? PrintPlan(options, *files)
                                           : PrintWay(options, *files);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return 1;
}

}  // namespace tidegate::scaler
