// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "os/unique_fd.h"

namespace tidegate {
namespace {

// A family that the kernel does not have cannot be in the way.
Result<bool> CanBind(int family, const sockaddr* address, socklen_t size) {
  const UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket && errno == EAFNOSUPPORT) return true;
  if (!socket) {
    return Error{ErrorCode::kUnavailable, std::string("socket: ") + std::strerror(errno)};
  }
  const int on = 1;
  if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return ::bind(socket.get(), address, size) == 0 || errno == EADDRNOTAVAIL;
}

}  // namespace

Result<bool> PortIsFree(std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  Result<bool> free = CanBind(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  if (!free || !*free) return free;
  return CanBind(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

Result<std::uint16_t> PortFinder::Next(const std::set<std::uint16_t>& taken) {
  for (std::uint32_t tries = 0; tries < size_; ++tries) {
    const auto port = static_cast<std::uint16_t>(min_ + at_);
    at_ = (at_ + 1) % size_;
    if (taken.contains(port)) continue;
    const Result<bool> free = PortIsFree(port);
    if (!free) return free.error();
    if (*free) return port;
  }
  return Error{ErrorCode::kUnavailable,
               "no free port in " + std::to_string(min_) + "-" + std::to_string(min_ + size_ - 1)};
}

}  // namespace tidegate
