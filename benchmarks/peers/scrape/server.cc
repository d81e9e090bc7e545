// SPDX-License-Identifier: Apache-2.0
//
// What is scraped in the rows about whole processes: scrape_server PORT SERIES
//
// A page of SERIES series at /metrics, its numbers others each time, on every loopback address, so
// that one server is any number of targets. It has one small series until it is told to begin.
//
//   /begin    the page is the large one from now on
//   /report   {"pages": served since the last report, "bytes": of one,
//              "lateness_ms": 99th percentile of how far the time between two reads of a target
//                             was from INTERVAL, "targets": how many there were}; ?SECONDS
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kVariants = 8;  // of the page; a counter that begins anew once in so many

std::string Answer(const std::string& type, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string Page(int series, int variant) {
  std::string page;
  char line[256];
  for (int i = 0; i < series; ++i) {
    const int group = i / 100;
    if (i % 100 == 0) {
      std::snprintf(line, sizeof line, "# TYPE http_requests_%05d_total counter\n", group);
      page += line;
    }
    std::snprintf(line, sizeof line,
                  "http_requests_%05d_total{handler=\"/api/v2/models/%02d/infer\",method=\"POST\","
                  "code=\"200\",zone=\"eu-central-1%c\"} %lld\n",
                  group, i % 100, 'a' + i % 3,
                  100'000LL + (i * 7919LL + variant * 131LL) % 899'999);
    page += line;
  }
  for (const char* model : {"a", "b", "c"}) {
    std::snprintf(line, sizeof line, "nv_inference_pending_request_count{model=\"%s\"} %d\n", model,
                  variant);
    page += line;
  }
  return Answer("text/plain; version=0.0.4; charset=utf-8", page);
}

struct Connection {
  std::string received;
  std::string_view to_send;
  std::string own;  // what to_send shows, if it is not a page
  std::uint32_t target = 0;
};

class Server {
 public:
  explicit Server(int series) {
    for (int i = 0; i < kVariants; ++i) pages_.push_back(Page(series, i));
  }

  int Run(std::uint16_t port) {
    std::signal(SIGPIPE, SIG_IGN);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
    ::listen(listener, 4096);
    Watch(listener, EPOLLIN, EPOLL_CTL_ADD);
    std::vector<epoll_event> events(256);
    for (;;) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener) {
          Accept(listener);
        } else {
          Serve(fd);
        }
      }
    }
  }

 private:
  void Watch(int fd, std::uint32_t what, int operation) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, operation, fd, &event);
  }

  void Accept(int listener) {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      sockaddr_in local{};
      socklen_t size = sizeof local;
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
      connections_[fd].target = local.sin_addr.s_addr;
      Watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void Serve(int fd) {
    Connection& connection = connections_[fd];
    char buffer[8192];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return Close(fd);
    if (n > 0) connection.received.append(buffer, static_cast<std::size_t>(n));
    if (connection.to_send.empty() && connection.received.ends_with("\r\n\r\n")) {
      Choose(connection);
      connection.received.clear();
    }
    while (!connection.to_send.empty()) {
      const ssize_t sent = ::send(fd, connection.to_send.data(), connection.to_send.size(), 0);
      if (sent < 0 && errno == EAGAIN) break;
      if (sent < 0) return Close(fd);
      connection.to_send.remove_prefix(static_cast<std::size_t>(sent));
    }
    Watch(fd, connection.to_send.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }

  void Close(int fd) {
    connections_.erase(fd);
    ::close(fd);
  }

  void Choose(Connection& connection) {
    const std::string& request = connection.received;
    if (request.starts_with("GET /begin")) {
      begun_ = true;
      connection.own = Answer("text/plain", "");
    } else if (request.starts_with("GET /report?")) {
      connection.own = Answer("application/json", Report(std::atof(request.c_str() + 12)));
    } else if (!begun_) {
      connection.own = Answer("text/plain; version=0.0.4", "small 1\n");
    } else {
      reads_[connection.target].push_back(Clock::now());
      connection.to_send = pages_[pages_served_++ % kVariants];
      return;
    }
    connection.to_send = connection.own;
  }

  std::string Report(double interval_s) {
    std::vector<double> late;
    for (auto& [target, times] : reads_) {
      for (std::size_t i = 1; i < times.size(); ++i) {
        const std::chrono::duration<double, std::milli> between = times[i] - times[i - 1];
        late.push_back(std::abs(between.count() - interval_s * 1000));
      }
    }
    std::sort(late.begin(), late.end());
    const double p99 = late.empty() ? 0 : late[(late.size() - 1) * 99 / 100];
    char text[256];
    std::snprintf(text, sizeof text,
                  "{\"pages\": %zu, \"bytes\": %zu, \"lateness_ms\": %.2f, \"targets\": %zu}",
                  pages_served_ - reported_, pages_.front().size(), p99, reads_.size());
    reported_ = pages_served_;
    reads_.clear();
    return text;
  }

  const int epoll_ = ::epoll_create1(0);
  std::vector<std::string> pages_;
  std::unordered_map<int, Connection> connections_;
  std::unordered_map<std::uint32_t, std::vector<Clock::time_point>> reads_;
  std::size_t pages_served_ = 0;
  std::size_t reported_ = 0;
  bool begun_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return Server(std::atoi(argv[2])).Run(static_cast<std::uint16_t>(std::atoi(argv[1])));
}
