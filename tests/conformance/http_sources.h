// SPDX-License-Identifier: Apache-2.0
//
// The sources that talk HTTP, and what is right for them to hear.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tidegate/sources/prometheus.h"
#include "tidegate/sources/scrape.h"
#include "tidegate/sources/triton_stats.h"

namespace tidegate::testing {

inline constexpr const char* kSecret = "s3cr3t-t0k3n";
inline constexpr std::size_t kBodyLimit = 100'000;
inline constexpr const char* kIncrease = "increase(served_total[10s])";

/// What a server says whose metrics have these values.
struct Served {
  std::string depth = "7";
  std::string served = "100";    ///< a counter
  std::string increase = "100";  ///< what a Prometheus makes of it, for kIncrease
};

struct HttpCandidate {
  const char* name;
  /// A source of what is at the port, as the replica web-0 has it.
  std::unique_ptr<Source> (*make)(std::uint16_t port, Duration timeout);
  std::string (*reply)(const Served& served, const std::string& request);
  const char* type;  ///< Content-Type
  const char* depth = "depth";
  const char* increase = kIncrease;
  bool sees_resets = true;    ///< or they are the server's own business
  bool has_no_number = true;  ///< what is sent can hold a NaN
};

inline std::unique_ptr<Source> MakeScrape(std::uint16_t, Duration timeout) {
  return MakeScrapeSource({.timeout = timeout,
                           .body_size_limit = kBodyLimit,
                           .headers = {{"Authorization", std::string("Bearer ") + kSecret}}});
}

inline std::string ScrapeReply(const Served& served, const std::string&) {
  return "# TYPE depth gauge\ndepth " + served.depth + "\n# TYPE served_total counter\n" +
         "served_total " + served.served + "\n";
}

inline std::unique_ptr<Source> MakeTritonStats(std::uint16_t, Duration timeout) {
  return MakeTritonStatsSource({.port = "metrics",
                                .timeout = timeout,
                                .body_size_limit = kBodyLimit,
                                .headers = {{"Authorization", std::string("Bearer ") + kSecret}}});
}

/// A count is what it has, so 1.5e3 becomes 1500; what is no number is none here, either.
inline std::string TritonStatsReply(const Served& served, const std::string&) {
  const auto leaf = [](const std::string& count) { return "{\"count\":" + count + ",\"ns\":0}"; };
  const std::string depth = served.depth == "1.5e3" ? "1500" : served.depth;
  return "{\"model_stats\":[{\"name\":\"m\",\"version\":\"1\",\"last_inference\":0,"
         "\"inference_count\":" +
         served.served + ",\"execution_count\":" + depth +
         ",\"inference_stats\":{\"success\":" + leaf("0") + ",\"fail\":" + leaf("0") +
         ",\"queue\":" + leaf("0") + ",\"compute_input\":" + leaf("0") +
         ",\"compute_infer\":" + leaf("0") + ",\"compute_output\":" + leaf("0") +
         "},\"batch_stats\":[]}]}";
}

inline std::unique_ptr<Source> MakePrometheus(std::uint16_t port, Duration timeout) {
  return MakePrometheusSource({.url = "http://127.0.0.1:" + std::to_string(port),
                               .timeout = timeout,
                               .body_size_limit = kBodyLimit,
                               .headers = {{"Authorization", std::string("Bearer ") + kSecret}}});
}

/// Of one replica after the other.
inline std::string PrometheusAnswer(const std::vector<std::string>& replicas,
                                    const std::string& value) {
  std::string list;
  for (const std::string& replica : replicas) {
    list += (list.empty() ? "" : ",") + (R"({"metric":{"pod":")" + replica) +
            R"("},"value":[3600,")" + value + "\"]}";
  }
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + list + "]}}";
}

inline std::string PrometheusReply(const Served& served, const std::string& request) {
  const bool increase = request.find("query=increase") != std::string::npos;
  return PrometheusAnswer({"web-0"}, increase ? served.increase : served.depth);
}

inline constexpr HttpCandidate kHttpCandidates[] = {
    {.name = "scrape",
     .make = MakeScrape,
     .reply = ScrapeReply,
     .type = "text/plain; version=0.0.4"},
    {.name = "prometheus",
     .make = MakePrometheus,
     .reply = PrometheusReply,
     .type = "application/json",
     .sees_resets = false},
    {.name = "triton_stats",
     .make = MakeTritonStats,
     .reply = TritonStatsReply,
     .type = "application/json",
     .depth = "triton_execution_count",
     .increase = "increase(triton_inference_count[10s])",
     .has_no_number = false},
};

}  // namespace tidegate::testing
