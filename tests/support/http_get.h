// SPDX-License-Identifier: Apache-2.0
//
// The smallest HTTP client: one connection, kept alive or not, one request at a time.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "os/unique_fd.h"

namespace tidegate::testing {

struct HttpReply {
  int status = 0;  ///< 0: no complete answer
  std::string body;
  bool nothing_received = false;  ///< the connection was closed before the first byte
};

class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port, int timeout_s = 5) {
    socket_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{timeout_s, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket_.get(), where, sizeof address) != 0) socket_.Reset();
  }
  bool open() const { return static_cast<bool>(socket_); }

  HttpReply Get(const std::string& path) {
    HttpReply reply;
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n";
    reply.nothing_received = true;
    if (!socket_ || ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      socket_.Reset();
      return reply;
    }
    std::string text;
    std::size_t head = std::string::npos;
    std::size_t length = 0;
    for (char buffer[4096]; head == std::string::npos || text.size() < head + 4 + length;) {
      const ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (n <= 0) {
        socket_.Reset();
        return reply;
      }
      reply.nothing_received = false;
      text.append(buffer, static_cast<std::size_t>(n));
      head = text.find("\r\n\r\n");
      const std::size_t field = text.find("Content-Length: ");
      if (field != std::string::npos) length = std::strtoul(text.c_str() + field + 16, nullptr, 10);
    }
    reply.status = std::atoi(text.c_str() + 9);
    reply.body = text.substr(head + 4);
    if (text.find("Connection: close") < head) socket_.Reset();
    return reply;
  }

 private:
  UniqueFd socket_;
};

inline HttpReply HttpGet(std::uint16_t port, const std::string& path) {
  return HttpConnection(port).Get(path);
}

}  // namespace tidegate::testing
