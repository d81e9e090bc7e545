// SPDX-License-Identifier: Apache-2.0
#include "net/http_error.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "net/http_client.h"

namespace tidegate::net {
namespace {

std::string Milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Error TimedOut(const TransferFailure& failure) {
  std::string where = "waiting for the answer";
  if (!failure.connected) {
    where = "connecting";
  } else if (failure.bytes_received > 0) {
    where = std::to_string(failure.bytes_received) + " bytes received";
  }
  return {ErrorCode::kDeadlineExceeded,
          "timed out after " + Milliseconds(failure.timeout) + " ms (" + where + ")"};
}

Error NotConnected(const TransferFailure& failure) {
  if (!failure.refused_address.empty()) {
    return {ErrorCode::kPermissionDenied, "address " + failure.refused_address};
  }
  if (failure.os_error == ECONNREFUSED) return {ErrorCode::kUnavailable, "connect refused"};
  std::string text = "connect failed";
  if (failure.os_error != 0) {
    text += ": " + std::generic_category().message(static_cast<int>(failure.os_error));
  }
  return {ErrorCode::kUnavailable, text};
}

std::string Detail(const TransferFailure& failure) {
  return failure.detail.empty() ? curl_easy_strerror(failure.code) : std::string(failure.detail);
}

/// Host byte order. Cloud providers answer with credentials at some of these.
std::string_view RefusalOfV4(std::uint32_t address) {
  if ((address & 0xffff0000u) == 0xa9fe0000u) return "link-local";  // 169.254.0.0/16
  if ((address & 0xf0000000u) == 0xe0000000u) return "multicast";   // 224.0.0.0/4
  if (address == 0xffffffffu) return "broadcast";
  if (address == 0x646464c8u) return "cloud metadata";  // 100.100.100.200
  return {};
}

std::string_view RefusalOfV6(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) {
    if (IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address)) return {};
    std::uint32_t v4 = 0;
    std::memcpy(&v4, &address.s6_addr[12], sizeof v4);
    return RefusalOfV4(ntohl(v4));
  }
  if (IN6_IS_ADDR_LINKLOCAL(&address)) return "link-local";
  if (IN6_IS_ADDR_MULTICAST(&address)) return "multicast";
  constexpr std::array<std::uint8_t, 16> kMetadata = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0,    0,
                                                      0,    0,    0,    0,    0, 0, 0x02, 0x54};
  if (std::memcmp(address.s6_addr, kMetadata.data(), kMetadata.size()) == 0) {
    return "cloud metadata";
  }
  return {};
}

}  // namespace

Error ErrorOf(const TransferFailure& failure) {
  if (failure.body_over_limit || failure.code == CURLE_FILESIZE_EXCEEDED) {
    return {ErrorCode::kUnavailable, "body over " + std::to_string(failure.body_limit) + " bytes"};
  }
  if (failure.headers_over_limit) {
    return {ErrorCode::kUnavailable,
            "headers over " + std::to_string(failure.header_limit) + " bytes"};
  }
  if (failure.bad_encoding) {
    return {ErrorCode::kUnavailable, "protocol: the body is not compressed by gzip"};
  }
  switch (failure.code) {
    case CURLE_OPERATION_TIMEDOUT:
      return TimedOut(failure);
    case CURLE_COULDNT_CONNECT:
      return NotConnected(failure);
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorCode::kUnavailable, "host name not resolved"};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::kUnavailable, "truncated body"};
    case CURLE_GOT_NOTHING:
      return {ErrorCode::kUnavailable, "connection closed without an answer"};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {ErrorCode::kUnavailable, "connection reset"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return {ErrorCode::kPermissionDenied, "certificate refused: " + Detail(failure)};
    case CURLE_UNSUPPORTED_PROTOCOL:  // also what libcurl calls an answer without a status line
      if (failure.connected) return {ErrorCode::kUnavailable, "protocol: the answer is not HTTP"};
      return {ErrorCode::kInvalidArgument, "only http and https URLs are requested"};
    case CURLE_LOGIN_DENIED:
      return {ErrorCode::kInvalidArgument, "a URL must not carry a user name or password"};
    case CURLE_URL_MALFORMAT:
      return {ErrorCode::kInvalidArgument, "malformed URL"};
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::kInternal, "out of memory"};
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorCode::kUnavailable, "protocol: " + Detail(failure)};
    default:
      return {ErrorCode::kUnavailable, Detail(failure)};
  }
}

std::string_view RefusalOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return RefusalOfV4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return RefusalOfV6(v6.sin6_addr);
  }
  return "not an internet address";
}

std::string AddressText(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

Status CheckStatus(int http_status) {
  if (http_status >= 200 && http_status < 300) return {};
  std::string text = "HTTP " + std::to_string(http_status);
  if (http_status >= 300 && http_status < 400) {
    return Error{ErrorCode::kInvalidArgument, text + " (redirects are not followed)"};
  }
  switch (http_status) {
    case 401:
    case 403:
      return Error{ErrorCode::kPermissionDenied, text};
    case 404:
      return Error{ErrorCode::kNotFound, text};
    case 409:
      return Error{ErrorCode::kConflict, text};
    case 408:
    case 429:
      return Error{ErrorCode::kUnavailable, text};
    default:
      break;
  }
  const bool ours = http_status >= 400 && http_status < 500;
  return Error{ours ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable, text};
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const auto byte = static_cast<unsigned char>(c);
    if (word || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
  }
  return out;
}

std::string HostPort(std::string_view host, int port) {
  const bool v6 = host.find(':') != std::string_view::npos && host.front() != '[';
  return std::string(v6 ? "[" : "").append(host).append(v6 ? "]:" : ":") + std::to_string(port);
}

std::string HttpUrl(std::string_view host, int port, std::string_view path) {
  return ("http://" + HostPort(host, port)).append(path);
}

}  // namespace tidegate::net
