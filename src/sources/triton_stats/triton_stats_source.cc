// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/triton_stats.h"

#include <utility>

#include "sources/replica_poll.h"
#include "sources/triton_stats/stats_page.h"

namespace tidegate {
namespace {

Result<PageSummary> ReadStats(const net::HttpResponse& response, const Labels& target,
                              TimePoint now, SampleSink& sink) {
  const Result<std::string> page = triton_stats::StatsPage(response.body);
  if (!page) return page.error();
  return sink.IngestPage(*page, PageFormat::kText, target, now);
}

std::string PathOf(const std::string& model) {
  return model.empty() ? "/v2/models/stats" : "/v2/models/" + net::PercentEncoded(model) + "/stats";
}

}  // namespace

std::unique_ptr<Source> MakeTritonStatsSource(TritonStatsOptions options) {
  return MakeReplicaPoll({.name = "read statistics of",
                          .port = options.port,
                          .path = PathOf(options.model),
                          .interval = options.interval,
                          .timeout = options.timeout,
                          .body_size_limit = options.body_size_limit,
                          .headers = std::move(options.headers),
                          .labels = {{"source", "triton_stats"}}},
                         &ReadStats);
}

}  // namespace tidegate
