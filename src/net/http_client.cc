// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <curl/curl.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <deque>
#include <optional>
#include <utility>

#include "net/gunzip.h"
#include "net/http_error.h"
#include "tidegate/version.h"

namespace tidegate::net {
namespace {

/// libcurl wants this once per process, before anything else. It is never undone: another user of
/// libcurl in the host process may still need it.
bool InitializeCurlOnce() {
  static const bool initialized = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return initialized;
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

/// TLS writes to a dead peer raise SIGPIPE, and with CURLOPT_NOSIGNAL libcurl leaves that to its
/// caller. Keeps it from the host process, whatever the host does with the signal.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeGuard() {
    if (!was_pending_) {
      const timespec no_wait{};
      while (sigtimedwait(&sigpipe_, nullptr, &no_wait) == SIGPIPE) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

/// The value stays out of the message: it may be a secret.
Status CheckHeader(const std::string& name, const std::string& value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenCharacter)) {
    return Error{ErrorCode::kInvalidArgument, "\"" + name + "\" is not a header name"};
  }
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "header " + name + ": line break in its value"};
  }
  return {};
}

// Of what one read takes from the kernel: libcurl's 16 kB would cost a wait for each.
constexpr long kReceiveBuffer = 64L << 10U;
constexpr const char* kAcceptEncoding = "Accept-Encoding: gzip";

Result<List> HeaderList(const HttpRequest& request) {
  List owned(curl_slist_append(nullptr, "Expect:"));
  curl_slist* list = owned == nullptr ? nullptr : curl_slist_append(owned.get(), kAcceptEncoding);
  if (list == nullptr) return Error{ErrorCode::kInternal, "out of memory"};
  for (const auto& [name, value] : request.headers) {
    if (Status status = CheckHeader(name, value); !status) return status.error();
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    list = curl_slist_append(list, line.c_str());
    if (list == nullptr) return Error{ErrorCode::kInternal, "out of memory"};
  }
  return owned;
}

/// libcurl's resolution; rounded up, because 0 would mean "no limit".
long TimeoutMs(Duration timeout) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return static_cast<long>(std::clamp<std::int64_t>(ms, 1, 1'000'000'000));
}

/// One request on its way. Its address is handed to libcurl: it does not move.
struct Transfer {
  std::size_t index = 0;
  const HttpRequest* request = nullptr;
  Easy easy;
  List headers;
  std::string body;
  std::string encoding;  // Content-Encoding; empty: none
  Gunzip gunzip;
  std::size_t handed_on = 0;      // bytes of the body, to the request's on_body
  std::optional<Error> unwanted;  // what on_body said
  std::size_t header_bytes = 0;
  TransferFailure failure;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

/// Room for all of it at once: a body of some megabytes would be moved again and again.
void ReserveBody(Transfer& transfer) {
  curl_off_t length = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length <= 0) return;
  transfer.body.reserve(std::min(static_cast<std::size_t>(length), transfer.request->body_limit));
}

/// Appends `data` to the body. False: the body ends here, and why is in `failure`.
bool Decode(Transfer& transfer, std::string_view data, std::size_t limit) {
  if (transfer.encoding.empty()) {
    if (transfer.body.empty()) ReserveBody(transfer);
    transfer.failure.body_over_limit = data.size() > limit - transfer.body.size();
    if (!transfer.failure.body_over_limit) transfer.body.append(data);
    return !transfer.failure.body_over_limit;
  }
  transfer.failure.bad_encoding = transfer.encoding != "gzip" && transfer.encoding != "x-gzip";
  if (transfer.failure.bad_encoding) return false;
  const Gunzip::Result result = transfer.gunzip.Write(data, limit, transfer.body);
  transfer.failure.body_over_limit = result == Gunzip::Result::kOverLimit;
  transfer.failure.bad_encoding = result == Gunzip::Result::kCorrupt;
  return result == Gunzip::Result::kOk;
}

int StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::string_view ContentTypeOf(CURL* easy) {
  const char* content_type = nullptr;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &content_type);
  return content_type != nullptr ? content_type : "";
}

