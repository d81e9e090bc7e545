// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <limits>
#include <random>
#include <string_view>

#include "benchmarks/mig/families.h"
#include "benchmarks/mig/side.h"

namespace tidegate::mig_benchmark {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kDeviceCompute = 7;

struct Pod {
  int devices = 1;
  int milli = 1000;  // of each device
  double created = 0, deleted = kNever;
};

// The trace knows no slices: which one serves a share of a GPU is a convention, and moves the
// results by a quarter.
struct Mapping {
  const char* name;
  int limit[4];  // up to so many thousandths: 1g, 2g, 3g, 4g
};
constexpr Mapping kMappings[] = {{"ceil", {142, 285, 428, 571}}, {"nearest", {213, 356, 499, 785}}};

int KindOf(const Mapping& mapping, const Pod& pod) {
  constexpr int kKinds[4] = {5, 3, 2, 1};
  for (int i = 0; i < 4; ++i) {
    if (pod.milli <= mapping.limit[i]) return kKinds[i];
  }
  return 0;
}

bool Fractional(const Pod& pod) { return pod.devices == 1 && pod.milli < 1000; }

std::vector<std::vector<std::string>> ReadCsv(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> row;
    for (std::size_t start = 0; start != std::string::npos;) {
      const std::size_t comma = line.find(',', start);
      row.push_back(line.substr(start, comma - start));
      start = comma == std::string::npos ? comma : comma + 1;
    }
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) rows.erase(rows.begin());  // the header
  return rows;
}

double Number(std::string_view text, double missing) {
  double value = missing;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// GPU pods in the order of creation; empty: there is no trace there.
std::vector<Pod> ReadPods(const std::string& folder, const std::string& list) {
  std::vector<Pod> pods;
  for (const std::vector<std::string>& row : ReadCsv(folder + "/openb_pod_list_" + list + ".csv")) {
    const Pod pod{.devices = static_cast<int>(Number(row[3], 0)),
                  .milli = static_cast<int>(Number(row[4], 0)),
                  .created = Number(row[8], 0),
                  .deleted = Number(row[9], kNever)};
    if (pod.devices > 0) pods.push_back(pod);
  }
  std::stable_sort(pods.begin(), pods.end(),
                   [](const Pod& a, const Pod& b) { return a.created < b.created; });
  if (pods.empty()) {
    std::printf(
        "skipped: no openb trace in \"%s\"; it is alibaba/clusterdata, "
        "cluster-trace-gpu-v2023/csv\n",
        folder.c_str());
  }
  return pods;
}

Mix MixOf(const std::vector<Pod>& pods, const Mapping& mapping) {
  Mix mix{.name = mapping.name, .weight = {}};
  for (const Pod& pod : pods) mix.weight[KindOf(mapping, pod)] += pod.devices;
  return mix;
}

// Fleet compute that nobody has, in percent, each time the arrived load passes one of `marks`
// (percent of the fleet). Pods are drawn with replacement; nobody leaves.
std::vector<double> FillUp(Side& side, const std::vector<Pod>& pods, const Mapping& mapping,
                           double capacity, const std::vector<double>& marks, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> unallocated;
  double arrived = 0, placed = 0;
  for (std::int64_t id = 0; unallocated.size() < marks.size(); ++id) {
    const Pod& pod = pods[random() % pods.size()];
    const int kind = KindOf(mapping, pod);
    const double compute = kCompute[kind] * pod.devices;
    arrived += compute;
    const bool yes =
        pod.devices > 1 ? side.AddGang(id, pod.devices) : side.Add(id, kind).has_value();
    placed += yes ? compute : 0;
    while (unallocated.size() < marks.size() &&
           100 * arrived >= marks[unallocated.size()] * capacity) {
      unallocated.push_back(100 * (1 - placed / capacity));
    }
  }
  return unallocated;
}

void InflateRows(const Board& board, const std::vector<Pod>& pods,
                 const std::vector<std::string>& nodes, std::size_t devices, int seeds) {
  const std::vector<double> marks = {80, 90, 100, 110, 120, 130};
  for (const Mapping& mapping : kMappings) {
    std::vector<std::vector<Sample>> rows(marks.size());
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto sides = AllSides(
          {.board = &board, .devices = devices, .mix = MixOf(pods, mapping), .nodes = nodes});
      for (std::size_t i = 0; i < sides.size(); ++i) {
        const std::vector<double> at =
            FillUp(*sides[i], pods, mapping, kDeviceCompute * static_cast<double>(devices), marks,
                   static_cast<std::uint64_t>(seed));
        for (std::size_t m = 0; m < marks.size(); ++m) {
          rows[m].resize(sides.size());
          rows[m][i].Add(at[m]);
        }
      }
    }
    for (std::size_t m = 0; m < marks.size(); ++m) {
      PrintRow(std::to_string(devices) + " devices, " + mapping.name + ", " +
                   std::to_string(static_cast<int>(marks[m])) + " %",
               rows[m], false);
    }
  }
}

