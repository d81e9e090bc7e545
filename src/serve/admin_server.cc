// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <civetweb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "serve/address.h"
#include "serve/push.h"
#include "tidegate/serve.h"
#include "tidegate/version.h"

namespace tidegate {

AdminServer::~AdminServer() = default;

namespace {

using serve::ListenAddress;

constexpr std::string_view kTextType = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

struct Response {
  int status = 200;
  std::string_view type = kTextType;
  std::string body;
  std::string_view allow = "GET, HEAD";  // of 405
};

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

std::string IndexPage() {
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Tidegate</title>"
         "</head><body><h1>Tidegate " +
         std::string(kVersion) +
         "</h1><ul><li><a href=\"/metrics\">/metrics</a></li>"
         "<li><a href=\"/healthz?verbose\">/healthz</a></li>"
         "<li><a href=\"/readyz?verbose\">/readyz</a></li>"
         "<li><a href=\"/debug/state\">/debug/state</a></li></ul></body></html>\n";
}

/// `verbose`, `verbose=…`, or one of several parameters.
bool IsVerbose(const char* query) {
  std::string_view rest = query != nullptr ? query : "";
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    if (parameter.substr(0, parameter.find('=')) == "verbose") return true;
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
  }
  return false;
}

Response Probe(const std::function<Result<std::string>()>& check, const char* query) {
  const Result<std::string> result = check();
  if (!result) {
    return {503, kTextType,
            std::string(ToString(result.error().code)) + ": " + result.error().message + "\n"};
  }
  return {200, kTextType, IsVerbose(query) ? *result + "\n" : "ok\n"};
}

Response Route(const AdminHandlers& handlers, std::string_view path, const char* query) {
  if (path == "/metrics" && handlers.metrics) return {200, kMetricsType, handlers.metrics()};
  if (path == "/debug/state" && handlers.state) {
    return {200, "application/json", handlers.state()};
  }
  if (path == "/healthz" && handlers.healthy) return Probe(handlers.healthy, query);
  if (path == "/readyz" && handlers.ready) return Probe(handlers.ready, query);
  if (path == "/") return {200, "text/html; charset=utf-8", IndexPage()};
  return {404, kTextType, "not found\n"};
}

std::string_view HeaderOf(mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value != nullptr ? std::string_view(value) : std::string_view();
}

/// The body; absent: it was longer than `limit` or ended early.
std::optional<std::string> ReadBody(mg_connection* connection, std::size_t limit) {
  std::string body;
  char buffer[16384];
  int count = 0;
  while ((count = mg_read(connection, buffer, sizeof buffer)) > 0) {
    if (body.size() + static_cast<std::size_t>(count) > limit) return std::nullopt;
    body.append(buffer, static_cast<std::size_t>(count));
  }
  if (count < 0) return std::nullopt;
  return body;
}

/// Who asks, and for what, is looked at before the body is read.
Response AnswerPush(const serve::Push& push, mg_connection* connection,
                    const mg_request_info& request) {
  const auto answer = [](const serve::PushAnswer& said) {
    return Response{said.status, kTextType, said.text + "\n"};
  };
  serve::PushTarget target;
  const std::optional<serve::PushAnswer> refused =
      push.Refuse({.authorization = HeaderOf(connection, "Authorization"),
                   .content_type = HeaderOf(connection, "Content-Type"),
                   .content_encoding = HeaderOf(connection, "Content-Encoding"),
                   .query = request.query_string != nullptr ? std::string_view(request.query_string)
                                                            : std::string_view(),
                   .content_length = request.content_length},
                  target);
  if (refused) return answer(*refused);
  const std::optional<std::string> body = ReadBody(connection, push.max_bytes());
  const bool whole = body && (request.content_length < 0 ||
                              body->size() == static_cast<std::size_t>(request.content_length));
  if (!whole) return {413, kTextType, "the page is too large, or its end is missing\n"};
  return answer(push.Take(target, *body));
}

void Send(mg_connection* connection, const Response& response, bool head_only) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(ReasonPhrase(response.status)) +
                     "\r\nContent-Type: " + std::string(response.type) +
                     "\r\nContent-Length: " + std::to_string(response.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
                     "\r\nContent-Security-Policy: default-src 'none'"
                     "\r\nConnection: close\r\n";
  if (response.status == 405) head += "Allow: " + std::string(response.allow) + "\r\n";
  if (response.status == 401) head += "WWW-Authenticate: Bearer\r\n";
  head += "\r\n";
  if (!head_only) head += response.body;
  mg_write(connection, head.data(), head.size());
}

/// Each of civetweb's threads changes the process's SIGPIPE as the first thing it does; the host's
/// choice is put back when the last of them has. (civetweb sends with MSG_NOSIGNAL and does not
/// need the signal ignored.)
class SigpipeKeeper {
 public:
  SigpipeKeeper() { sigaction(SIGPIPE, nullptr, &before_); }
  ~SigpipeKeeper() { sigaction(SIGPIPE, &before_, nullptr); }
  SigpipeKeeper(const SigpipeKeeper&) = delete;
  SigpipeKeeper& operator=(const SigpipeKeeper&) = delete;

