// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <functional>
#include <limits>
#include <list>
#include <queue>
#include <set>
#include <tuple>

#include "benchmarks/mig/families.h"
#include "benchmarks/mig/side.h"

namespace tidegate::mig_benchmark {
namespace {

constexpr double kMeanStay = 600;  // seconds
constexpr double kNever = std::numeric_limits<double>::infinity();

// When devices are bought and given back; in mean stays, as all times of events.
struct Purchase {
  bool elastic = false;
  double delay = 120 / kMeanStay;  // from the order to the device
  double keep = 60 / kMeanStay;    // empty for so long: given back
};

// Requests in time against one side. Whoever finds no place waits; whenever room appears, those
// who wait are tried in the order of arrival, so a small one may start before a large one.
class Queue {
 public:
  Queue(const Board& board, Side& side, std::size_t devices, const Purchase& purchase)
      : packer_(Packer::Make(board.model).value()),
        board_(board),
        side_(side),
        purchase_(purchase),
        devices_(devices) {
    for (std::size_t d = 0; purchase_.elastic && d < devices; ++d) Close(d);
  }

  void Run(const std::vector<Event>& events) {
    for (const Event& event : events) {
      if (!event.add) continue;  // who waited stays on for longer
      AdvanceTo(event.time);
      now_ = event.time;
      if (!Start(event)) waiting_.push_back(event);
      Order();
    }
    AdvanceTo(kNever);
  }

  /// Seconds of waiting, by request: weighed by compute.
  double MeanWait() const { return kMeanStay * wait_ / asked_; }
  double DeviceHours() const { return kMeanStay / 3600 * device_time_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct DeviceUse {
    bool open = true;
    int slices = 0;
    double opened = 0, empty_since = 0;
  };

  void AdvanceTo(double time) {
    for (;;) {
      const double leave = leaving_.empty() ? kNever : leaving_.top().first;
      const double arrive = ordered_.empty() ? kNever : ordered_.top();
      const double next = std::min(leave, arrive);
      GiveBack(std::min(next, time));
      if (next > time || next == kNever) return;
      now_ = next;
      if (arrive <= leave) {
        ordered_.pop();
        OpenOne();
      } else {
        Leave(leaving_.top().second);
        leaving_.pop();
      }
      StartWaiting();
      Order();
    }
  }

  bool Start(const Event& event) {
    const std::optional<std::size_t> device = side_.Add(event.id, event.kind);
    if (!device) return false;
    ++devices_[*device].slices;
    leaving_.push({now_ + event.stay, event.id});
    wait_ += kCompute[event.kind] * (now_ - event.time);
    asked_ += kCompute[event.kind];
    return true;
  }

  void Leave(std::int64_t id) {
    DeviceUse& device = devices_[side_.Remove(id).value()];
    if (--device.slices == 0) device.empty_since = now_;
  }

  void StartWaiting() {
    bool refused[6] = {};
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      refused[at->kind] = refused[at->kind] || !Start(*at);
      at = refused[at->kind] ? std::next(at) : waiting_.erase(at);
    }
  }

  // Orders what those who wait need at least, beyond what is on its way.
  void Order() {
    if (!purchase_.elastic || waiting_.empty()) return;
    SliceDemand demand(board_.model.profiles.size());
    for (const Event& event : waiting_) ++demand[board_.profile[event.kind]];
    const auto needed = static_cast<std::size_t>(*packer_.MinimumDevices(demand));
    while (ordered_.size() < std::min(needed, closed_.size())) {
      ordered_.push(now_ + purchase_.delay);
    }
  }

  void OpenOne() {
    const std::size_t d = *closed_.begin();
    closed_.erase(closed_.begin());
    devices_[d] = {.open = true, .slices = 0, .opened = now_, .empty_since = now_};
    side_.SetOpen(d, true);
  }

  void Close(std::size_t d) {
    devices_[d].open = false;
    closed_.insert(d);
    side_.SetOpen(d, false);
  }

  void GiveBack(double until) {
    for (std::size_t d = 0; purchase_.elastic && d < devices_.size(); ++d) {
      DeviceUse& device = devices_[d];
      const double end = device.empty_since + purchase_.keep;
      if (!device.open || device.slices > 0 || end > until) continue;
      device_time_ += end - device.opened;
      Close(d);
    }
  }