/// False: the body ends here, and why is in `unwanted`.
bool HandOn(Transfer& transfer, std::string_view part) {
  transfer.handed_on += part.size();
  Status taken = transfer.request->on_body(ContentTypeOf(transfer.easy.get()), part);
  if (!taken) transfer.unwanted = taken.error();
  return taken.ok();
}

/// False: the body ends here, and why is in `failure` or `unwanted`.
bool Take(Transfer& transfer, std::string_view data) {
  const std::size_t limit = transfer.request->body_limit - transfer.handed_on;
  const bool streams = transfer.request->on_body && CheckStatus(StatusOf(transfer.easy.get()));
  if (streams && transfer.encoding.empty()) {
    transfer.failure.body_over_limit = data.size() > limit;
    return !transfer.failure.body_over_limit && HandOn(transfer, data);
  }
  if (!Decode(transfer, data, limit)) return false;
  if (!streams) return true;
  const std::string part = std::exchange(transfer.body, {});
  return HandOn(transfer, part);
}

/// The value of a header line, in lower case, if it has this name.
std::optional<std::string> HeaderValue(std::string_view line, std::string_view name) {
  std::string lower(line);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
  if (!lower.starts_with(name) || lower.substr(name.size(), 1) != ":") return std::nullopt;
  const std::size_t begin = lower.find_first_not_of(" \t\r\n", name.size() + 1);
  if (begin == std::string::npos) return std::string();
  return lower.substr(begin, lower.find_last_not_of(" \t\r\n") + 1 - begin);
}

// Called from C: nothing may be thrown out of these three.

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  transfer.failure.bytes_received += bytes;
  try {
    return Take(transfer, {data, bytes}) ? bytes : CURL_WRITEFUNC_ERROR;
  } catch (const std::bad_alloc&) {
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > transfer.failure.header_limit) {
    transfer.failure.headers_over_limit = true;
    return 0;
  }
  try {
    const auto encoding = HeaderValue({data, bytes}, "content-encoding");
    if (encoding) transfer.encoding = *encoding == "identity" ? "" : *encoding;
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return bytes;
}

curl_socket_t OpenSocket(void* user, curlsocktype purpose, curl_sockaddr* address) noexcept {
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  try {
    sockaddr_storage storage{};
    const void* from = &address->addr;
    std::memcpy(&storage, from, std::min<std::size_t>(address->addrlen, sizeof storage));
    if (const std::string_view why = RefusalOf(storage); !why.empty()) {
      static_cast<Transfer*>(user)->failure.refused_address =
          AddressText(storage) + " refused: " + std::string(why);
      return CURL_SOCKET_BAD;
    }
  } catch (const std::bad_alloc&) {
    return CURL_SOCKET_BAD;
  }
  // Close-on-exec: processes that the host starts must not inherit it.
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void SetSafetyOptions(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // One request a connection: ending it ends nothing else.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
#if LIBCURL_VERSION_NUM >= 0x075700
  // A name server that hangs must not hold up the clean-up of a transfer that has timed out.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

void SetTlsFiles(CURL* easy, const TlsFiles& tls) {
  const auto set = [easy](CURLoption option, const std::string& file) {
    if (!file.empty()) curl_easy_setopt(easy, option, file.c_str());
  };
  set(CURLOPT_CAINFO, tls.ca_file);
  set(CURLOPT_SSLCERT, tls.certificate_file);
  set(CURLOPT_SSLKEY, tls.key_file);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Authorities that are replaced on disk are seen within a minute (libcurl: a day).
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 60L);
#endif
}

void SetTransferOptions(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  const HttpRequest& request = *transfer.request;
  static const std::string user_agent = "tidegate/" + std::string(kVersion);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  SetTlsFiles(easy, request.tls);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.verify_certificate ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.verify_certificate ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request.close_after ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.body_limit));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error_text.data());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  if (request.method == HttpMethod::kPost) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
}

