// SPDX-License-Identifier: Apache-2.0
//
// Prometheus source: asks an existing Prometheus, Thanos, Mimir or VictoriaMetrics for the metrics
// of a workload, by its HTTP API.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "tidegate/export.h"
#include "tidegate/http_options.h"
#include "tidegate/source.h"
#include "tidegate/types.h"

namespace tidegate {

struct PrometheusOptions {
  std::string url;                    ///< what stands before /api/v1/query
  std::string replica_label = "pod";  ///< names the replica, or is its host:port
  Duration interval = std::chrono::seconds(1);
  Duration timeout = std::chrono::milliseconds(700);  ///< total, from connect to last byte
  std::size_t body_size_limit = 4u << 20;             ///< bytes; a longer answer is an error
  std::string bearer_token_file{};                    ///< read again for each request
  BasicAuth basic_auth{};
  TlsFiles tls{};
  std::map<std::string, std::string> headers{};     ///< sent with each request; may be secret
  std::map<std::string, std::string> parameters{};  ///< of the query, such as `dedup`
  /// Queries must be PromQL that Tidegate knows, too. Off: they are not looked at, which MetricsQL
  /// needs.
  bool check_queries = true;
};

/// Answers the workload's queries by instant queries at the tick's time, all of them at once. Each
/// series of an answer is stored under the metric's name, with the labels `workload` and, where
/// `replica_label` says which, `replica`; labels of the answer with those names become
/// `exported_…`. A query that fails ends its series, and targets() says why.
///
/// An answer with warnings (PromQL's own, Thanos's of a store that is away, VictoriaMetrics's
/// `isPartial`) is used, but TargetState::warning puts it in doubt: there is no scale-down on it.
///
/// Neither tokens nor passwords nor values of headers appear in errors, whatever the server says.
TIDEGATE_EXPORT std::unique_ptr<Source> MakePrometheusSource(PrometheusOptions options);

}  // namespace tidegate
