// SPDX-License-Identifier: Apache-2.0
#include "tidegate/convert.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "scaler/commands.h"

namespace tidegate::scaler {

int Convert(const ConvertCommand& command) {
  std::ifstream file(command.file, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", command.file.c_str());
    return 1;
  }
  const Converted converted = ConvertManifests(text.str(), command.file, command.options);
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
