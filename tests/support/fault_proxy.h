// SPDX-License-Identifier: Apache-2.0
//
// FaultProxy: stands between a client and a real HTTP server on loopback, and does to the answers
// what networks, proxies and broken servers do to them. What it does may change at any time.
//
// It has the whole answer before it sends the first byte, so that any byte of it can be another
// one, and serves one request a connection.
//
// Thread safety: all members.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "os/unique_fd.h"

namespace tidegate::testing {

/// What happens on the way. All of it may be combined; as it is, nothing does.
struct ProxyFault {
  bool refuse = false;                        ///< nobody listens at the proxy's port
  bool black_hole = false;                    ///< requests are taken and never answered
  std::chrono::milliseconds delay{};          ///< before the first byte of the answer
  std::size_t bytes_per_second = 0;           ///< 0: as fast as it goes
  std::size_t cut_after = std::string::npos;  ///< bytes, head included; then the connection ends
  bool reset = false;                         ///< … by a reset
  bool endless = false;                       ///< after the answer its body goes on for ever
  /// Makes the answer, head and body, out of what was asked and what the server said.
  std::function<std::string(const std::string& request, const std::string& answer)> rewrite{};
};

/// An answer with this status line, such as "200 OK", and these header lines.
inline std::string HttpAnswer(const std::string& status, const std::string& headers,
                              const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

/// Puts another body into a complete answer that is not chunked.
inline ProxyFault RewriteBody(std::function<std::string(const std::string& body)> rewrite) {
  return {.rewrite = [rewrite = std::move(rewrite)](const std::string&, const std::string& answer) {
    const std::size_t head = answer.find("\r\n\r\n");
    std::string text = answer.substr(0, head);
    const std::size_t length = text.find("\r\nContent-Length: ");
    if (length != std::string::npos) text.erase(length, text.find("\r\n", length + 2) - length);
    const std::string body = rewrite(answer.substr(head + 4));
    return text + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }};
}

/// Answers this, whatever the server says.
inline ProxyFault Scripted(std::string answer) {
  return {.rewrite = [answer = std::move(answer)](const std::string&, const std::string&) {
    return answer;
  }};
}

class FaultProxy {
 public:
  /// Of the server that listens at `target` on 127.0.0.1.
  explicit FaultProxy(std::uint16_t target) : target_(target) {
    Listen();
    thread_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
  }
  ~FaultProxy() {
    thread_ = {};
    connections_.clear();
  }
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::uint16_t port() const { return port_; }
  int requests() const { return requests_; }

  /// Of the answers from now on.
  void Set(ProxyFault fault) {
    const std::lock_guard lock(mutex_);
    if (fault.refuse) listener_.Reset();
    const bool listens = !fault.refuse;
    fault_ = std::move(fault);
    if (listens && !listener_) Listen();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kStopMs = 20;  // so often it is looked whether to stop

  struct Connection {
    std::atomic<bool> done{false};
    std::jthread thread;
  };

  static sockaddr_in Loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  // At the same port as before, if there was one.
  void Listen() {
    listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = Loopback(port_);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), where, size) != 0 || ::listen(listener_.get(), 1024) != 0 ||
        ::getsockname(listener_.get(), where, &size) != 0) {
      throw std::runtime_error("cannot listen on loopback");
    }
    port_ = ntohs(address.sin_port);
  }

