// SPDX-License-Identifier: Apache-2.0
#include "sources/replica_poll.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "sources/page.h"
#include "sources/schedule.h"

namespace tidegate {
namespace {

struct Target {
  std::string url;  // empty: the replica's address is not known
  Schedule schedule;
  bool leaving = false;  // drained: it waits until nobody is connected to it
  TargetState state;
};

struct WorkloadTargets {
  net::HttpClient client;
  std::map<std::string, Target> by_replica;
};

class ReplicaPoll final : public Source {
 public:
  ReplicaPoll(ReplicaPollOptions options, AnswerReader read)
      : options_(std::move(options)), read_(read) {}

  Status Collect(const CollectRequest& request, SampleSink& sink) override;
  std::vector<TargetState> targets() const override;

 private:
  WorkloadTargets& TargetsOf(const WorkloadId& workload);
  void Reconcile(const CollectRequest& request, WorkloadTargets& targets, SampleSink& sink);
  net::HttpRequest RequestFor(const Target& target, Duration timeout) const;
  void Finish(const CollectRequest& request, Target& target, net::HttpOutcome&& outcome,
              AnsweredPage* page, SampleSink& sink);
  Result<PageSummary> Read(const Result<net::HttpResponse>& response, const Labels& labels,
                           TimePoint now, AnsweredPage* page, SampleSink& sink) const;
  Labels LabelsOf(const std::string& replica, const WorkloadId& workload) const;

  const ReplicaPollOptions options_;
  const AnswerReader read_;

  // Guards the shape of the maps and every TargetState. One workload's client and schedule belong
  // to the thread that collects for it; its Target nodes stay where they are meanwhile.
  mutable std::mutex mutex_;
  std::map<WorkloadId, std::unique_ptr<WorkloadTargets>> workloads_;
};

Status ReplicaPoll::Collect(const CollectRequest& request, SampleSink& sink) {
  if (options_.path.empty() || options_.path.front() != '/') {
    return Error{ErrorCode::kInvalidArgument,
                 options_.name + " path: must begin with \"/\", got \"" + options_.path + "\""};
  }
  WorkloadTargets& targets = TargetsOf(request.workload);
  Reconcile(request, targets, sink);
  const Duration timeout = std::min(options_.timeout, request.deadline - request.now);
  if (timeout <= Duration::zero()) {
    return Error{ErrorCode::kDeadlineExceeded,
                 "no time left to " + options_.name + " " + request.workload};
  }
  std::vector<Target*> due;
  std::vector<net::HttpRequest> requests;
  std::deque<AnsweredPage> pages;
  for (auto& [replica, target] : targets.by_replica) {
    if (!target.schedule.IsDue(request.now, options_.interval)) continue;
    target.schedule.Advance(request.now, options_.interval);
    if (target.url.empty()) {
      net::HttpOutcome outcome;
      outcome.response = Error{ErrorCode::kUnavailable, "the replica's address is not known"};
      Finish(request, target, std::move(outcome), nullptr, sink);
      continue;
    }
    due.push_back(&target);
    requests.push_back(RequestFor(target, timeout));
    pages.emplace_back(LabelsOf(target.state.replica, request.workload), request.now, sink,
                       options_.rules);
    if (read_ == nullptr) requests.back().on_body = pages.back().Reader();
  }
  targets.client.Perform(requests, [&](std::size_t index, net::HttpOutcome&& outcome) {
    Finish(request, *due[index], std::move(outcome), &pages[index], sink);
  });
  return {};
}

WorkloadTargets& ReplicaPoll::TargetsOf(const WorkloadId& workload) {
  const std::lock_guard lock(mutex_);
  auto& targets = workloads_[workload];
  if (targets == nullptr) targets = std::make_unique<WorkloadTargets>();
  return *targets;
}

/// Makes the targets those of the replicas that there are now.
void ReplicaPoll::Reconcile(const CollectRequest& request, WorkloadTargets& targets,
                            SampleSink& sink) {
  std::map<std::string, std::string> urls;
  std::map<std::string, bool> leaving;
  for (const Replica& replica : request.replicas) {
    const auto port = replica.ports.find(options_.port);
    // Nothing answers at one that has not started or has ended, or something else does.
    if (port == replica.ports.end() || !replica.Alive()) continue;
    leaving[replica.name] = replica.terminating;
    urls[replica.name] =
        replica.host.empty() ? "" : net::HttpUrl(replica.host, port->second, options_.path);
  }
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [replica, target] : targets.by_replica) {
      if (!urls.contains(replica)) gone.push_back(replica);
    }
    for (const std::string& replica : gone) targets.by_replica.erase(replica);
    for (const auto& [replica, url] : urls) {
      Target& target = targets.by_replica[replica];
      target.url = url;
      target.leaving = leaving[replica];
      target.state.target = url;
      target.state.replica = replica;
    }
  }
  for (const std::string& replica : gone) {
    sink.MarkStale(LabelsOf(replica, request.workload), request.now);
  }
}

net::HttpRequest ReplicaPoll::RequestFor(const Target& target, Duration timeout) const {
  net::HttpRequest request;
  request.url = target.url;
  request.timeout = timeout;
  request.body_limit = options_.body_size_limit;
  request.close_after = target.leaving;
  request.headers = options_.headers;
  return request;
}

Labels ReplicaPoll::LabelsOf(const std::string& replica, const WorkloadId& workload) const {
  Labels labels = options_.labels;
  labels["replica"] = replica;
  labels["workload"] = workload;
  return labels;
}

Result<PageSummary> ReplicaPoll::Read(const Result<net::HttpResponse>& response,
                                      const Labels& labels, TimePoint now, AnsweredPage* page,
                                      SampleSink& sink) const {
  if (!response) return response.error();
  if (Status status = net::CheckStatus(response->status); !status) return status.error();
  return read_ != nullptr ? read_(*response, labels, now, sink) : page->Finish();
}

void ReplicaPoll::Finish(const CollectRequest& request, Target& target, net::HttpOutcome&& outcome,
                         AnsweredPage* page, SampleSink& sink) {
  const Labels labels = LabelsOf(target.state.replica, request.workload);
  const Result<PageSummary> summary = Read(outcome.response, labels, request.now, page, sink);
  if (!summary) sink.MarkStale(labels, request.now);
  const std::size_t samples = summary ? SamplesOn(*summary) : 0;
  const double seconds = std::chrono::duration<double>(outcome.duration).count();
  // What the store refuses it counts; that is no failure of the target.
  (void)sink.Ingest("up", labels, summary ? 1 : 0, request.now);
  (void)sink.Ingest("scrape_duration_seconds", labels, seconds, request.now);
  (void)sink.Ingest("scrape_samples_scraped", labels, static_cast<double>(samples), request.now);
  const std::lock_guard lock(mutex_);
  target.state.up = summary.has_value();
  target.state.last_attempt = request.now;
  if (summary) target.state.last_success = request.now;
  target.state.last_duration = outcome.duration;
  target.state.samples = samples;
  target.state.error = summary ? "" : summary.error().message;
  TellSkipped(summary, target.state);
}

std::vector<TargetState> ReplicaPoll::targets() const {
  std::vector<TargetState> states;
  const std::lock_guard lock(mutex_);
  for (const auto& [workload, targets] : workloads_) {
    for (const auto& [replica, target] : targets->by_replica) states.push_back(target.state);
  }
  return states;
}

}  // namespace

std::unique_ptr<Source> MakeReplicaPoll(ReplicaPollOptions options, AnswerReader read) {
  return std::make_unique<ReplicaPoll>(std::move(options), read);
}

}  // namespace tidegate
