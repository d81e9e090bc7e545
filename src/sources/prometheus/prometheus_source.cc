// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/prometheus.h"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "net/credentials.h"
#include "net/http_client.h"
#include "series/staleness.h"
#include "sources/prometheus/answer.h"
#include "sources/schedule.h"

namespace tidegate {
namespace {

using net::Credentials;
using prometheus::Answer;
using prometheus::AnswerSeries;

constexpr std::string_view kPath = "/api/v1/query";
constexpr std::size_t kLongestMessage = 400;

HttpAccess AccessOf(const PrometheusOptions& options) {
  return {.basic_auth = options.basic_auth,
          .credentials_file = options.bearer_token_file,
          .tls = options.tls,
          .headers = options.headers};
}

/// Seconds since the epoch, to the millisecond that the answers are stored with.
std::string Timestamp(TimePoint at) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch();
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double>(ms).count());
  return text;
}

/// Not longer than a log line should be, and still UTF-8.
std::string Shorten(std::string text) {
  if (text.size() <= kLongestMessage) return text;
  std::size_t end = kLongestMessage;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

/// What a label may say that means a replica: its name, or where it listens.
std::map<std::string, std::string> ReplicaNames(std::span<const Replica> replicas) {
  std::map<std::string, std::string> names;
  for (const Replica& replica : replicas) {
    if (replica.host.empty()) continue;
    const bool v6 = replica.host.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + replica.host + "]" : replica.host;
    for (const auto& [port, number] : replica.ports) {
      names[host + ":" + std::to_string(number)] = replica.name;
    }
  }
  for (const Replica& replica : replicas) names[replica.name] = replica.name;
  return names;
}

/// The labels of the answer and Tidegate's own; what is called like those becomes `exported_…`, as
/// in SampleSink::IngestPage().
Labels Merge(const Labels& answer, const Labels& own) {
  Labels labels = own;
  for (const auto& [name, value] : answer) {
    std::string renamed = name;
    const bool taken = name == "workload" || name == "replica";
    while (taken && (answer.contains(renamed) || own.contains(renamed))) {
      renamed.insert(0, "exported_");
    }
    labels[renamed] = value;
  }
  return labels;
}

/// One metric of a workload, and what was last heard of it.
struct Asked {
  std::set<Labels> live;  // its series that have not ended
  TargetState state;
};

struct WorkloadState {
  net::HttpClient client;
  Schedule schedule;
  std::map<std::string, Asked> by_metric;
};

class PrometheusSource final : public Source {
 public:
  explicit PrometheusSource(PrometheusOptions options) : options_(std::move(options)) {
    url_ = options_.url;
    while (!url_.empty() && url_.back() == '/') url_.pop_back();
    for (const auto& [name, value] : options_.parameters) {
      parameters_ += "&" + net::PercentEncoded(name) + "=" + net::PercentEncoded(value);
    }
  }

  Status Collect(const CollectRequest& request, SampleSink& sink) override;
  std::vector<TargetState> targets() const override;
  bool answers_queries() const override { return true; }

 private:
  WorkloadState& StateOf(const CollectRequest& request);
  net::HttpRequest RequestFor(const CollectRequest& request, const std::string& query,
                              const Credentials& credentials, Duration timeout) const;
  Result<Answer> Store(const CollectRequest& request, const CollectQuery& query,
                       const net::HttpOutcome& outcome, Asked& asked, SampleSink& sink) const;
  std::vector<Labels> LabelsOf(const CollectRequest& request, const Answer& answer) const;
  void Finish(const CollectRequest& request, const Result<Answer>& answer, Duration duration,
              const Credentials& credentials, Asked& asked);
  void FailAll(const CollectRequest& request, const Error& error, WorkloadState& state,
               SampleSink& sink);

  const PrometheusOptions options_;
  std::string url_;
  std::string parameters_;

  // Guards the shape of the maps and every TargetState; the rest of a workload's state belongs to
  // the thread that collects for it.
  mutable std::mutex mutex_;
  std::map<WorkloadId, std::unique_ptr<WorkloadState>> workloads_;
};

/// Ends the series of a metric that are not in `answer`.
void EndOthers(const CollectRequest& request, const std::string& metric, std::set<Labels> answer,
               Asked& asked, SampleSink& sink) {
  for (const Labels& labels : asked.live) {
    if (!answer.contains(labels)) (void)sink.Ingest(metric, labels, kStaleMarker, request.now);
  }
  asked.live = std::move(answer);
}

Status PrometheusSource::Collect(const CollectRequest& request, SampleSink& sink) {
  WorkloadState& state = StateOf(request);
  if (!state.schedule.IsDue(request.now, options_.interval)) return {};
  const Duration timeout = std::min(options_.timeout, request.deadline - request.now);
  if (timeout <= Duration::zero()) {
    return Error{ErrorCode::kDeadlineExceeded, "no time left to ask for " + request.workload};
  }
  state.schedule.Advance(request.now, options_.interval);
  const auto credentials = Credentials::Read(AccessOf(options_));
  if (!credentials) {
    FailAll(request, credentials.error(), state, sink);
    return {};
  }
  std::vector<net::HttpRequest> requests;
  for (const CollectQuery& query : request.queries) {
    requests.push_back(RequestFor(request, query.query, *credentials, timeout));
  }
  state.client.Perform(requests, [&](std::size_t i, net::HttpOutcome&& outcome) {
    const CollectQuery& query = request.queries[i];
    Asked& asked = state.by_metric.at(query.metric);
    const auto answer = Store(request, query, outcome, asked, sink);
    Finish(request, answer, outcome.duration, *credentials, asked);
  });
  return {};
}

WorkloadState& PrometheusSource::StateOf(const CollectRequest& request) {
  const std::lock_guard lock(mutex_);
  auto& state = workloads_[request.workload];
  if (state == nullptr) state = std::make_unique<WorkloadState>();
  for (const CollectQuery& query : request.queries) {
    TargetState& target = state->by_metric[query.metric].state;
    target.target = query.metric + " at " + url_;
    target.metric = query.metric;
  }
  return *state;
}

net::HttpRequest PrometheusSource::RequestFor(const CollectRequest& request,
                                              const std::string& query,
                                              const Credentials& credentials,
                                              Duration timeout) const {
  net::HttpRequest post;
  post.url = url_ + std::string(kPath);
  post.method = net::HttpMethod::kPost;
  post.body =
      "query=" + net::PercentEncoded(query) + "&time=" + Timestamp(request.now) + parameters_;
  post.headers = credentials.headers();
  post.headers["Content-Type"] = "application/x-www-form-urlencoded";
  post.tls = options_.tls;
  post.timeout = timeout;
  post.body_limit = options_.body_size_limit;
  return post;
}

/// After an error the metric has no series.
Result<Answer> PrometheusSource::Store(const CollectRequest& request, const CollectQuery& query,
                                       const net::HttpOutcome& outcome, Asked& asked,
                                       SampleSink& sink) const {
  const auto& response = outcome.response;
  Result<Answer> answer =
      response ? prometheus::ReadAnswer(response->status, response->body) : response.error();
  std::vector<Labels> labels;
  if (answer) labels = LabelsOf(request, *answer);
  const bool any_replica = std::any_of(labels.begin(), labels.end(),
                                       [](const Labels& each) { return each.contains("replica"); });
  if (query.per_replica && !labels.empty() && !any_replica) {
    answer = Error{
        ErrorCode::kInvalidArgument,
        "no series of the answer names a replica in its label \"" + options_.replica_label + "\""};
  }
  for (std::size_t i = 0; answer && i < labels.size(); ++i) {
    const AnswerSeries& series = answer->series[i];
    const TimePoint at = std::min(series.at.value_or(request.now), request.now);
    const Status stored = sink.Ingest(query.metric, labels[i], series.value, at);
    // Not newer than what is there: a range vector whose newest sample is the last one still.
    if (!stored && stored.error().code != ErrorCode::kConflict) answer = stored.error();
  }
  if (!answer) {
    asked.live.insert(labels.begin(), labels.end());
    labels.clear();
  }
  EndOthers(request, query.metric, {labels.begin(), labels.end()}, asked, sink);
  return answer;
}

std::vector<Labels> PrometheusSource::LabelsOf(const CollectRequest& request,
                                               const Answer& answer) const {
  const auto replicas = ReplicaNames(request.replicas);
  std::vector<Labels> all;
  for (const AnswerSeries& series : answer.series) {
    Labels own = {{"workload", request.workload}};
    const auto value = series.labels.find(options_.replica_label);
    const auto named = value == series.labels.end() ? replicas.end() : replicas.find(value->second);
    if (named != replicas.end()) own["replica"] = named->second;
    all.push_back(Merge(series.labels, own));
  }
  return all;
}

void PrometheusSource::Finish(const CollectRequest& request, const Result<Answer>& answer,
                              Duration duration, const Credentials& credentials, Asked& asked) {
  const auto shown = [&](const std::string& text) { return Shorten(credentials.Redact(text)); };
  const std::lock_guard lock(mutex_);
  asked.state.up = answer.has_value();
  asked.state.last_attempt = request.now;
  if (answer) asked.state.last_success = request.now;
  asked.state.last_duration = duration;
  asked.state.samples = answer ? answer->series.size() : 0;
  asked.state.error = answer ? "" : shown(answer.error().message);
  asked.state.warning = answer ? shown(answer->warning) : "";
}

/// Nothing can be asked at all.
void PrometheusSource::FailAll(const CollectRequest& request, const Error& error,
                               WorkloadState& state, SampleSink& sink) {
  for (auto& [metric, asked] : state.by_metric) {
    EndOthers(request, metric, {}, asked, sink);
    Finish(request, error, {}, Credentials(), asked);
  }
}

std::vector<TargetState> PrometheusSource::targets() const {
  std::vector<TargetState> states;
  const std::lock_guard lock(mutex_);
  for (const auto& [workload, state] : workloads_) {
    for (const auto& [metric, asked] : state->by_metric) states.push_back(asked.state);
  }
  return states;
}

}  // namespace

std::unique_ptr<Source> MakePrometheusSource(PrometheusOptions options) {
  return std::make_unique<PrometheusSource>(std::move(options));
}

}  // namespace tidegate
