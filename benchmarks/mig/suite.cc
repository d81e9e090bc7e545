// SPDX-License-Identifier: Apache-2.0
//
// The tables of docs/benchmarks.md on packing, placing and repacking slices.
//
//   mig_suite static                            count and layouts: optima, proofs, times
//   mig_suite repack                            compaction: moves against the least, times
//   mig_suite online DEVICES exp|lognormal|drift SEEDS REQUESTS     acceptance by rule
//   mig_suite queue SEEDS REQUESTS              waiting instead of refusing
//   mig_suite autoscale SEEDS REQUESTS          devices are bought and given back
//   mig_suite inflate|gangs FOLDER SEEDS        openb: arrivals only
//   mig_suite replay FOLDER                     openb in time, closer together
//   mig_suite repair SEEDS REQUESTS             one move at most for a request without a place
//   mig_suite latency                           a decision, by number of devices
//   mig_suite events N                          random events against the independent checkers
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "benchmarks/mig/families.h"
#include "benchmarks/mig/side.h"

namespace tidegate::mig_benchmark {
namespace {

using Clock = std::chrono::steady_clock;

double Microseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::micro>(Clock::now() - from).count();
}

// Compute-weighted share of requests that were served.
struct Tally {
  double served = 0, asked = 0;
  void Count(int kind, bool yes) {
    asked += kCompute[kind];
    served += yes ? kCompute[kind] : 0;
  }
  double Percent() const { return 100 * served / asked; }
};

double Served(Side& side, const std::vector<Event>& events) {
  Tally tally;
  for (const Event& event : events) {
    if (event.add) {
      tally.Count(event.kind, side.Add(event.id, event.kind).has_value());
    } else {
      (void)side.Remove(event.id);
    }
  }
  return tally.Percent();
}

struct Repaired {
  double percent = 0;
  std::int64_t moves = 0, refused = 0;
};

// Tidegate's placer; with `repair`, a request without a place may move one slice.
Repaired RunPlacer(const Board& board, const std::vector<Event>& events, std::size_t devices,
                   bool repair) {
  tidegate::Fleet fleet = MakeFleet(board, devices);
  const std::unique_ptr<Placer> placer = MakePlacer();
  Tally tally;
  Repaired out;
  for (const Event& event : events) {
    const std::string id = std::to_string(event.id);
    if (!event.add) {
      (void)fleet.RemoveSlice(id);
      continue;
    }
    const SliceRequest request{.id = id, .profile = kNames[event.kind]};
    (void)fleet.RecordDemand(request.profile);
    std::optional<Spot> spot = placer->Choose(fleet, request);
    if (!spot && repair) {
      RepackRequest repack;
      repack.admit.push_back(request);
      const Result<RepackPlan> plan = PlanRepack(fleet, repack);
      if (plan && plan->moves.size() == 1) {
        const SliceMove& move = plan->moves[0];
        (void)fleet.RemoveSlice(move.slice);
        (void)fleet.AddSlice(
            {.id = move.slice, .device = move.to.device, .placed = move.to.placed});
        spot = plan->placed[0].spot;
        ++out.moves;
      }
    }
    tally.Count(event.kind, spot.has_value());
    out.refused += spot ? 0 : 1;
    if (spot) (void)fleet.AddSlice({.id = id, .device = spot->device, .placed = spot->placed});
  }
  out.percent = tally.Percent();
  return out;
}

// Serves whatever would fit after a full repack.
double RunOracle(const Board& board, const std::vector<Event>& events, std::size_t devices) {
  const Packer packer = Packer::Make(board.model).value();
  SliceDemand live(board.model.profiles.size());
  std::map<std::int64_t, int> running;
  Tally tally;
  for (const Event& event : events) {
    if (!event.add) {
      const auto at = running.find(event.id);
      if (at == running.end()) continue;
      --live[board.profile[at->second]];
      running.erase(at);
      continue;
    }
    std::int64_t& count = live[board.profile[event.kind]];
    ++count;
    const bool fits = *packer.MinimumDevices(live) <= static_cast<std::int64_t>(devices);
    tally.Count(event.kind, fits);
    if (fits) {
      running[event.id] = event.kind;
    } else {
      --count;
    }
  }
  return tally.Percent();
}

// One cell of a table: a mix at a load, over the seeds.
struct Cell {
  std::vector<Sample> served;  // by side
  Sample refusing, oracle;
};

Cell RunCell(const Board& board, const EventOptions& options, int seeds) {
  const SideOptions fleet{.board = &board, .devices = options.devices, .mix = *options.mix};
  Cell cell;
  for (int seed = 1; seed <= seeds; ++seed) {
    EventOptions stream = options;
    stream.seed = static_cast<std::uint64_t>(seed);
    const std::vector<Event> events = MakeEvents(stream);
    const auto sides = AllSides(fleet);
    cell.served.resize(sides.size());
    for (std::size_t i = 0; i < sides.size(); ++i) cell.served[i].Add(Served(*sides[i], events));
    cell.refusing.Add(Served(*RefusingSide(fleet), events));
    cell.oracle.Add(RunOracle(board, events, options.devices));
  }
  return cell;
}

void Online(std::size_t devices, const std::string& family, int seeds, std::int64_t requests) {
  const Board board;
  PrintHead("mix, load", AllSides({.board = &board, .devices = 1, .mix = kMixes[0]}),
            "when it may refuse | against the best rule | repack oracle");
  Verdict verdict, refusing;
  for (const Mix& mix : kMixes) {
    for (const double load : {0.5, 0.7, 0.85, 1.0, 1.2}) {
      EventOptions options{.mix = &mix, .load = load, .devices = devices, .requests = requests};
      if (family == "lognormal") options.stay = Stay::kLognormal;
      if (family == "drift") {
        options.night = &kMixes[(&mix - kMixes.data() + 1) % 6];
        options.day = 8;
      }
      const Cell cell = RunCell(board, options, seeds);
      const Comparison comparison = AgainstBestRule(cell.served, cell.refusing, true);
      char head[64], tail[96];
      std::snprintf(head, sizeof head, "%s %.2f", mix.name.c_str(), load);
      std::snprintf(tail, sizeof tail, "%.2f | %s | %.2f", cell.refusing.Mean(),
                    comparison.text().c_str(), cell.oracle.Mean());
      verdict.Count(PrintRow(head, cell.served, true, tail));
      refusing.Count(comparison.outcome);
    }
  }
  verdict.Print();
  std::printf("\nwhen it may refuse:\n");
  refusing.Print();
}

void Repair(int seeds, std::int64_t requests) {
  const Board board;
  std::printf(
      "| mix, load | no move | at most one move a request | repack oracle | gap closed | "
      "moves a refused request |\n|---|---|---|---|---|---|\n");
  double gap_sum = 0, closed_sum = 0;
  for (const Mix& mix : kMixes) {
    for (const double load : {0.85, 1.0, 1.2}) {
      Sample plain, repaired, oracle;
      std::int64_t moves = 0, refused = 0;
      for (int seed = 1; seed <= seeds; ++seed) {
        const auto events = MakeEvents({.mix = &mix,
                                        .load = load,
                                        .devices = 64,
                                        .requests = requests,
                                        .seed = static_cast<std::uint64_t>(seed)});
        const Repaired none = RunPlacer(board, events, 64, false);
        const Repaired one = RunPlacer(board, events, 64, true);
        plain.Add(none.percent);
        repaired.Add(one.percent);
        oracle.Add(RunOracle(board, events, 64));
        moves += one.moves;
        refused += none.refused;
      }
      const double gap = oracle.Mean() - plain.Mean();
      const double closed = repaired.Mean() - plain.Mean();
      gap_sum += gap;
      closed_sum += closed;
      std::printf("| %s %.2f | %.2f | %.2f | %.2f | %.0f %% | %.2f |\n", mix.name.c_str(), load,
                  plain.Mean(), repaired.Mean(), oracle.Mean(), gap > 0 ? 100 * closed / gap : 100,
                  refused > 0 ? static_cast<double>(moves) / static_cast<double>(refused) : 0);
      std::fflush(stdout);
    }
  }
  std::printf("\nof all gaps together %.0f %% closed\n", 100 * closed_sum / gap_sum);
}

void Static() {
  const Board board;
  const Packer packer = Packer::Make(board.model).value();
  std::mt19937_64 random(1);
  std::int64_t instances = 0, proven = 0, checked = 0;
  double count_us = 0, emit_us = 0;
  for (int round = 0; round < 179; ++round) {
    for (const Mix& mix : kMixes) {
      for (const std::int64_t size : {5, 20, 100, 1000, 10000}) {
        SliceDemand demand(board.model.profiles.size());
        double sum = 0;
        for (const double weight : mix.weight) sum += weight;
        for (std::int64_t i = 0; i < std::min<std::int64_t>(size, 1000); ++i) {
          double draw = static_cast<double>(random() >> 11U) * 0x1.0p-53 * sum;
          int kind = 0;
          while (kind < 5 && draw >= mix.weight[kind]) draw -= mix.weight[kind++];
          ++demand[board.profile[kind]];
        }
        for (int k = 0; size == 10000 && k < 6; ++k) {
          demand[board.profile[k]] =
              mix.weight[k] > 0 ? static_cast<std::int64_t>(random() % 10000) : 0;
        }
        const auto start = Clock::now();
        for (int i = 0; i < 100; ++i) (void)packer.MinimumDevices(demand);
        count_us += Microseconds(start) / 100;
        const auto emit = Clock::now();
        const Packing packing = packer.Optimum(demand).value();
        emit_us += Microseconds(emit);
        ++instances;
        proven += packing.proven ? 1 : 0;
        checked += CheckPacking(board.model, demand, packing) ? 1 : 0;
      }
    }
  }
  std::printf(
      "%lld random demands of R1-R6: %lld proven, %lld pass the checker; "
      "count %.3f µs, layouts with proof %.1f µs, in the mean\n",
      static_cast<long long>(instances), static_cast<long long>(proven),
      static_cast<long long>(checked), count_us / static_cast<double>(instances),
      emit_us / static_cast<double>(instances));
}

// Twelve draws of the mix a device, each at a random legal start, each slice kept by chance.
tidegate::Fleet Fragmented(const Board& board, std::size_t devices, const Mix& mix, double keep,
                           std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11U) * 0x1.0p-53; };
  double sum = 0;
  for (const double weight : mix.weight) sum += weight;
  tidegate::Fleet fleet = MakeFleet(board, devices);
  for (std::size_t d = 0; d < devices; ++d) {
    int state = Geometry::kEmptyState;
    for (int draw = 0; draw < 12; ++draw) {
      double at = uniform() * sum;
      int kind = 0;
      while (kind < 5 && at >= mix.weight[kind]) at -= mix.weight[kind++];
      std::vector<std::size_t> legal;
      const auto [first, last] = board.geometry.OptionsOf(board.profile[kind]);
      for (std::size_t o = first; o < last; ++o) {
        if (board.geometry.Add(state, o) != Geometry::kNone) legal.push_back(o);
      }
      if (!legal.empty()) state = board.geometry.Add(state, legal[random() % legal.size()]);
    }
    for (std::size_t o = 0; o < board.geometry.options().size(); ++o) {
      if ((board.geometry.set(state) >> o & 1U) == 0 || uniform() >= keep) continue;
      const SlotOption& option = board.geometry.options()[o];
      (void)fleet.AddSlice({.id = std::to_string(d) + "@" + std::to_string(option.span.start),
                            .device = d,
                            .placed = {option.profile, option.span}});
    }
  }
  return fleet;
}

