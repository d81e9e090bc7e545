// SPDX-License-Identifier: Apache-2.0
//
// Which address is listened on, and which Host headers belong to it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate::serve {

struct ListenAddress {
  std::string host;  ///< as configured, lower case
  std::string ip;    ///< what is bound
  std::uint16_t port = 0;
  bool loopback = false;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// "127.0.0.1:9464", "localhost:0", ":9464" (all addresses).
Result<ListenAddress> ParseListenAddress(std::string_view text);

/// Whether a request with this Host header means the server at `address`. The port is not looked
/// at, so forwarded ports work; a DNS name other than "localhost" and the configured one is
/// refused, and so is an IP address if only loopback is listened on.
bool HostAllowed(std::string_view host_header, const ListenAddress& address);

}  // namespace tidegate::serve