HttpOutcome OutcomeOf(Transfer& transfer, CURLcode code) {
  CURL* easy = transfer.easy.get();
  HttpOutcome outcome;
  curl_off_t total_us = 0;
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
  outcome.duration = std::chrono::microseconds(total_us);
  if (code == CURLE_OK && !transfer.gunzip.complete()) code = CURLE_PARTIAL_FILE;
  if (code == CURLE_OK) {
    HttpResponse response;
    long connects = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    response.status = StatusOf(easy);
    response.content_type = ContentTypeOf(easy);
    response.body = std::move(transfer.body);
    response.reused_connection = connects == 0;
    outcome.response = std::move(response);
    return outcome;
  }
  if (transfer.unwanted) {
    outcome.response = *std::move(transfer.unwanted);
    return outcome;
  }
  curl_off_t connect_us = 0;
  curl_off_t ready_us = 0;  // connected, or the connection was there: then the other one is 0
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &transfer.failure.os_error);
  transfer.failure.connected = connect_us > 0 || ready_us > 0;
  transfer.failure.code = code;
  transfer.failure.detail = transfer.error_text.data();
  outcome.response = ErrorOf(transfer.failure);
  return outcome;
}

using Steady = std::chrono::steady_clock;  // libcurl counts in real time, too

// In each round libcurl looks at every transfer that is under way, so there are not many at once:
// more begin when there are few, and when those that there are do not get on.
constexpr int kAtOnce = 64;
constexpr int kPatienceRounds = 16;
constexpr std::chrono::milliseconds kPatience{4};

// After a transfer libcurl looks through all addresses for those of more than a minute. Once for
// all requests that are made together is enough: each of many targets would have it look at all.
constexpr long kDnsSeconds = 60;

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpClientOptions options) : options_(options) {
    if (InitializeCurlOnce()) multi_.reset(curl_multi_init());
    if (multi_ == nullptr) return;
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                      static_cast<long>(options_.max_idle_connections));
  }

  void Perform(std::span<const HttpRequest> requests, const Done& done);

 private:
  struct Finished {
    std::size_t index = 0;
    HttpOutcome outcome;
  };

  /// Takes the transfers out of libcurl's hands, also when `done` throws.
  struct Batch {
    Impl& impl;
    std::vector<std::unique_ptr<Transfer>> transfers;
    std::deque<Finished> finished;
    std::size_t started = 0;  // of the requests
    int idle_rounds = 0;      // since one has begun or ended
    const Steady::time_point begun = Steady::now();

    bool AllStarted() const { return started == transfers.size(); }

    Batch(Impl& owner, std::size_t size) : impl(owner), transfers(size) {}
    ~Batch() {
      for (auto& transfer : transfers) impl.Release(transfer);
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
  };

  void StartSome(std::span<const HttpRequest> requests, Batch& batch);
  Status Start(const HttpRequest& request, std::size_t index, Batch& batch);
  void Release(std::unique_ptr<Transfer>& transfer);
  void CollectFinished(Batch& batch);
  CURLMcode Wait(Batch& batch);
  void FailAll(Batch& batch, const std::string& why);

  HttpClientOptions options_;
  Multi multi_;
  std::vector<Easy> idle_;  // reused: an easy handle costs some allocations
};

Status HttpClient::Impl::Start(const HttpRequest& request, std::size_t index, Batch& batch) {
  if (multi_ == nullptr) return Error{ErrorCode::kInternal, "libcurl could not be initialized"};
  const Duration timeout = request.timeout - (Steady::now() - batch.begun);
  if (timeout <= Duration::zero()) {
    return Error{ErrorCode::kDeadlineExceeded, "no time left for the request"};
  }
  Result<List> headers = HeaderList(request);
  if (!headers) return headers.error();
  auto transfer = std::make_unique<Transfer>();
  transfer->index = index;
  transfer->request = &request;
  transfer->headers = *std::move(headers);
  transfer->failure.timeout = request.timeout;
  transfer->failure.body_limit = request.body_limit;
  transfer->failure.header_limit = options_.max_header_bytes;
  if (idle_.empty()) {
    transfer->easy.reset(curl_easy_init());
  } else {
    transfer->easy = std::move(idle_.back());
    idle_.pop_back();
  }
  if (transfer->easy == nullptr) return Error{ErrorCode::kInternal, "out of memory"};
  SetSafetyOptions(transfer->easy.get());
  SetTransferOptions(*transfer);
  curl_easy_setopt(transfer->easy.get(), CURLOPT_TIMEOUT_MS, TimeoutMs(timeout));
  curl_easy_setopt(transfer->easy.get(), CURLOPT_DNS_CACHE_TIMEOUT, index == 0 ? kDnsSeconds : -1);
  const CURLMcode code = curl_multi_add_handle(multi_.get(), transfer->easy.get());
  if (code != CURLM_OK) return Error{ErrorCode::kInternal, curl_multi_strerror(code)};
  batch.transfers[index] = std::move(transfer);
  return {};
}

