// SPDX-License-Identifier: Apache-2.0
//
// HttpFaultServer: loopback HTTP servers that misbehave in a chosen way, any number of them in one
// thread. A port's behavior may change between requests.
//
// Thread safety: all members.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tidegate::testing {

enum class HttpFault {
  kNone,       ///< answers `status`, `headers` and `body`; keeps the connection open
  kHang,       ///< takes the request and never answers, as a stopped process does
  kSlowLoris,  ///< sends the answer at one byte a second
  kTruncate,   ///< promises twice the body that it sends, then closes
  kEndless,    ///< never stops sending
  kCloseIdle,  ///< answers, then closes without having said so
  kReset,      ///< resets the connection instead of answering
  kGarbage,    ///< answers something that is not HTTP
  kNoAnswer,   ///< closes without a byte
};

struct HttpBehavior {
  HttpFault fault = HttpFault::kNone;
  int status = 200;
  std::string body = "up_test 1\n";
  std::string headers = "Content-Type: text/plain; version=0.0.4\r\n";
  /// If given, makes the body from the request, head and all.
  std::function<std::string(const std::string& request)> reply{};
};

class HttpFaultServer {
 public:
  HttpFaultServer() {
    if (pipe2(wake_.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("pipe2");
    thread_ = std::jthread([this](std::stop_token stop) { Loop(stop); });
  }
  ~HttpFaultServer() {
    thread_.request_stop();
    Wake();
    thread_.join();
    for (const Connection& connection : connections_) close(connection.fd);
    for (const auto& [port, site] : sites_) close(site.listener);
    close(wake_[0]);
    close(wake_[1]);
  }
  HttpFaultServer(const HttpFaultServer&) = delete;
  HttpFaultServer& operator=(const HttpFaultServer&) = delete;

  /// Opens one more port on 127.0.0.1.
  std::uint16_t Listen(HttpBehavior behavior = {}) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(fd, 64) != 0 || getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen on loopback");
    }
    const std::uint16_t port = ntohs(address.sin_port);
    const std::lock_guard lock(mutex_);
    sites_[port] = {fd, std::move(behavior), {}, {}, 0};
    Wake();
    return port;
  }

  void SetBehavior(std::uint16_t port, HttpBehavior behavior) {
    const std::lock_guard lock(mutex_);
    sites_.at(port).behavior = std::move(behavior);
    Wake();
  }

  /// The heads of the requests that a port has received, in order.
  std::vector<std::string> requests(std::uint16_t port) const {
    const std::lock_guard lock(mutex_);
    return sites_.at(port).requests;
  }

  /// Their bodies.
  std::vector<std::string> bodies(std::uint16_t port) const {
    const std::lock_guard lock(mutex_);
    return sites_.at(port).bodies;
  }

  int connections(std::uint16_t port) const {
    const std::lock_guard lock(mutex_);
    return sites_.at(port).connections;
  }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  struct Site {
    int listener = -1;
    HttpBehavior behavior;
    std::vector<std::string> requests;
    std::vector<std::string> bodies;
    int connections = 0;
  };
  struct Connection {
    int fd = -1;
    std::uint16_t port = 0;
    std::string received;
    std::string to_send;
    std::size_t sent = 0;                // bytes of it
    HttpFault fault = HttpFault::kNone;  // of the answer being sent
    SteadyTime next_byte{};
    bool close_when_sent = false;
    bool dead = false;
  };

  void Wake() const {
    const char byte = 0;
    [[maybe_unused]] const auto n = write(wake_[1], &byte, 1);
  }