  using Leaving = std::pair<double, std::int64_t>;
  const Packer packer_;
  const Board& board_;
  Side& side_;
  const Purchase purchase_;
  std::vector<DeviceUse> devices_;
  std::set<std::size_t> closed_;
  std::list<Event> waiting_;
  std::priority_queue<Leaving, std::vector<Leaving>, std::greater<>> leaving_;
  std::priority_queue<double, std::vector<double>, std::greater<>> ordered_;
  double now_ = 0, wait_ = 0, asked_ = 0, device_time_ = 0;
};

// Device-hours if all could be repacked at any moment, and nobody waited.
double LeastDeviceHours(const Board& board, const std::vector<Event>& events) {
  const Packer packer = Packer::Make(board.model).value();
  std::vector<std::tuple<double, int, int>> changes;  // time, kind, by
  for (const Event& event : events) {
    if (!event.add) continue;
    changes.push_back({event.time, event.kind, 1});
    changes.push_back({event.time + event.stay, event.kind, -1});
  }
  std::sort(changes.begin(), changes.end());
  SliceDemand live(board.model.profiles.size());
  double last = 0, sum = 0;
  for (const auto& [time, kind, by] : changes) {
    sum += static_cast<double>(*packer.MinimumDevices(live)) * (time - last);
    last = time;
    live[board.profile[kind]] += by;
  }
  return kMeanStay / 3600 * sum;
}

std::string Head(const Mix& mix, double load) {
  char text[64];
  std::snprintf(text, sizeof text, "%s %.2f", mix.name.c_str(), load);
  return text;
}

// Two baskets have a size that is theirs for good, so they are left out where devices come and go.
void DropBaskets(std::vector<std::unique_ptr<Side>>& sides) {
  std::erase_if(sides, [](const auto& side) { return side->name() == "two baskets (GRMU)"; });
}

}  // namespace

void Queueing(int seeds, std::int64_t requests) {
  const Board board;
  Verdict verdict;
  PrintHead("seconds of waiting", AllSides({.board = &board, .devices = 1, .mix = kMixes[0]}));
  for (const Mix& mix : kMixes) {
    for (const double load : {0.6, 0.7, 0.8}) {
      std::vector<Sample> waits;
      for (int seed = 1; seed <= seeds; ++seed) {
        const auto events = MakeEvents({.mix = &mix,
                                        .load = load,
                                        .devices = 64,
                                        .requests = requests,
                                        .seed = static_cast<std::uint64_t>(seed)});
        const auto sides = AllSides({.board = &board, .devices = 64, .mix = mix});
        waits.resize(sides.size());
        for (std::size_t i = 0; i < sides.size(); ++i) {
          Queue queue(board, *sides[i], 64, {});
          queue.Run(events);
          waits[i].Add(queue.MeanWait());
        }
      }
      verdict.Count(PrintRow(Head(mix, load), waits, false));
    }
  }
  verdict.Print();
}

void Autoscaled(int seeds, std::int64_t requests) {
  const Board board;
  constexpr std::size_t kMost = 256;
  auto names = AllSides({.board = &board, .devices = 1, .mix = kMixes[0]});
  DropBaskets(names);
  PrintHead("what, mix", names, "repacked at any moment");
  for (const Mix& mix : kMixes) {
    std::vector<Sample> hours(names.size()), waits(names.size());
    Sample least;
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto events = MakeEvents({.mix = &mix,
                                      .load = 1,
                                      .devices = 64,
                                      .requests = requests,
                                      .day = 8,
                                      .seed = static_cast<std::uint64_t>(seed)});
      least.Add(LeastDeviceHours(board, events));
      auto sides =
          AllSides({.board = &board, .devices = kMost, .mix = mix, .goal = FleetGoal::kFewDevices});
      DropBaskets(sides);
      for (std::size_t i = 0; i < sides.size(); ++i) {
        Queue queue(board, *sides[i], kMost, {.elastic = true});
        queue.Run(events);
        hours[i].Add(queue.DeviceHours());
        waits[i].Add(queue.MeanWait());
      }
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", least.Mean());
    PrintRow("device-hours, " + mix.name, hours, false, text);
    PrintRow("seconds blocked, " + mix.name, waits, false, "0");
  }
}

}  // namespace tidegate::mig_benchmark
