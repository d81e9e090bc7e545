// SPDX-License-Identifier: Apache-2.0
//
// RunLoad: sends requests at the instants of Arrivals, whatever the servers do, and measures.
//
// Latency counts from the intended send time, so waiting inside this client is part of it. At
// most `max_in_flight` requests are open at once; one that would be more is not sent, and is
// counted as a failure of its own kind: the loop never becomes a closed one silently.
//
// Connections are kept and used again. If a kept one turns out to have been closed by the server
// before a byte of the answer came, the request is sent once more on a fresh one, as HTTP clients
// do (RFC 9110, 9.2.2: to classify is idempotent); these retries are counted.
//
// Thread safety: RunLoad uses the calling thread only; `stop` may be set from a signal handler.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "examples/flower/client/answers.h"
#include "examples/flower/client/arrivals.h"
#include "examples/flower/client/profile.h"
#include "examples/flower/client/quantiles.h"
#include "tidegate/result.h"

namespace flower {

enum class Failure {
  kConnect,     ///< no connection
  kTimeout,     ///< no complete answer in time
  kClosed,      ///< the connection broke before the answer was complete
  kHttpStatus,  ///< any but 200
  kBadBody,     ///< not an answer of the model
  kWrongClass,  ///< an answer, but not the right one
  kNotSent,     ///< max_in_flight was reached
  kAborted,     ///< in flight when the run was stopped
};
inline constexpr std::array<std::string_view, 8> kFailureNames = {
    "connect",  "timeout",     "closed",   "http_status",
    "bad_body", "wrong_class", "not_sent", "aborted"};

struct LoadOptions {
  std::string url;
  Profile profile;
  Spacing spacing = Spacing::kPoisson;
  std::uint64_t seed = 1;
  std::vector<Question> questions;  ///< asked in turn; not empty
  std::size_t max_in_flight = 512;
  std::chrono::milliseconds timeout{30000};
};

/// One second of a run, or what is left of one at its end.
struct SecondReport {
  double t = 0;        ///< end of the second, after the start
  double offered = 0;  ///< requests a second, by the profile
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  ///< rightly
  std::uint64_t failed = 0;
  std::size_t in_flight = 0;  ///< at its end
  const QuantileRecorder& latency;
};

struct FailureExample {
  double t = 0;  ///< when it failed
  Failure kind = Failure::kConnect;
  std::string detail;
};

struct LoadSummary {
  double start_unix = 0;
  double seconds = 0;
  std::uint64_t requests = 0;  ///< that were meant to be sent
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  ///< rightly
  std::array<std::uint64_t, kFailureNames.size()> failures{};
  std::map<long, std::uint64_t> statuses;  ///< other than 200
  std::uint64_t retries = 0;               ///< on a fresh connection, see above
  std::size_t most_in_flight = 0;
  QuantileRecorder latency;              ///< of the answered ones
  std::vector<FailureExample> examples;  ///< the first few failures
  bool interrupted = false;

  std::uint64_t failed() const;
};

/// kUnavailable: libcurl or a timer could not be set up.
tidegate::Result<LoadSummary> RunLoad(const LoadOptions& options,
                                      const std::function<void(const SecondReport&)>& on_second,
                                      const std::atomic<bool>& stop);

}  // namespace flower
