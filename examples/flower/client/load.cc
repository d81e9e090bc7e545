// SPDX-License-Identifier: Apache-2.0
#include "examples/flower/client/load.h"

#include <curl/curl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

namespace flower {
namespace {

using SteadyClock = std::chrono::steady_clock;
using tidegate::Error;
using tidegate::ErrorCode;
using tidegate::Result;

constexpr std::size_t kMaxBody = 64 * 1024;
constexpr std::size_t kMaxExamples = 20;

// A request slot: an easy handle that is used again and again.
struct Slot {
  CURL* easy = nullptr;
  const Question* question = nullptr;
  double intended = 0;
  int attempts = 0;
  bool sent_again = false;
  bool too_long = false;
  std::string body;
  std::array<char, CURL_ERROR_SIZE> error{};

  ~Slot() { curl_easy_cleanup(easy); }
};

std::size_t OnBody(const char* data, std::size_t /*size*/, std::size_t count, void* user) {
  auto& slot = *static_cast<Slot*>(user);
  slot.too_long = slot.body.size() + count > kMaxBody;
  if (slot.too_long) return 0;
  slot.body.append(data, count);
  return count;
}

// Called once for each time that the request is about to be sent.
int OnAttempt(void* user, char* /*remote*/, char* /*local*/, int /*remote_port*/,
              int /*local_port*/) {
  ++static_cast<Slot*>(user)->attempts;
  return CURL_PREREQFUNC_OK;
}

Failure KindOf(CURLcode code, bool too_long) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      return Failure::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::kTimeout;
    default:
      return too_long ? Failure::kBadBody : Failure::kClosed;
  }
}

class Runner {
 public:
  Runner(const LoadOptions& options, const std::function<void(const SecondReport&)>& on_second)
      : options_(options),
        on_second_(on_second),
        arrivals_(options.profile, options.spacing, options.seed) {}

  ~Runner() {
    for (const auto& slot : slots_) curl_multi_remove_handle(multi_, slot->easy);
    slots_.clear();
    curl_slist_free_all(headers_);
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
    if (timer_ >= 0) close(timer_);
  }

