// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

#include "scaler/commands.h"
#include "tidegate/plan.h"
#include "tidegate/record.h"
#include "tidegate/reporters/journal.h"

namespace tidegate::scaler {

namespace {

void PrintDifference(const WorkloadOutput& recorded, const WorkloadOutput& planned) {
  std::printf("  recorded: %s\n  planned:  %s\n", ToJson(recorded.decision).c_str(),
              ToJson(planned.decision).c_str());
  if (recorded.next != planned.next) std::printf("  and the histories differ\n");
  if (recorded.command != planned.command) std::printf("  and the commands differ\n");
}

}  // namespace

int Replay(const ReplayOptions& options) {
  long ticks = 0;
  long different = 0;
  std::string failure;
  const PolicyRegistry registry = BuiltinPolicies();
  PolicySet policies;
  const Status read = ReadJournal(options.journal, [&](const TickRecord& record) {
    for (const WorkloadInput& workload : record.input.workloads) {
      if (Status added = policies.AddAll(workload.spec, registry); !added) {
        failure = added.error().message;  // it will hold with kNotFound, as it may have then
      }
    }
    const TickOutput planned = PlanTick(record.input, policies);
    ++ticks;
    if (planned == record.output) return Status();
    if (different++ < options.show) {
      std::printf("tick %ld differs\n", ticks);
      for (std::size_t i = 0; i < planned.workloads.size(); ++i) {
        if (planned.workloads[i] != record.output.workloads[i]) {
          PrintDifference(record.output.workloads[i], planned.workloads[i]);
        }
      }
    }
    return Status();
  });
  if (!read) {
    std::fprintf(stderr, "tidegate: %s\n", read.error().message.c_str());
    return 1;
  }
  if (!failure.empty()) std::printf("note: %s\n", failure.c_str());
  std::printf("%ld ticks replayed, %ld different\n", ticks, different);
  if (ticks == 0) std::fprintf(stderr, "tidegate: %s has no ticks\n", options.journal.c_str());
  return ticks > 0 && different == 0 ? 0 : 1;
}

}  // namespace tidegate::scaler