void RepackTable() {
  const Board board;
  std::printf(
      "| devices | mix | slices | in use -> after | moves | least | rounds | spare | ms |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  const RepackRequest request{.fewest_devices = true};
  for (const std::size_t devices : {8UL, 64UL, 100UL, 1000UL, 10000UL}) {
    for (const std::size_t mix : {0UL, 1UL, 3UL}) {
      const tidegate::Fleet fleet =
          Fragmented(board, devices, kMixes[mix], mix == 0 ? 0.6 : 0.5, 1);
      double best_ms = 1e9;
      Result<RepackPlan> plan = PlanRepack(fleet, request);
      for (int i = 0; i < 3; ++i) {
        const auto start = Clock::now();
        plan = PlanRepack(fleet, request);
        best_ms = std::min(best_ms, Microseconds(start) / 1000);
      }
      if (!plan || !CheckRepack(fleet, request, *plan)) {
        std::printf("| %zu | %s | no valid plan |\n", devices, kMixes[mix].name.c_str());
        continue;
      }
      std::printf("| %zu | %s | %zu | %lld -> %lld | %zu | %lld | %d | %d | %.1f |\n", devices,
                  kMixes[mix].name.c_str(), fleet.slice_count(),
                  static_cast<long long>(plan->devices_before),
                  static_cast<long long>(plan->devices_after), plan->moves.size(),
                  static_cast<long long>(plan->least_moves), plan->rounds, plan->spare_devices,
                  best_ms);
      std::fflush(stdout);
    }
  }
}

void Latency() {
  const Board board;
  std::printf(
      "| devices | requests | decision p50 µs | p99 | max | with recording the demand p50 | p99 | "
      "max "
      "|\n|---|---|---|---|---|---|---|---|\n");
  const std::unique_ptr<Placer> placer = MakePlacer();
  for (const std::size_t devices : {64UL, 1000UL, 10000UL}) {
    const std::int64_t requests = static_cast<std::int64_t>(devices) * 4 + 20000;
    const auto events =
        MakeEvents({.mix = &kMixes[1], .load = 1, .devices = devices, .requests = requests});
    tidegate::Fleet fleet = MakeFleet(board, devices);
    std::vector<double> decide, both;
    for (const Event& event : events) {
      const std::string id = std::to_string(event.id);
      if (!event.add) {
        (void)fleet.RemoveSlice(id);
        continue;
      }
      const SliceRequest request{.id = id, .profile = kNames[event.kind]};
      const auto start = Clock::now();
      (void)fleet.RecordDemand(request.profile);
      const auto chosen = Clock::now();
      const std::optional<Spot> spot = placer->Choose(fleet, request);
      decide.push_back(Microseconds(chosen));
      both.push_back(Microseconds(start));
      if (spot) (void)fleet.AddSlice({.id = id, .device = spot->device, .placed = spot->placed});
    }
    std::printf("| %zu | 20000 |", devices);
    for (std::vector<double>* times : {&decide, &both}) {
      times->erase(times->begin(), times->end() - 20000);  // once the fleet is full
      std::sort(times->begin(), times->end());
      std::printf(" %.2f | %.2f | %.2f |", (*times)[10000], (*times)[19800], times->back());
    }
    std::printf("\n");
  }
}

// Random events, every placement and every plan judged by the independent checkers.
void RandomEvents(std::int64_t events) {
  std::int64_t placed = 0, plans = 0, moves = 0, invalid = 0, done = 0;
  std::mt19937_64 random(1);
  for (std::size_t m = 0; done < events; m = (m + 1) % DeviceModels().size()) {
    const DeviceModel& model = DeviceModels()[m];
    if (model.memory_slices == 0) continue;
    tidegate::Fleet fleet;
    (void)fleet.AddModel(model);
    for (int d = 0; d < 12; ++d)
      (void)fleet.AddDevice({.id = std::to_string(d), .model = model.id});
    const std::unique_ptr<Placer> placer = MakePlacer();
    std::vector<std::string> live;
    for (int i = 0; i < 20000 && done < events; ++i, ++done) {
      if (!live.empty() && random() % 5 < 2) {
        std::swap(live[random() % live.size()], live.back());
        (void)fleet.RemoveSlice(live.back());
        live.pop_back();
        continue;
      }
      const SliceRequest request{.id = std::to_string(i),
                                 .profile = model.profiles[random() % model.profiles.size()].name};
      (void)fleet.RecordDemand(request.profile);
      if (random() % 500 == 0) {
        RepackRequest repack;
        repack.admit.push_back(request);
        repack.fewest_devices = random() % 2 == 0;
        const Result<RepackPlan> plan = PlanRepack(fleet, repack);
        if (!plan) continue;
        ++plans;
        moves += static_cast<std::int64_t>(plan->moves.size());
        invalid += CheckRepack(fleet, repack, *plan) ? 0 : 1;
        continue;
      }
      const std::optional<Spot> spot = placer->Choose(fleet, request);
      if (!spot) continue;
      std::vector<PlacedSlice> layout = {spot->placed};
      for (const Slice& slice : fleet.slices(spot->device)) layout.push_back(slice.placed);
      invalid += CheckLayout(model, layout) ? 0 : 1;
      (void)fleet.AddSlice({.id = request.id, .device = spot->device, .placed = spot->placed});
      live.push_back(request.id);
      ++placed;
    }
  }
  std::printf(
      "%lld random events on every board: %lld placements, %lld plans with %lld moves, "
      "%lld invalid\n",
      static_cast<long long>(done), static_cast<long long>(placed), static_cast<long long>(plans),
      static_cast<long long>(moves), static_cast<long long>(invalid));
}

}  // namespace
}  // namespace tidegate::mig_benchmark

