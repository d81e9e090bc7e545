// SPDX-License-Identifier: Apache-2.0
//
// What a controller of one workload reported last.
#pragma once

#include <vector>

#include "tidegate/decision.h"
#include "tidegate/observation.h"
#include "tidegate/reporter.h"
#include "tidegate/source.h"

namespace tidegate::testing {

/// Keeps the last tick.
class Watcher final : public Reporter {
 public:
  struct Seen {
    std::vector<Reading> readings;
    Decision decision;
    std::vector<TargetState> targets;
  };
  explicit Watcher(Seen& seen) : seen_(seen) {}
  void OnTick(const TickReport& report) override {
    seen_ = {report.input.workloads.at(0).readings, report.output.workloads.at(0).decision,
             report.targets.at(0)};
  }

 private:
  Seen& seen_;
};

}  // namespace tidegate::testing
