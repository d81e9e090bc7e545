// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/golden_file.h"

#include <array>
#include <cstdio>

namespace tidegate::golden {

std::string ReadGoldenFile(std::string_view name) {
  const std::string command =
      "gzip -dc '" + std::string(TIDEGATE_SOURCE_DIR "/tests/golden/") + std::string(name) + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  std::array<char, 65536> buffer{};
  for (std::size_t read = 0; (read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    text.append(buffer.data(), read);
  }
  return ::pclose(pipe) == 0 ? text : "";
}

}  // namespace tidegate::golden
