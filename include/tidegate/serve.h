// SPDX-License-Identifier: Apache-2.0
//
// AdminServer: a small HTTP server for operators, Prometheus, probes, and programs that push.
//
//   /metrics      the metrics page, text format 0.0.4
//   /healthz      200 while the loop ticks, else 503
//   /readyz       200 when there is a valid configuration, else 503; both: ?verbose says more
//   /debug/state  JSON: the last inputs, decisions and their reasons
//   /debug/slices text: what lies where on the GPUs, and the fewest GPUs that would do
//   /api/v1/push  POST of a metrics page; the parameters of the URL are its series' labels. Only
//                 with the header `Authorization: Bearer TOKEN`, and only if there is a token.
//
// The rest has no authentication. So it listens on loopback only, unless `insecure` says otherwise,
// and answers only requests whose Host header names it: a web page that an operator looks at cannot
// reach it through a DNS name of its own.
//
// Thread safety: handlers are called from several threads of the server at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tidegate/export.h"
#include "tidegate/result.h"
#include "tidegate/series_store.h"
#include "tidegate/types.h"

namespace tidegate {

struct AdminServerOptions {
  std::string address = "127.0.0.1:9464";  ///< IPv4 address or "localhost", and port; 0: any
  bool insecure = false;                   ///< allow addresses that others can reach
  std::string push_token;                  ///< of /api/v1/push; empty: nobody may push
  std::size_t max_push_bytes = std::size_t{16} << 20U;  ///< of a pushed page; more is refused
};

/// Absent handlers answer 404. One that throws answers 500.
struct AdminHandlers {
  std::function<std::string()> metrics{};          ///< text format 0.0.4
  std::function<std::string()> state{};            ///< JSON
  std::function<std::string()> slices{};           ///< text
  std::function<Result<std::string>()> healthy{};  ///< the text of ?verbose; an Error: 503
  std::function<Result<std::string>()> ready{};    ///< likewise
  /// A pushed page. kInvalidArgument: 400; kNotFound: 404; any other: 503.
  std::function<Result<PageSummary>(std::string_view page, PageFormat, const Labels&)> push{};
};

class TIDEGATE_EXPORT AdminServer {
 public:
  /// Stops listening and waits for the handlers that are running.
  virtual ~AdminServer();
  /// The port that it listens on.
  virtual std::uint16_t port() const = 0;
};

/// kInvalidArgument: the address cannot be used. kUnavailable: the port is taken.
/// kPermissionDenied: not a loopback address, and not `insecure`.
TIDEGATE_EXPORT Result<std::unique_ptr<AdminServer>> MakeAdminServer(AdminServerOptions options,
                                                                     AdminHandlers handlers);

}  // namespace tidegate
