// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "os/whole_file.h"
#include "scaler/commands.h"
#include "tidegate/config.h"

namespace tidegate::scaler {

int Validate(const ValidateOptions& options) {
  bool valid = true;
  for (const std::string& name : options.files) {
    const Result<std::string> text = ReadWhole(name);
    if (!text) {
      std::fprintf(stderr, "%s\n", text.error().message.c_str());
      valid = false;
      continue;
    }
    const ParsedConfig parsed = ParseConfig(*text, name);
    for (const ConfigProblem& problem : parsed.problems) {
      std::fprintf(stderr, "%s\n", problem.ToString().c_str());
    }
    if (!parsed.problems.empty()) {
      valid = false;
      continue;
    }
    std::printf("%s: ok, workloads:", name.c_str());
    for (const Autoscaler& autoscaler : parsed.config.autoscalers) {
      std::printf(" %s", autoscaler.spec.workload.c_str());
    }
    if (!parsed.config.scrape_configs.empty()) std::printf(", jobs:");
    for (const ScrapeConfig& job : parsed.config.scrape_configs) {
      std::printf(" %s", job.job_name.c_str());
    }
    std::printf("\n");
    if (options.dump) std::printf("%s", DumpConfig(parsed.config).c_str());
  }
  return valid ? 0 : 1;
}

}  // namespace tidegate::scaler