// Pods in the order of the trace, one each `gap` seconds, with lifetimes as they are, until the
// last has come. (With the trace's own bursts, thousands of pods meet a full fleet at once, and
// every rule refuses nine in ten.)
std::vector<Event> Evenly(const std::vector<Pod>& pods, const Mapping& mapping, double gap) {
  std::vector<Event> events;
  const double end = gap * static_cast<double>(pods.size());
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    const double start = gap * static_cast<double>(i + 1);
    const double stay = pods[i].deleted - pods[i].created;
    events.push_back({true, id, KindOf(mapping, pods[i]), start, stay});
    if (start + stay <= end) events.push_back({false, id, 0, start + stay, 0});
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::pair(a.time, a.add) < std::pair(b.time, b.add);
  });
  return events;
}

double MeanLoad(const std::vector<Event>& events, std::size_t devices) {
  const double end = events.back().time;
  double sum = 0;
  for (const Event& event : events) {
    if (event.add) sum += kCompute[event.kind] * std::min(event.stay, end - event.time);
  }
  return sum / (end * kDeviceCompute * static_cast<double>(devices));
}

// The gap at which the mean load offered is as wanted: it falls as the gap grows.
double GapFor(const std::vector<Pod>& pods, const Mapping& mapping, std::size_t devices,
              double load) {
  double low = 1e-3, high = 1e6;
  for (int i = 0; i < 60; ++i) {
    const double gap = std::sqrt(low * high);
    (MeanLoad(Evenly(pods, mapping, gap), devices) > load ? low : high) = gap;
  }
  return high;
}

double ServedPercent(Side& side, const std::vector<Event>& events) {
  double served = 0, asked = 0;
  for (const Event& event : events) {
    if (!event.add) {
      (void)side.Remove(event.id);
      continue;
    }
    asked += kCompute[event.kind];
    if (side.Add(event.id, event.kind)) served += kCompute[event.kind];
  }
  return 100 * served / asked;
}

}  // namespace

bool Inflate(const std::string& folder, int seeds) {
  std::vector<Pod> pods = ReadPods(folder, "default");
  if (pods.empty()) return false;
  std::erase_if(pods, [](const Pod& pod) { return !Fractional(pod); });
  const Board board;
  PrintHead("unallocated compute %, at arrived load",
            AllSides({.board = &board, .devices = 1, .mix = kMixes[0]}));
  for (const std::size_t devices : {64UL, 1213UL}) InflateRows(board, pods, {}, devices, seeds);
  return true;
}

bool Gangs(const std::string& folder, int seeds) {
  const std::vector<Pod> pods = ReadPods(folder, "default");
  if (pods.empty()) return false;
  std::vector<std::string> nodes;
  for (const auto& row : ReadCsv(folder + "/openb_node_list_gpu_node.csv")) {
    nodes.insert(nodes.end(), static_cast<std::size_t>(Number(row[3], 0)), row[0]);
  }
  const Board board;
  PrintHead("unallocated compute %, at arrived load",
            AllSides({.board = &board, .devices = 1, .mix = kMixes[0]}));
  InflateRows(board, pods, nodes, nodes.size(), seeds);
  return true;
}

bool ReplayTrace(const std::string& folder) {
  const Board board;
  if (ReadPods(folder, "default").empty()) return false;
  PrintHead("served compute %", AllSides({.board = &board, .devices = 1, .mix = kMixes[0]}),
            "when it may refuse");
  for (const char* const list : {"default", "gpushare40", "gpushare100"}) {
    std::vector<Pod> pods = ReadPods(folder, list);
    std::erase_if(pods, [](const Pod& pod) { return !Fractional(pod); });
    for (const Mapping& mapping : kMappings) {
      for (const std::size_t devices : {8UL, 64UL}) {
        for (const double load : {0.85, 1.0}) {
          const std::vector<Event> events =
              Evenly(pods, mapping, GapFor(pods, mapping, devices, load));
          const SideOptions fleet{.board = &board, .devices = devices, .mix = MixOf(pods, mapping)};
          const auto sides = AllSides(fleet);
          std::vector<Sample> served(sides.size());
          for (std::size_t i = 0; i < sides.size(); ++i) {
            served[i].Add(ServedPercent(*sides[i], events));
          }
          char head[96], tail[32];
          std::snprintf(head, sizeof head, "%s, %s, %zu devices, %.2f", list, mapping.name, devices,
                        load);
          std::snprintf(tail, sizeof tail, "%.2f", ServedPercent(*RefusingSide(fleet), events));
          PrintRow(head, served, true, tail);
        }
      }
    }
  }
  return true;
}

}  // namespace tidegate::mig_benchmark
