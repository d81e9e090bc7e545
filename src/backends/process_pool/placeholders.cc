// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/placeholders.h"

namespace tidegate {
namespace {

constexpr std::string_view kReplica = "{replica}";
constexpr std::string_view kIndex = "{index}";
constexpr std::string_view kPort = "{port:";

}  // namespace

Result<std::string> ExpandPlaceholders(std::string_view text, const PlaceholderValues& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    if (text.starts_with(kReplica)) {
      out += values.replica;
      text.remove_prefix(kReplica.size());
    } else if (text.starts_with(kIndex)) {
      out += std::to_string(values.index);
      text.remove_prefix(kIndex.size());
    } else if (text.starts_with(kPort) && text.find('}') != std::string_view::npos) {
      const std::size_t close = text.find('}');
      const std::string name(text.substr(kPort.size(), close - kPort.size()));
      const auto port = values.ports.find(name);
      if (port == values.ports.end()) {
        return Error{ErrorCode::kInvalidArgument, "{port:" + name + "}: no such port"};
      }
      out += std::to_string(port->second);
      text.remove_prefix(close + 1);
    } else {
      out += '{';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace tidegate
