// SPDX-License-Identifier: Apache-2.0
//
// HttpClient: many HTTP requests at once, each with a total deadline of its own.
//
// A request ends when its last byte has arrived or its time is up, whichever comes first, so one
// peer that hangs or trickles never delays another. What could be used against the host is off:
// redirects, proxies from the environment, other protocols, link-local and cloud metadata
// addresses, unverified TLS unless a request says so. Connections are kept open and reused.
//
// Thread safety: one thread at a time; several clients may run side by side.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/http_options.h"
#include "tidegate/result.h"
#include "tidegate/types.h"

namespace tidegate::net {

enum class HttpMethod { kGet, kPost };

/// Takes the body of a 2xx answer as it arrives, decompressed; an error ends the request with it.
using BodyReader = std::function<Status(std::string_view content_type, std::string_view part)>;

struct HttpRequest {
  std::string url;  ///< http or https, without a user and password
  HttpMethod method = HttpMethod::kGet;
  std::string body;                            ///< kPost only
  std::map<std::string, std::string> headers;  ///< may be secret: never in errors
  TlsFiles tls;
  bool verify_certificate = true;              ///< false: whoever answers is believed
  Duration timeout = std::chrono::seconds(1);  ///< total: name look-up to last byte
  std::size_t body_limit = 16u << 20;          ///< bytes, counted after decompression
  BodyReader on_body;                          ///< null: HttpResponse::body has all of it
  bool close_after = false;  ///< the connection is not kept open for another request
};

struct HttpResponse {
  int status = 0;
  std::string content_type;  ///< as sent; empty: none
  std::string body;
  bool reused_connection = false;
};

/// Any status is a response; an error means that there is no complete one:
///
///   kDeadlineExceeded  timed out after 700 ms (waiting for the answer)
///   kUnavailable       connect refused · truncated body · body over 1024 bytes · …
///   kPermissionDenied  address 169.254.169.254 refused: link-local · certificate refused: …
///   kInvalidArgument   a URL or a header that cannot be sent
struct HttpOutcome {
  Result<HttpResponse> response = Error{ErrorCode::kInternal, "not performed"};
  Duration duration{};  ///< from the start of the request to its end
};

struct HttpClientOptions {
  std::size_t max_idle_connections = 1024;  ///< kept open between requests
  std::size_t max_header_bytes = 64u << 10;
};

class TIDEGATE_EXPORT HttpClient {
 public:
  using Done = std::function<void(std::size_t index, HttpOutcome&& outcome)>;

  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Performs all requests in parallel. Calls `done` once for each, in this thread, in the order
  /// of completion and while the others go on. Returns when the last is done.
  void Perform(std::span<const HttpRequest> requests, const Done& done);

  HttpOutcome Perform(const HttpRequest& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Ok for 2xx; otherwise `HTTP 503`, with the code that says what the caller can do.
TIDEGATE_EXPORT Status CheckStatus(int http_status);

/// "10.0.0.1:8002"; brackets an IPv6 host.
std::string HostPort(std::string_view host, int port);

/// "http://10.0.0.1:8002/metrics"; brackets an IPv6 host.
std::string HttpUrl(std::string_view host, int port, std::string_view path);

/// As a segment of a path, or a value of a form: everything but A-Z a-z 0-9 - . _ ~ as %XX.
std::string PercentEncoded(std::string_view text);

}  // namespace tidegate::net
