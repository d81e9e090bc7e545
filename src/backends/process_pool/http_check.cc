// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/http_check.h"

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace tidegate {
namespace {

constexpr std::size_t kHeadLimit = 64u << 10;
constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view Trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

}  // namespace

void SocketAddress::SetPort(std::uint16_t port) {
  if (storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
  }
}

std::string ProbeRequest(const HttpProbe& probe, const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = probe.body.empty() ? "GET " : "POST ";
  text += probe.path + " HTTP/1.1\r\nHost: " + (v6 ? "[" + host + "]" : host) + ":" +
          std::to_string(port) + "\r\nUser-Agent: tidegate\r\nAccept: */*\r\nConnection: close\r\n";
  if (!probe.body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(probe.body.size()) +
        "\r\n";
  }
  return text + "\r\n" + probe.body;
}

bool ReplyParser::Feed(std::string_view bytes) {
  if (malformed_) return true;
  if (!in_body_) {
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
      malformed_ = head_.size() > kHeadLimit;
      return malformed_;
    }
    const std::string rest = head_.substr(end + 4);
    head_.resize(end + 2);
    in_body_ = true;
    if (!ParseHead()) {
      malformed_ = true;
      return true;
    }
    return Feed(rest);
  }
  body_ += bytes.size();
  tail_ += bytes;
  if (tail_.size() > kLastChunk.size()) tail_.erase(0, tail_.size() - kLastChunk.size());
  return BodyComplete();
}

bool ReplyParser::End() {
  if (!in_body_) return false;
  return BodyComplete() || (!chunked_ && !length_);
}

bool ReplyParser::BodyComplete() const {
  if (status_ == 204 || status_ == 304) return true;
  if (chunked_) return tail_ == kLastChunk;
  return length_ && body_ >= *length_;
}

bool ReplyParser::ParseHead() {
  std::string_view head = head_;
  const std::string_view first = head.substr(0, head.find("\r\n"));
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return false;
  const auto parsed = std::from_chars(first.data() + 9, first.data() + 12, status_);
  if (parsed.ec != std::errc() || parsed.ptr != first.data() + 12) return false;
  head.remove_prefix(first.size() + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string name = Lower(line.substr(0, colon));
    const std::string_view value = Trim(line.substr(colon + 1));
    if (name == "content-length") {
      std::uint64_t length = 0;
      const auto number = std::from_chars(value.data(), value.data() + value.size(), length);
      if (number.ec != std::errc() || number.ptr != value.data() + value.size()) return false;
      length_ = length;
    }
    if (name == "transfer-encoding") chunked_ = Lower(value).find("chunked") != std::string::npos;
  }
  return true;
}

std::optional<CheckResult> HttpCheck::Start(const SocketAddress& address, std::string request,
                                            TimePoint deadline) {
  request_ = std::move(request);
  sent_ = 0;
  deadline_ = deadline;
  reply_ = ReplyParser();
  socket_.Reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return CheckResult{Outcome::kNotMade, std::strerror(errno)};
  const auto* where = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket_.get(), where, address.size) == 0 || errno == EINPROGRESS) {
    return std::nullopt;
  }
  const bool ours = errno == EADDRNOTAVAIL || errno == EAGAIN || errno == ENOBUFS;
  return Finish(ours ? Outcome::kNotMade : Outcome::kFailed, std::strerror(errno));
}

short HttpCheck::events() const { return sent_ < request_.size() ? POLLOUT : POLLIN; }

std::optional<CheckResult> HttpCheck::Advance(TimePoint now) {
  if (!active()) return std::nullopt;
  auto result = sent_ < request_.size() ? Send() : std::nullopt;
  if (!result && active() && sent_ >= request_.size()) result = Receive();
  if (!result && now >= deadline_) {
    const char* where = sent_ == 0 ? "no connection" : "no complete answer";
    return Finish(Outcome::kFailed, std::string(where) + " in time");
  }
  return result;
}

std::optional<CheckResult> HttpCheck::Send() {
  while (sent_ < request_.size()) {
    const ssize_t n = ::send(socket_.get(), request_.data() + sent_, request_.size() - sent_,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR || errno == ENOTCONN) return std::nullopt;
      return Finish(Outcome::kFailed, std::strerror(errno));
    }
    sent_ += static_cast<std::size_t>(n);
  }
  return std::nullopt;
}

std::optional<CheckResult> HttpCheck::Receive() {
  char buffer[16384];
  // Bounded, so that one endless answer does not hold up the others.
  for (int round = 0; round < 16; ++round) {
    const ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR) return std::nullopt;
      return Finish(Outcome::kFailed, std::strerror(errno));
    }
    if (n == 0) {
      if (reply_.End()) return Judge();
      return Finish(Outcome::kFailed, "connection closed before the answer was complete");
    }
    if (reply_.Feed({buffer, static_cast<std::size_t>(n)})) return Judge();
  }
  return std::nullopt;
}

CheckResult HttpCheck::Judge() {
  if (reply_.malformed()) return Finish(Outcome::kFailed, "the answer is not HTTP");
  const int status = reply_.status();
  const bool passed = status >= 200 && status < 300;
  return Finish(passed ? Outcome::kPassed : Outcome::kFailed, "HTTP " + std::to_string(status));
}

CheckResult HttpCheck::Finish(Outcome outcome, std::string message) {
  socket_.Reset();
  return {outcome, std::move(message)};
}

}  // namespace tidegate
