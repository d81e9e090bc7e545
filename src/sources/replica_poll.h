// SPDX-License-Identifier: Apache-2.0
//
// What all sources have in common that GET something from every replica of a workload: who is due,
// the requests of all replicas at once, whose series end, and how it went.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "net/http_client.h"
#include "tidegate/series_store.h"
#include "tidegate/source.h"
#include "tidegate/types.h"

namespace tidegate {

struct ReplicaPollOptions {
  std::string name;  ///< what is done, in errors: "scrape"
  std::string port;  ///< the name of the replica's port
  std::string path;
  Duration interval{};  ///< per target; due targets only are read
  Duration timeout{};   ///< total, from connect to last byte
  std::size_t body_size_limit = 0;
  std::map<std::string, std::string> headers;  ///< may be secret
  Labels labels;                               ///< of every series, with `workload` and `replica`
  PageRules rules{};                           ///< without a reader of answers
};

/// Stores what a 2xx answer says as a page of the target whose labels are given, or nothing.
using AnswerReader = Result<PageSummary> (*)(const net::HttpResponse& response,
                                             const Labels& target, TimePoint now, SampleSink& sink);

/// One target for each replica that runs and has the port. A target that fails, or whose replica
/// is gone, ends its series. All samples of a call carry its `now`, and the time that a call may
/// take is counted from its start: min(timeout, deadline - now). For each target there are also
/// the series `up`, `scrape_duration_seconds` and `scrape_samples_scraped`.
///
/// Without `read` the answers are pages, each of which is read as it arrives.
std::unique_ptr<Source> MakeReplicaPoll(ReplicaPollOptions options, AnswerReader read = nullptr);

}  // namespace tidegate