int main(int argc, char** argv) {
  using namespace tidegate::mig_benchmark;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "static") {
    Static();
  } else if (what == "repack") {
    RepackTable();
  } else if (what == "latency") {
    Latency();
  } else if (what == "events" && argc == 3) {
    RandomEvents(std::atoll(argv[2]));
  } else if (what == "online" && argc == 6) {
    Online(std::strtoul(argv[2], nullptr, 10), argv[3], std::atoi(argv[4]), std::atoll(argv[5]));
  } else if (what == "queue" && argc == 4) {
    Queueing(std::atoi(argv[2]), std::atoll(argv[3]));
  } else if (what == "autoscale" && argc == 4) {
    Autoscaled(std::atoi(argv[2]), std::atoll(argv[3]));
  } else if (what == "inflate" && argc == 4) {
    (void)Inflate(argv[2], std::atoi(argv[3]));
  } else if (what == "gangs" && argc == 4) {
    (void)Gangs(argv[2], std::atoi(argv[3]));
  } else if (what == "replay" && argc == 3) {
    (void)ReplayTrace(argv[2]);
  } else if (what == "repair" && argc == 4) {
    Repair(std::atoi(argv[2]), std::atoll(argv[3]));
  } else {
    std::fprintf(
        stderr,
        "usage: mig_suite static | repack | latency | events N | online DEVICES "
        "exp|lognormal|drift SEEDS REQUESTS | repair SEEDS REQUESTS | queue SEEDS REQUESTS | "
        "autoscale SEEDS REQUESTS | inflate FOLDER SEEDS | gangs FOLDER SEEDS | "
        "replay FOLDER\n");
    return 2;
  }
  return 0;
}
