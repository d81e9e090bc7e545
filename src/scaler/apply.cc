// SPDX-License-Identifier: Apache-2.0
//
// A plan is carried out on the GPUs of this machine: said first, then confirmed, then done.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "scaler/commands.h"
#include "tidegate/clock.h"
#include "tidegate/nvml.h"

namespace tidegate::scaler {

namespace {

// "1234 (python3)"
std::string ProcessText(std::uint32_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

void PrintSteps(const std::vector<NvmlStep>& steps) {
  std::printf("\nOn the GPUs of this machine:\n");
  for (const NvmlStep& step : steps) {
    std::printf("  %s\n", ToString(step).c_str());
    for (const std::uint32_t pid : step.slice.processes) {
      std::printf("    in use by process %s: it has to end first\n", ProcessText(pid).c_str());
    }
  }
  std::fflush(stdout);
}

Status Confirm(const ApplyOptions& options, const std::vector<NvmlStep>& steps) {
  if (!options.allow_reconfigure) {
    return Error{ErrorCode::kPermissionDenied, "nothing is done: --allow-reconfigure is not given"};
  }
  if (options.yes) return {};
  if (isatty(STDIN_FILENO) == 0) {
    return Error{ErrorCode::kPermissionDenied,
                 "nothing is done: there is no terminal to ask on; --yes says it beforehand"};
  }
  std::size_t destroyed = 0;
  for (const NvmlStep& step : steps) destroyed += step.create ? 0 : 1;
  std::printf("%zu of %zu slices are destroyed. Type yes to go on: ", destroyed, steps.size());
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes") return {};
  return Error{ErrorCode::kPermissionDenied, "nothing is done"};
}

// What was done has been said; what was not done is said here.
Error LeftOver(const std::vector<NvmlStep>& steps, const NvmlOutcome& outcome) {
  std::string text = "stopped at: " + ToString(steps[outcome.done]) + ": " +
                     outcome.error->message + "\n" + std::to_string(outcome.done) + " of " +
                     std::to_string(steps.size()) + " done; left:";
  for (std::size_t i = outcome.done; i < steps.size(); ++i) text += "\n  " + ToString(steps[i]);
  return {outcome.error->code, text};
}

}  // namespace

Status ApplyFleet(const ApplyOptions& options, const NvmlOptions& nvml, const Fleet& fleet) {
  const auto driver = NvmlDriver::Open(nvml);
  if (!driver) return driver.error();
  const Result<NvmlInventory> inventory = (*driver)->Read();
  if (!inventory) return inventory.error();
  const Result<std::vector<NvmlStep>> steps = PlanNvmlSteps(*inventory, fleet);
  if (!steps) return steps.error();
  if (steps->empty()) {
    std::printf("\nOn the GPUs of this machine nothing changes.\n");
    return {};
  }
  PrintSteps(*steps);
  if (Status confirmed = Confirm(options, *steps); !confirmed) return confirmed;
  const auto clock = MakeSystemClock();
  const NvmlPatience patience{
      .total = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.wait))};
  const NvmlOutcome outcome =
      CarryOut(*steps, **driver, *clock, patience, [](const NvmlStep& step) {
        std::printf("done: %s\n", ToString(step).c_str());
        std::fflush(stdout);
      });
  if (outcome.error) return LeftOver(*steps, outcome);
  return {};
}

}  // namespace tidegate::scaler