 private:
  struct sigaction before_ {};
};

constexpr int kWorkers = 8;
/// civetweb goes on without a thread that could not be started: nobody waits for it longer.
constexpr std::chrono::seconds kLongestThreadStart{5};

class CivetwebServer final : public AdminServer {
 public:
  CivetwebServer(ListenAddress address, const AdminServerOptions& options, AdminHandlers handlers)
      : address_(std::move(address)),
        handlers_(std::move(handlers)),
        push_({.token = options.push_token,
               .max_bytes = options.max_push_bytes,
               .take = handlers_.push}) {}
  ~CivetwebServer() override { Stop(); }

  Status Start();
  std::uint16_t port() const override { return port_; }

 private:
  void Stop() noexcept;
  void Knock() const noexcept;
  void AwaitThreads();
  static void* OnThread(const mg_context* context, int type) noexcept;
  static int OnRequest(mg_connection* connection) noexcept;
  static int OnError(mg_connection* connection, int status, const char* message) noexcept;
  static int OnLog(const mg_connection* connection, const char* message) noexcept;
  Response Answer(mg_connection* connection, const mg_request_info& request,
                  std::string_view host) const;

  const ListenAddress address_;
  const AdminHandlers handlers_;
  const serve::Push push_;
  std::counting_semaphore<> threads_started_{0};
  std::mutex log_mutex_;
  std::string first_log_;
  mg_context* context_ = nullptr;
  std::uint16_t port_ = 0;
};

Status CivetwebServer::Start() {
  static const unsigned features = mg_init_library(MG_FEATURES_DEFAULT);
  (void)features;
  const std::string listen = address_.ip + ":" + std::to_string(address_.port);
  const std::string workers = std::to_string(kWorkers);
  // Few threads and short times: the clients are a Prometheus, a probe and an operator.
  // clang-format off
  std::vector<const char*> options = {
      "listening_ports", listen.c_str(),
      "num_threads", workers.c_str(),
      "connection_queue", "16",
      "listen_backlog", "64",
      "max_request_size", "16384",
      "request_timeout_ms", "3000",
      "linger_timeout_ms", "1000",
      "enable_keep_alive", "no",
      "enable_directory_listing", "no",
      "enable_auth_domain_check", "no",
      "access_control_allow_origin", "",
      "access_control_allow_methods", "",
      "access_control_allow_headers", "",
      nullptr};
  // clang-format on
  mg_callbacks callbacks{};
  callbacks.init_thread = &CivetwebServer::OnThread;
  callbacks.begin_request = &CivetwebServer::OnRequest;
  callbacks.log_message = &CivetwebServer::OnLog;
  callbacks.http_error = &CivetwebServer::OnError;
  const SigpipeKeeper keeper;
  context_ = mg_start(&callbacks, this, options.data());
  const std::string where = "admin server at " + listen;
  if (context_ == nullptr) {
    const std::lock_guard lock(log_mutex_);
    const bool taken = first_log_.find("in use") != std::string::npos;
    const std::string why = taken                ? "the port is already in use"
                            : first_log_.empty() ? "cannot listen"
                                                 : first_log_;
    return Error{ErrorCode::kUnavailable, where + ": " + why};
  }
  AwaitThreads();
  mg_server_port bound{};
  if (mg_get_server_ports(context_, 1, &bound) != 1) {
    return Error{ErrorCode::kInternal, where + ": its port is not known"};
  }
  port_ = static_cast<std::uint16_t>(bound.port);
  return {};
}

/// The master and its workers.
void CivetwebServer::AwaitThreads() {
  for (int i = 0; i < 1 + kWorkers; ++i) {
    if (!threads_started_.try_acquire_for(kLongestThreadStart)) return;
  }
}

void* CivetwebServer::OnThread(const mg_context* context, int /*type*/) noexcept {
  static_cast<CivetwebServer*>(mg_get_user_data(context))->threads_started_.release();
  return nullptr;
}

/// civetweb looks for its stop flag every two seconds, or when somebody connects.
void CivetwebServer::Knock() const noexcept {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  if (inet_pton(AF_INET, address_.ip.c_str(), &to.sin_addr) == 1) {
    (void)connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  close(fd);
}

void CivetwebServer::Stop() noexcept {
  if (context_ == nullptr) return;
  mg_context* context = std::exchange(context_, nullptr);
  try {
    const std::future<void> stopped =
        std::async(std::launch::async, [context] { mg_stop(context); });
    while (stopped.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) Knock();
  } catch (const std::system_error&) {
    mg_stop(context);  // no thread to be had: the slow way
  }
}

/// For requests that civetweb refuses before OnRequest sees them: malformed, too long, too slow.
/// (Its own error pages format the date with gmtime(), which is not thread-safe.)
int CivetwebServer::OnError(mg_connection* connection, int status, const char*) noexcept {
  try {
    Send(connection, {status, kTextType, "the request was refused\n"}, false);
  } catch (...) {
    // out of memory: the connection closes without an answer
  }
  return 0;
}

int CivetwebServer::OnLog(const mg_connection* connection, const char* message) noexcept {
  try {
    const mg_context* context = mg_get_context(connection);
    auto* server = static_cast<CivetwebServer*>(mg_get_user_data(context));
    if (server != nullptr) {
      const std::lock_guard lock(server->log_mutex_);
      if (server->first_log_.empty()) server->first_log_ = message;
    }
  } catch (...) {
    // Without memory there is no text for the error; nothing else is lost.
  }
  return 1;  // civetweb itself writes nothing anywhere
}

Response CivetwebServer::Answer(mg_connection* connection, const mg_request_info& request,
                                std::string_view host) const {
  if (!serve::HostAllowed(host, address_)) {
    return {403, kTextType, "this Host is not served here\n"};
  }
  const std::string_view method = request.request_method;
  const std::string_view path = request.local_uri != nullptr ? request.local_uri : "";
  try {
    if (path == serve::kPushPath && push_.enabled()) {
      if (method != "POST") return {405, kTextType, "only POST\n", "POST"};
      return AnswerPush(push_, connection, request);
    }
    if (method != "GET" && method != "HEAD") {
      return {405, kTextType, "only GET and HEAD\n"};
    }
    if (request.content_length > 0) return {413, kTextType, "a request must not have a body\n"};
    return Route(handlers_, path, request.query_string);
  } catch (...) {
    return {500, kTextType, "internal error\n"};
  }
}

int CivetwebServer::OnRequest(mg_connection* connection) noexcept {
  try {
    const mg_request_info* request = mg_get_request_info(connection);
    const auto* server = static_cast<const CivetwebServer*>(request->user_data);
    const char* host = mg_get_header(connection, "Host");
    const Response response = server->Answer(connection, *request, host != nullptr ? host : "");
    Send(connection, response, std::string_view(request->request_method) == "HEAD");
    return response.status;
  } catch (...) {
    return 500;  // out of memory: the connection closes without an answer
  }
}

}  // namespace

Result<std::unique_ptr<AdminServer>> MakeAdminServer(
    AdminServerOptions options,  // NOLINT: by value, as every factory
    AdminHandlers handlers) {
  Result<ListenAddress> address = serve::ParseListenAddress(options.address);
  if (!address) return address.error();
  if (!address->loopback && !options.insecure) {
    return Error{ErrorCode::kPermissionDenied,
                 "admin address \"" + options.address +
                     "\": not a loopback address, and the server has no authentication; set "
                     "insecure to allow it"};
  }
  auto server = std::make_unique<CivetwebServer>(*std::move(address), options, std::move(handlers));
  if (Status status = server->Start(); !status) return status.error();
  return std::unique_ptr<AdminServer>(std::move(server));
}

}  // namespace tidegate
