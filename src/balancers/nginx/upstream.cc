// SPDX-License-Identifier: Apache-2.0
#include "balancers/nginx/upstream.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace tidegate {
namespace {

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

bool IsMadeOf(std::string_view text, std::string_view punctuation) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || punctuation.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string ServerLine(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  std::string line = "  server " + (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
                     std::to_string(endpoint.port);
  // Whoever fails is left out for a moment only: who comes and who goes is decided elsewhere.
  line += " max_fails=1 fail_timeout=1s";
  if (endpoint.weight < 1) line += " down";
  if (endpoint.weight > 1) line += " weight=" + std::to_string(endpoint.weight);
  line += ";";
  return IsMadeOf(endpoint.replica, "._-/") ? line + "  # " + endpoint.replica + "\n" : line + "\n";
}

}  // namespace

Status CheckNginxOptions(const NginxOptions& options) {
  if (!IsMadeOf(options.upstream, "._-")) {
    return Invalid("upstream: must be made of letters, digits, \".\", \"_\" and \"-\", got \"" +
                   options.upstream + "\"");
  }
  if (options.upstream_file.empty()) return Invalid("upstreamFile: is missing");
  if (options.pid_file.empty()) return Invalid("pidFile: is missing");
  if (options.program.empty()) return Invalid("program: is missing");
  if (!options.method.empty() && !IsMadeOf(options.method, " _-=.$")) {
    return Invalid("method: must be one directive, such as least_conn, got \"" + options.method +
                   "\"");
  }
  if (options.keepalive < 0) {
    return Invalid("keepalive: must not be negative, got " + std::to_string(options.keepalive));
  }
  if (options.min_reload_interval < Duration::zero()) {
    return Invalid("minReloadInterval: must not be negative");
  }
  return {};
}

Result<std::string> UpstreamText(const NginxOptions& options, std::span<const Endpoint> endpoints) {
  std::vector<Endpoint> sorted(endpoints.begin(), endpoints.end());
  std::sort(sorted.begin(), sorted.end());
  // `zone`: all workers count connections together.
  std::string text = "# Written by Tidegate; changes are lost.\nupstream " + options.upstream +
                     " {\n  zone " + options.upstream + " 512k;\n";
  if (!options.method.empty()) text += "  " + options.method + ";\n";
  for (const Endpoint& endpoint : sorted) {
    if (!IsMadeOf(endpoint.host, ".:-_") || endpoint.port == 0) {
      return Invalid("endpoint " + endpoint.replica + ": \"" + endpoint.host + ":" +
                     std::to_string(endpoint.port) + "\" is not an address");
    }
    text += ServerLine(endpoint);
  }
  if (sorted.empty()) text += "  server 127.0.0.1:1 down;  # nobody: an upstream needs a line\n";
  if (options.keepalive > 0) text += "  keepalive " + std::to_string(options.keepalive) + ";\n";
  return text + "}\n";
}

}  // namespace tidegate
