// SPDX-License-Identifier: Apache-2.0
//
// One HTTP probe on a non-blocking socket: a fresh connection, one request, close.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/unique_fd.h"
#include "tidegate/backends/process_pool.h"
#include "tidegate/types.h"

namespace tidegate {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  void SetPort(std::uint16_t port);
};

/// The request of a probe: GET, or POST if there is a body.
std::string ProbeRequest(const HttpProbe& probe, const std::string& host, std::uint16_t port);

/// Reads an answer piece by piece, just far enough to know its status and where it ends.
class ReplyParser {
 public:
  /// Takes the next bytes; true when the answer is complete.
  bool Feed(std::string_view bytes);
  /// The other side closed; true if that completes the answer.
  bool End();
  int status() const { return status_; }
  bool malformed() const { return malformed_; }

 private:
  bool ParseHead();
  bool BodyComplete() const;

  std::string head_;
  std::string tail_;  ///< the last bytes of the body, to see a final chunk
  std::optional<std::uint64_t> length_;
  std::uint64_t body_ = 0;
  bool chunked_ = false;
  bool in_body_ = false;
  bool malformed_ = false;
  int status_ = 0;
};

enum class Outcome {
  kPassed,
  kFailed,
  kNotMade,  ///< no descriptor or memory on our side: says nothing about the replica
};

struct CheckResult {
  Outcome outcome = Outcome::kFailed;
  std::string message;
};

class HttpCheck {
 public:
  /// Begins a probe; a result at once if it could not be made.
  std::optional<CheckResult> Start(const SocketAddress& address, std::string request,
                                   TimePoint deadline);
  /// Goes on as far as the socket lets it; call it when the socket is ready or time has passed.
  std::optional<CheckResult> Advance(TimePoint now);
  void Cancel() { socket_.Reset(); }

  bool active() const { return static_cast<bool>(socket_); }
  int fd() const { return socket_.get(); }
  short events() const;
  TimePoint deadline() const { return deadline_; }

 private:
  std::optional<CheckResult> Send();
  std::optional<CheckResult> Receive();
  CheckResult Finish(Outcome outcome, std::string message);
  CheckResult Judge();

  UniqueFd socket_;
  std::string request_;
  std::size_t sent_ = 0;
  TimePoint deadline_{};
  ReplyParser reply_;
};

}  // namespace tidegate
