// SPDX-License-Identifier: Apache-2.0
//
// A C++ service that scales its own workers: it pushes its queue length and asks for a decision.
// No server, no scraping, no thread of Tidegate's.
#include <tidegate/tidegate.h>

#include <chrono>
#include <cstdio>
#include <stop_token>

namespace {

// A clock of the service's own makes this example quick; leave it out for real time.
class StepClock final : public tidegate::Clock {
 public:
  tidegate::TimePoint Now() const override { return now_; }
  bool WaitUntil(tidegate::TimePoint when, std::stop_token /*stop*/) override {
    now_ = when;
    return true;
  }

 private:
  tidegate::TimePoint now_{std::chrono::hours(1)};
};

// [embed]
tidegate::ScalingSpec WorkersSpec() {
  tidegate::MetricSpec queue{.type = tidegate::MetricSourceType::kExternal, .name = "queue_length"};
  queue.target.average_value = 5'000;  // 5 waiting jobs a worker, in thousandths
  tidegate::ScalingSpec spec{.workload = "workers", .max_replicas = 8, .metrics = {queue}};
  spec.hpa.downscale_stabilization = std::chrono::seconds(20);
  return spec;
}
// [embed]

}  // namespace

int main() {
  StepClock clock;
  std::vector<tidegate::Workload> workloads(1);
  workloads[0].spec = WorkersSpec();
  auto controller = tidegate::Controller::Create(std::move(workloads), {.clock = &clock}).value();

  int workers = 1;
  int waiting = 0;
  for (int second = 0; second < 120; ++second) {
    waiting = std::max(0, waiting + (second < 40 ? 12 : 0) - 2 * workers);
    if (!controller->Ingest("queue_length", {}, waiting)) return 1;
    if (!controller->SetReplicas("workers", {workers, workers, {}})) return 1;
    const tidegate::TickOutput tick = controller->Tick();
    const tidegate::Decision& decision = tick.workloads.at(0).decision;
    if (decision.desired != workers) {
      std::printf("%3d s: queue %d -> %d workers  (%s)\n", second, waiting, decision.desired,
                  decision.steps.back().reason.c_str());
    }
    workers = decision.desired;
    clock.WaitUntil(clock.Now() + std::chrono::seconds(1), {});
  }
  return workers == 1 ? 0 : 1;
}