void HttpClient::Impl::StartSome(std::span<const HttpRequest> requests, Batch& batch) {
  batch.idle_rounds = 0;
  const std::size_t end = std::min(requests.size(), batch.started + kAtOnce);
  for (; batch.started < end; ++batch.started) {
    const std::size_t i = batch.started;
    if (Status status = Start(requests[i], i, batch); !status) {
      Finished finished{i, {}};
      finished.outcome.response = status.error();
      batch.finished.push_back(std::move(finished));
    }
  }
}

void HttpClient::Impl::Release(std::unique_ptr<Transfer>& transfer) {
  if (transfer == nullptr) return;
  curl_multi_remove_handle(multi_.get(), transfer->easy.get());
  curl_easy_reset(transfer->easy.get());
  idle_.push_back(std::move(transfer->easy));
  transfer.reset();
}

void HttpClient::Impl::CollectFinished(Batch& batch) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    void* user = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
    Transfer& transfer = *static_cast<Transfer*>(user);
    const std::size_t index = transfer.index;
    batch.finished.push_back({index, OutcomeOf(transfer, code)});
    Release(batch.transfers[index]);
  }
}

CURLMcode HttpClient::Impl::Wait(Batch& batch) {
  const std::chrono::milliseconds limit = batch.AllStarted() ? std::chrono::seconds(1) : kPatience;
  int ready = 0;
  const CURLMcode code =
      curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(limit.count()), &ready);
  if (ready == 0) batch.idle_rounds = kPatienceRounds;
  return code;
}

void HttpClient::Impl::FailAll(Batch& batch, const std::string& why) {
  for (; !batch.AllStarted(); ++batch.started) {
    Finished finished{batch.started, {}};
    finished.outcome.response = Error{ErrorCode::kInternal, why};
    batch.finished.push_back(std::move(finished));
  }
  for (auto& transfer : batch.transfers) {
    if (transfer == nullptr) continue;
    Finished finished{transfer->index, {}};
    finished.outcome.response = Error{ErrorCode::kInternal, why};
    batch.finished.push_back(std::move(finished));
    Release(transfer);
  }
}

void HttpClient::Impl::Perform(std::span<const HttpRequest> requests, const Done& done) {
  const SigpipeGuard guard;
  Batch batch(*this, requests.size());
  // `done` may take long (it parses pages), so sockets are looked at again after a few calls.
  constexpr int kDonePerRound = 16;
  std::size_t open = requests.size();
  int running = 0;
  while (open > 0) {
    const bool room = running < kAtOnce || batch.idle_rounds >= kPatienceRounds;
    if (room && !batch.AllStarted()) StartSome(requests, batch);
    CURLMcode code = curl_multi_perform(multi_.get(), &running);
    CollectFinished(batch);
    ++batch.idle_rounds;
    for (int i = 0; i < kDonePerRound && !batch.finished.empty(); ++i, --open) {
      batch.idle_rounds = 0;
      Finished finished = std::move(batch.finished.front());
      batch.finished.pop_front();
      done(finished.index, std::move(finished.outcome));
    }
    const bool starts_more = running < kAtOnce && !batch.AllStarted();
    if (code == CURLM_OK && batch.finished.empty() && open > 0 && !starts_more) {
      code = Wait(batch);
    }
    if (code != CURLM_OK) FailAll(batch, curl_multi_strerror(code));
  }
}

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>(options)) {}

HttpClient::~HttpClient() = default;

void HttpClient::Perform(std::span<const HttpRequest> requests, const Done& done) {
  impl_->Perform(requests, done);
}

HttpOutcome HttpClient::Perform(const HttpRequest& request) {
  HttpOutcome result;
  Perform(std::span<const HttpRequest>(&request, 1),
          [&result](std::size_t, HttpOutcome&& outcome) { result = std::move(outcome); });
  return result;
}

}  // namespace tidegate::net
