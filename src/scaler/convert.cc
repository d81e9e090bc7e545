// SPDX-License-Identifier: Apache-2.0
#include "tidegate/convert.h"

#include <cstdio>

#include "os/whole_file.h"
#include "scaler/commands.h"

namespace tidegate::scaler {

int Convert(const ConvertCommand& command) {
  const Result<std::string> text = ReadWhole(command.file);
  if (!text) {
    std::fprintf(stderr, "%s\n", text.error().message.c_str());
    return 1;
  }
  const Converted converted = ConvertManifests(*text, command.file, command.options);
  for (const ConfigProblem& problem : converted.problems) {
    std::fprintf(stderr, "%s\n", problem.ToString().c_str());
  }
  if (!converted.problems.empty()) return 1;
  for (const ConfigProblem& loss : converted.losses) {
    std::fprintf(stderr, "%s\n", loss.ToString().c_str());
  }
  std::printf("%s", converted.text.c_str());
  return 0;
}

}  // namespace tidegate::scaler