  void Accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd polled{-1, POLLIN, 0};
      {
        const std::lock_guard lock(mutex_);
        polled.fd = listener_.get();
      }
      ::poll(&polled, 1, kStopMs);
      const std::lock_guard lock(mutex_);
      connections_.remove_if([](const Connection& each) { return each.done.load(); });
      const int fd = listener_ ? ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC) : -1;
      if (fd < 0) continue;
      Connection& connection = connections_.emplace_back();
      connection.thread = std::jthread([this, fd, &connection](const std::stop_token& stopped) {
        Serve(UniqueFd(fd), stopped);
        connection.done = true;
      });
    }
  }

  void Serve(UniqueFd client, const std::stop_token& stop) {
    const std::optional<std::string> request = ReadRequest(client.get(), stop);
    if (!request) return;
    ++requests_;
    ProxyFault fault;
    {
      const std::lock_guard lock(mutex_);
      fault = fault_;
    }
    if (fault.black_hole) {
      while (!stop.stop_requested() && !HasLeft(client.get())) {
      }
      return;
    }
    std::string answer = AskServer(*request, stop);
    if (fault.rewrite) answer = fault.rewrite(*request, answer);
    Wait(Clock::now() + fault.delay, stop);
    Send(client.get(), std::string_view(answer).substr(0, fault.cut_after), fault, stop);
    if (fault.endless) {
      const std::string more(65536, '#');
      while (Send(client.get(), more, fault, stop)) {
      }
    }
    if (fault.reset) {
      const linger hard{1, 0};
      ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
  }

  // Empty: the client has left before it was complete.
  static std::optional<std::string> ReadRequest(int fd, const std::stop_token& stop) {
    std::string request;
    for (;;) {
      const std::size_t head = request.find("\r\n\r\n");
      if (head != std::string::npos && request.size() >= head + 4 + BodySize(request)) {
        return request;
      }
      if (!Receive(fd, request, stop)) return std::nullopt;
    }
  }

  static std::size_t BodySize(const std::string& request) {
    const std::size_t at = request.find("\r\nContent-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(request.c_str() + at + 18, nullptr, 10);
  }

  // The whole answer; empty: there is none.
  std::string AskServer(std::string request, const std::stop_token& stop) const {
    const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = Loopback(target_);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(server.get(), where, sizeof address) != 0) return "";
    request.insert(request.find("\r\n") + 2, "Connection: close\r\n");
    if (::send(server.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
    std::string answer;
    while (!IsComplete(answer) && Receive(server.get(), answer, stop)) {
    }
    if (!answer.empty()) answer.insert(answer.find("\r\n") + 2, "Connection: close\r\n");
    return answer;
  }

  // Of a server that keeps the connection open all the same.
  static bool IsComplete(const std::string& answer) {
    const std::size_t head = answer.find("\r\n\r\n");
    const std::size_t length = answer.find("\r\nContent-Length: ");
    return head != std::string::npos && length < head &&
           answer.size() >= head + 4 + BodySize(answer);
  }

  // False: no more will come.
  static bool Receive(int fd, std::string& into, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd polled{fd, POLLIN, 0};
      if (::poll(&polled, 1, kStopMs) <= 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (n <= 0) return false;
      into.append(buffer.data(), static_cast<std::size_t>(n));
      return true;
    }
    return false;
  }

  // Waits a little for it.
  static bool HasLeft(int fd) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, kStopMs) <= 0) return false;
    char byte = 0;
    return ::recv(fd, &byte, 1, MSG_PEEK) <= 0;
  }

  static void Wait(Clock::time_point until, const std::stop_token& stop) {
    while (!stop.stop_requested() && Clock::now() < until) {
      std::this_thread::sleep_for(
          std::min<Clock::duration>(std::chrono::milliseconds(kStopMs), until - Clock::now()));
    }
  }

  // False: the client does not take it any more.
  static bool Send(int fd, std::string_view text, const ProxyFault& fault,
                   const std::stop_token& stop) {
    while (!text.empty()) {
      pollfd polled{fd, POLLOUT, 0};
      if (stop.stop_requested()) return false;
      if (::poll(&polled, 1, kStopMs) <= 0) continue;
      const std::size_t size = fault.bytes_per_second == 0 ? text.size() : 1;
      const ssize_t n = ::send(fd, text.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
      if (fault.bytes_per_second == 0) continue;
      const Clock::duration pause = std::chrono::seconds(1);
      Wait(Clock::now() + pause / static_cast<Clock::rep>(fault.bytes_per_second), stop);
    }
    return true;
  }

  const std::uint16_t target_;
  std::mutex mutex_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  ProxyFault fault_;
  std::atomic<int> requests_{0};
  std::list<Connection> connections_;
  std::jthread thread_;
};

}  // namespace tidegate::testing
