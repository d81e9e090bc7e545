// SPDX-License-Identifier: Apache-2.0
//
// What a failed transfer is called. Pure, so that each text is testable without a network.
#pragma once

#include <curl/curl.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::net {

/// What is known about a transfer that has ended badly.
struct TransferFailure {
  CURLcode code = CURLE_OK;
  long os_error = 0;
  std::string_view detail{};  ///< libcurl's own words; carries hosts but no headers
  Duration timeout{};
  std::size_t body_limit = 0;
  std::size_t header_limit = 0;
  bool body_over_limit = false;
  bool headers_over_limit = false;
  bool bad_encoding = false;      ///< not gzip, or not what gzip makes
  std::string refused_address{};  ///< set: the socket was never opened
  bool connected = false;
  std::size_t bytes_received = 0;
};

Error ErrorOf(const TransferFailure& failure);

/// Why an address must not be talked to: "link-local", "multicast", "cloud metadata". Empty: it
/// may.
std::string_view RefusalOf(const sockaddr_storage& address);

/// "169.254.169.254"
std::string AddressText(const sockaddr_storage& address);

}  // namespace tidegate::net
