// SPDX-License-Identifier: Apache-2.0
#include "serve/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cctype>
#include <charconv>
#include <optional>

namespace tidegate::serve {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::optional<std::uint32_t> ParseIpv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool IsIpLiteral(const std::string& text) {
  in6_addr address{};
  return ParseIpv4(text) || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

Error BadAddress(std::string_view text, std::string_view why) {
  return {ErrorCode::kInvalidArgument,
          "admin address \"" + std::string(text) + "\": " + std::string(why)};
}

/// The host of a Host header; empty if it is malformed.
std::string HostOf(std::string_view header) {
  if (header.empty()) return {};
  std::string_view port;
  std::string_view host = header;
  if (header.front() == '[') {
    const std::size_t end = header.find(']');
    if (end == std::string_view::npos) return {};
    host = header.substr(1, end - 1);
    port = header.substr(end + 1);
  } else if (const std::size_t colon = header.find(':'); colon != std::string_view::npos) {
    host = header.substr(0, colon);
    port = header.substr(colon);
  }
  if (!port.empty() &&
      (port.front() != ':' || port.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    return {};
  }
  return Lower(host);
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return BadAddress(text, "want HOST:PORT, such as 127.0.0.1:9464");
  }
  ListenAddress address;
  address.host = Lower(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return BadAddress(text, "the port must be a number from 0 to 65535");
  }
  if (address.host.find(':') != std::string::npos) {
    return BadAddress(text, "IPv6 is not supported here; use 127.0.0.1");
  }
  address.ip = address.host == "localhost" ? "127.0.0.1" : address.host;
  if (address.ip.empty()) address.ip = "0.0.0.0";
  const std::optional<std::uint32_t> ip = ParseIpv4(address.ip);
  if (!ip) return BadAddress(text, "want an IPv4 address or localhost");
  address.loopback = (*ip >> 24) == 127;
  return address;
}

bool HostAllowed(std::string_view host_header, const ListenAddress& address) {
  const std::string host = HostOf(host_header);
  if (host.empty()) return false;
  if (host == "localhost" || host == "127.0.0.1" || host == "::1" || host == address.host) {
    return true;
  }
  // A DNS name is what rebinding needs; an address cannot be rebound.
  return !address.loopback && IsIpLiteral(host);
}

}  // namespace tidegate::serve