  tidegate::Status Open() {
    multi_ = curl_multi_init();
    headers_ = curl_slist_append(nullptr, "Content-Type: application/json");
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (multi_ == nullptr || headers_ == nullptr || timer_ < 0) {
      return Error{ErrorCode::kUnavailable, std::string("set-up failed: ") + std::strerror(errno)};
    }
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_in_flight));
    return {};
  }

  LoadSummary Run(const std::atomic<bool>& stop) {
    using Wall = std::chrono::system_clock;
    start_ = SteadyClock::now();
    summary_.start_unix = std::chrono::duration<double>(Wall::now().time_since_epoch()).count();
    next_ = arrivals_.Next();
    while ((next_ || in_flight_ > 0) && !stop) {
      SendDue();
      int running = 0;
      curl_multi_perform(multi_, &running);
      Collect();
      ReportSeconds();
      WaitForMore();
    }
    summary_.interrupted = stop;
    summary_.failures[static_cast<std::size_t>(Failure::kAborted)] += in_flight_;
    summary_.seconds = Now();
    ReportSeconds();
    if (second_.sent + second_.done() > 0) ReportSecond(summary_.seconds);
    return std::move(summary_);
  }

 private:
  struct Second {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;
    QuantileRecorder latency;

    std::uint64_t done() const { return answered + failed; }
  };

  double Now() const { return std::chrono::duration<double>(SteadyClock::now() - start_).count(); }

  void SendDue() {
    while (next_ && *next_ <= Now()) {
      ++summary_.requests;
      if (in_flight_ >= options_.max_in_flight) {
        Fail(Failure::kNotSent,
             "more than " + std::to_string(options_.max_in_flight) + " requests in flight");
      } else {
        Send(*next_);
      }
      next_ = arrivals_.Next();
    }
  }

  Slot* FreeSlot() {
    if (free_.empty()) {
      auto slot = std::make_unique<Slot>();
      slot->easy = curl_easy_init();
      if (slot->easy == nullptr) return nullptr;
      SetUp(*slot);
      free_.push_back(slot.get());
      slots_.push_back(std::move(slot));
    }
    Slot* slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void SetUp(Slot& slot) {
    CURL* easy = slot.easy;
    curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, OnAttempt);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &slot);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot.error.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
  }

  void Send(double intended) {
    Slot* slot = FreeSlot();
    if (slot == nullptr) return Fail(Failure::kNotSent, "libcurl: out of memory");
    slot->question = &options_.questions[summary_.requests % options_.questions.size()];
    slot->intended = intended;
    slot->attempts = 0;
    slot->sent_again = false;
    ++summary_.sent;
    ++second_.sent;
    Begin(*slot);
  }

  void Begin(Slot& slot) {
    slot.too_long = false;
    slot.body.clear();
    slot.error[0] = '\0';
    const std::string& body = slot.question->body;
    curl_easy_setopt(slot.easy, CURLOPT_FRESH_CONNECT, slot.sent_again ? 1L : 0L);
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(slot.easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_multi_add_handle(multi_, slot.easy);
    summary_.most_in_flight = std::max(summary_.most_in_flight, ++in_flight_);
  }

  void Collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      CURL* easy = message->easy_handle;
      void* slot = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
      curl_multi_remove_handle(multi_, easy);
      --in_flight_;
      Finish(static_cast<Slot*>(slot), code);
    }
  }

  // libcurl itself repeats a request only if the kept connection was closed in good order; if it
  // was reset, which is what a server's kernel does to data that comes too late, it does not.
  static bool WasClosedWhileIdle(const Slot& slot, CURLcode code) {
    long connects = 0;
    long header_size = 0;
    curl_easy_getinfo(slot.easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(slot.easy, CURLINFO_HEADER_SIZE, &header_size);
    const bool broken =
        code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
    return broken && connects == 0 && header_size == 0;
  }

  void Finish(Slot* slot, CURLcode code) {
    if (!slot->sent_again && WasClosedWhileIdle(*slot, code)) {
      slot->sent_again = true;
      Begin(*slot);
      return;
    }
    Judge(*slot, code);
    free_.push_back(slot);
  }

  void Judge(Slot& slot, CURLcode code) {
    if (slot.attempts > 1) summary_.retries += static_cast<std::uint64_t>(slot.attempts - 1);
    if (code != CURLE_OK) {
      const std::string text = slot.error[0] != '\0' ? slot.error.data() : curl_easy_strerror(code);
      return Fail(KindOf(code, slot.too_long), text);
    }
    long status = 0;
    curl_easy_getinfo(slot.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
      ++summary_.statuses[status];
      return Fail(Failure::kHttpStatus, std::to_string(status) + ": " + slot.body.substr(0, 120));
    }
    switch (CheckAnswer(slot.body, slot.question->answer)) {
      case Verdict::kBadBody:
        return Fail(Failure::kBadBody, slot.body.substr(0, 120));
      case Verdict::kWrongClass:
        return Fail(Failure::kWrongClass, "want " + slot.question->answer + ": " + slot.body);
      case Verdict::kRight:
        break;
    }
    const double latency_ms = (Now() - slot.intended) * 1e3;
    summary_.latency.Add(latency_ms);
    second_.latency.Add(latency_ms);
    ++summary_.answered;
    ++second_.answered;
  }

  void Fail(Failure kind, std::string detail) {
    ++summary_.failures[static_cast<std::size_t>(kind)];
    ++second_.failed;
    if (summary_.examples.size() < kMaxExamples) {
      summary_.examples.push_back({Now(), kind, std::move(detail)});
    }
  }

  void ReportSeconds() {
    while (Now() >= next_report_) {
      ReportSecond(next_report_);
      next_report_ += 1;
    }
  }

  void ReportSecond(double t) {
    const double from = next_report_ - 1;
    const double offered = options_.profile.CountUntil(t) - options_.profile.CountUntil(from);
    on_second_(
        {t, offered, second_.sent, second_.answered, second_.failed, in_flight_, second_.latency});
    second_ = {};
  }

  // Until something arrives, is to be sent, or is to be reported. A timer descriptor, because
  // curl_multi_poll's own timeout is in whole milliseconds.
  void WaitForMore() {
    double until = next_report_;
    if (next_) until = std::min(until, *next_);
    const double wait = std::max(until - Now(), 1e-6);
    const double whole = std::floor(wait);
    const itimerspec timer{
        {}, {static_cast<time_t>(whole), static_cast<long>((wait - whole) * 1e9) + 1}};
    timerfd_settime(timer_, 0, &timer, nullptr);
    curl_waitfd extra{timer_, CURL_WAIT_POLLIN, 0};
    curl_multi_poll(multi_, &extra, 1, 1000, nullptr);
  }

  const LoadOptions& options_;
  const std::function<void(const SecondReport&)>& on_second_;
  Arrivals arrivals_;
  std::optional<double> next_;
  CURLM* multi_ = nullptr;
  curl_slist* headers_ = nullptr;
  int timer_ = -1;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  std::size_t in_flight_ = 0;
  SteadyClock::time_point start_;
  double next_report_ = 1;
  Second second_;
  LoadSummary summary_;
};

}  // namespace

std::uint64_t LoadSummary::failed() const {
  return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
}

Result<LoadSummary> RunLoad(const LoadOptions& options,
                            const std::function<void(const SecondReport&)>& on_second,
                            const std::atomic<bool>& stop) {
  if (options.questions.empty()) return Error{ErrorCode::kInvalidArgument, "no questions to ask"};
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Error{ErrorCode::kUnavailable, "libcurl cannot be set up"};
  }
  Runner runner(options, on_second);
  if (const tidegate::Status open = runner.Open(); !open) return open.error();
  return runner.Run(stop);
}

}  // namespace flower