  void Loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> polled = {{wake_[0], POLLIN, 0}};
      {
        const std::lock_guard lock(mutex_);
        for (const auto& [port, site] : sites_) polled.push_back({site.listener, POLLIN, 0});
        for (const Connection& connection : connections_) {
          const bool slow = connection.fault == HttpFault::kSlowLoris;
          const bool writes = !connection.to_send.empty() && !slow;
          polled.push_back(
              {connection.fd, static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0});
        }
      }
      poll(polled.data(), polled.size(), 50);
      std::array<char, 64> drained{};
      while (read(wake_[0], drained.data(), drained.size()) > 0) {
      }
      const std::lock_guard lock(mutex_);
      for (auto& [port, site] : sites_) Accept(port, site);
      for (Connection& connection : connections_) Serve(connection);
      std::erase_if(connections_, [](const Connection& connection) {
        if (connection.dead) close(connection.fd);
        return connection.dead;
      });
    }
  }

  void Accept(std::uint16_t port, Site& site) {
    for (;;) {
      const int fd = accept4(site.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) return;
      ++site.connections;
      Connection connection;
      connection.fd = fd;
      connection.port = port;
      connections_.push_back(std::move(connection));
    }
  }

  void Serve(Connection& connection) {
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto n = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (n > 0) {
        connection.received.append(buffer.data(), static_cast<std::size_t>(n));
        continue;
      }
      if (n == 0 || (errno != EAGAIN && errno != EINTR)) connection.dead = true;
      break;
    }
    const std::size_t end = connection.received.find("\r\n\r\n");
    const bool complete =
        end != std::string::npos &&
        connection.received.size() >= end + 4 + BodySize(connection.received.substr(0, end));
    if (!connection.dead && connection.to_send.empty() && complete) {
      Site& site = sites_.at(connection.port);
      site.requests.push_back(connection.received.substr(0, end + 2));
      site.bodies.push_back(connection.received.substr(end + 4));
      const HttpBehavior& behavior = site.behavior;
      const std::string made = behavior.reply ? behavior.reply(connection.received) : std::string();
      connection.received.clear();
      Answer(connection, behavior, behavior.reply ? made : behavior.body);
    }
    if (!connection.dead) Send(connection);
  }

  static std::size_t BodySize(const std::string& head) {
    const std::size_t at = head.find("\r\nContent-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 18));
  }

  static void Answer(Connection& connection, const HttpBehavior& behavior,
                     const std::string& body) {
    connection.fault = behavior.fault;
    const std::size_t factor = behavior.fault == HttpFault::kTruncate ? 2 : 1;
    const std::string head =
        "HTTP/1.1 " + std::to_string(behavior.status) + " Test\r\n" + behavior.headers;
    switch (behavior.fault) {
      case HttpFault::kHang:
        return;
      case HttpFault::kNoAnswer:
        connection.dead = true;
        return;
      case HttpFault::kReset: {
        const linger hard{1, 0};
        setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        connection.dead = true;
        return;
      }
      case HttpFault::kGarbage:
        connection.to_send = "SSH-2.0-OpenSSH_9.2\r\n";
        connection.close_when_sent = true;
        return;
      case HttpFault::kEndless:
        connection.to_send = head + "\r\n" + body;
        return;
      default:
        connection.to_send =
            head + "Content-Length: " + std::to_string(body.size() * factor) + "\r\n\r\n" + body;
        connection.close_when_sent =
            behavior.fault == HttpFault::kTruncate || behavior.fault == HttpFault::kCloseIdle;
    }
  }

  void Send(Connection& connection) {
    while (!connection.to_send.empty()) {
      std::size_t size = connection.to_send.size() - connection.sent;
      if (connection.fault == HttpFault::kSlowLoris) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now < connection.next_byte) return;
        connection.next_byte = now + std::chrono::seconds(1);
        size = 1;
      }
      const auto n =
          send(connection.fd, connection.to_send.data() + connection.sent, size, MSG_NOSIGNAL);
      if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) connection.dead = true;
        return;
      }
      connection.sent += static_cast<std::size_t>(n);
      if (connection.sent < connection.to_send.size()) continue;
      const bool endless = connection.fault == HttpFault::kEndless;
      connection.to_send = endless ? std::string(65536, '#') : std::string();
      connection.sent = 0;
    }
    if (connection.close_when_sent) connection.dead = true;
  }

  mutable std::mutex mutex_;
  std::array<int, 2> wake_{};
  std::map<std::uint16_t, Site> sites_;
  std::vector<Connection> connections_;
  std::jthread thread_;
};

/// A loopback port at which nothing listens.
inline std::uint16_t RefusingPort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot bind");
  }
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace tidegate::testing
