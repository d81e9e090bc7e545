// SPDX-License-Identifier: Apache-2.0
#include "tidegate/sources/discovery.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "net/credentials.h"
#include "net/http_client.h"
#include "series/staleness.h"
#include "sources/discovery/discovery.h"
#include "sources/discovery/target.h"
#include "sources/page.h"
#include "sources/schedule.h"

namespace tidegate {
namespace {

using discovery::Discovery;
using discovery::Target;

constexpr std::size_t kBodySizeLimit = std::size_t{16} << 20U;
constexpr std::size_t kTargetLimit = 10'000;

/// Whose address a target may have.
struct Owner {
  WorkloadId workload;
  std::string replica;
  bool leaving = false;

  friend bool operator==(const Owner&, const Owner&) = default;
};

/// What is known of the workloads.
struct Fleet {
  std::map<std::string, Owner> owners;     ///< by host:port
  std::map<std::string, WorkloadId> read;  ///< by URL: who reads it already, for itself

  friend bool operator==(const Fleet&, const Fleet&) = default;
};

Fleet FleetOf(std::span<const WorkloadReplicas> workloads) {
  Fleet fleet;
  for (const WorkloadReplicas& each : workloads) {
    for (const std::string& url : each.targets) fleet.read[url] = each.workload;
    for (const Replica& replica : each.replicas) {
      // At one that has ended something else may answer.
      if (replica.host.empty() || !replica.Alive()) continue;
      for (const auto& [name, number] : replica.ports) {
        fleet.owners[net::HostPort(replica.host, number)] = {each.workload, replica.name,
                                                             replica.terminating};
      }
    }
  }
  return fleet;
}

/// What a scrape says of itself.
struct Outcome {
  bool up = false;
  double seconds = 0;
  PageSummary summary;
};

void Report(const Labels& labels, const Outcome& outcome, TimePoint now, SampleSink& sink) {
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  const PageSummary& page = outcome.summary;
  // What the store refuses it counts; that is no failure of the target.
  (void)sink.Ingest("up", labels, outcome.up ? 1 : 0, now);
  (void)sink.Ingest("scrape_duration_seconds", labels, outcome.seconds, now);
  const std::size_t kept = SamplesOn(page);
  (void)sink.Ingest("scrape_samples_scraped", labels, count(kept + page.dropped), now);
  (void)sink.Ingest("scrape_samples_post_metric_relabeling", labels, count(kept), now);
  (void)sink.Ingest("scrape_series_added", labels, count(page.series_added), now);
}

/// A target that is gone ends all that is known of it.
void End(const Labels& labels, TimePoint now, SampleSink& sink) {
  sink.MarkStale(labels, now);
  for (const char* metric : {"up", "scrape_duration_seconds", "scrape_samples_scraped",
                             "scrape_samples_post_metric_relabeling", "scrape_series_added"}) {
    (void)sink.Ingest(metric, labels, kStaleMarker, now);
  }
}

struct Scraped {
  Target target;
  Schedule schedule;
  bool leaving = false;
  TargetState state;
};

/// What tells targets apart, as in Prometheus.
struct Identity {
  std::string url;
  Labels labels;

  friend auto operator<=>(const Identity&,
                          const Identity&) = default;  // NOLINT(modernize-use-nullptr)
};

class DiscoverySource final : public Source {
 public:
  DiscoverySource(ScrapeConfig job, RelabelRules target_rules, PageRules page_rules)
      : job_(std::move(job)),
        target_rules_(std::move(target_rules)),
        page_rules_(std::move(page_rules)) {
    discoveries_.push_back(discovery::MakeStaticDiscovery(job_.static_configs));
    for (const auto& each : job_.file_sd_configs) {
      discoveries_.push_back(discovery::MakeFileDiscovery(each));
    }
    for (const auto& each : job_.http_sd_configs) {
      discoveries_.push_back(discovery::MakeHttpDiscovery(each));
    }
    for (const auto& each : job_.replicas) {
      discoveries_.push_back(discovery::MakeReplicaDiscovery(each));
    }
  }

  Status Collect(const CollectRequest& request, SampleSink& sink) override;
  std::vector<TargetState> targets() const override;

 private:
  void Reconcile(const CollectRequest& request, SampleSink& sink);
  std::map<Identity, Scraped> MakeTargets();
  void AddTarget(const Labels& own, const Labels& group, std::map<Identity, Scraped>& targets);
  void LeaveOut(const std::string& why);
  void Scrape(const CollectRequest& request, const std::vector<Scraped*>& due, SampleSink& sink);
  void Finish(const Result<PageSummary>& summary, Duration duration, TimePoint now,
              Scraped& scraped, SampleSink& sink);
  std::string Why() const;

  const ScrapeConfig job_;
  const RelabelRules target_rules_;
  const PageRules page_rules_;
  net::HttpClient client_;
  std::vector<std::unique_ptr<Discovery>> discoveries_;
  std::vector<std::uint64_t> versions_;
  Fleet fleet_;
  net::Credentials credentials_;

  mutable std::mutex mutex_;  // of the states in `targets_`, its shape, and `problem_`
  std::map<Identity, Scraped> targets_;
  std::string left_out_;  // the first target that is, and why
  std::string problem_;
};

Status DiscoverySource::Collect(const CollectRequest& request, SampleSink& sink) {
  for (const auto& each : discoveries_) each->Refresh(request);
  Reconcile(request, sink);
  {
    const std::lock_guard lock(mutex_);
    problem_ = Why();
  }
  std::vector<Scraped*> due;
  for (auto& [identity, scraped] : targets_) {
    if (!scraped.schedule.IsDue(request.now, scraped.target.interval)) continue;
    scraped.schedule.Advance(request.now, scraped.target.interval);
    due.push_back(&scraped);
  }
  if (!due.empty()) Scrape(request, due, sink);
  return {};
}

/// Why there may be too few targets; empty: there are all.
std::string DiscoverySource::Why() const {
  if (discoveries_.size() == 1 && job_.static_configs.empty()) {
    return "selects none of the workloads, and no targets are listed";
  }
  for (const auto& each : discoveries_) {
    if (std::string error = each->error(); !error.empty()) return error;
  }
  return left_out_;
}

/// Makes the targets those that are discovered now; those that stay keep their schedules.
void DiscoverySource::Reconcile(const CollectRequest& request, SampleSink& sink) {
  std::vector<std::uint64_t> versions;
  for (const auto& each : discoveries_) versions.push_back(each->version());
  Fleet fleet = FleetOf(request.fleet);
  if (versions == versions_ && fleet == fleet_) return;
  versions_ = std::move(versions);
  fleet_ = std::move(fleet);
  std::map<Identity, Scraped> next = MakeTargets();
  std::vector<Labels> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [identity, scraped] : targets_) {
      const auto stays = next.find(identity);
      if (stays == next.end()) {
        gone.push_back(identity.labels);
        continue;
      }
      scraped.leaving = stays->second.leaving;
      scraped.target = std::move(stays->second.target);
      stays->second = std::move(scraped);
    }
    targets_ = std::move(next);
  }
  for (const Labels& labels : gone) End(labels, request.now, sink);
}

std::map<Identity, Scraped> DiscoverySource::MakeTargets() {
  left_out_.clear();
  std::map<Identity, Scraped> targets;
  for (const auto& each : discoveries_) {
    for (const TargetGroup& group : each->groups()) {
      for (const Labels& target : group.targets) AddTarget(target, group.labels, targets);
    }
  }
  return targets;
}

void DiscoverySource::LeaveOut(const std::string& why) {
  if (left_out_.empty()) left_out_ = "a target is left out: " + why;
}

void DiscoverySource::AddTarget(const Labels& own, const Labels& group,
                                std::map<Identity, Scraped>& targets) {
  auto made = discovery::MakeTarget(job_, target_rules_, own, group);
  if (!made) LeaveOut(made.error().message);
  if (!made || !*made) return;
  // Its series would be there twice, and whatever adds them up would count the load twice.
  if (const auto reader = fleet_.read.find((*made)->url); reader != fleet_.read.end()) {
    return LeaveOut((*made)->url + " is read already, by the source of workload \"" +
                    reader->second + "\"; one of them has to go");
  }
  Scraped scraped{.target = *std::move(*made), .schedule = {}, .leaving = false, .state = {}};
  scraped.state.target = scraped.target.url;
  const auto owner = fleet_.owners.find(scraped.target.address);
  if (owner != fleet_.owners.end()) {
    scraped.target.labels["workload"] = owner->second.workload;
    scraped.target.labels["replica"] = owner->second.replica;
    scraped.state.workload = owner->second.workload;
    scraped.state.replica = owner->second.replica;
    scraped.leaving = owner->second.leaving;
  }
  scraped.state.job = job_.job_name;
  scraped.state.labels = scraped.target.labels;
  Identity identity{scraped.target.url, scraped.target.labels};
  targets.emplace(std::move(identity), std::move(scraped));
}

void DiscoverySource::Scrape(const CollectRequest& request, const std::vector<Scraped*>& due,
                             SampleSink& sink) {
  const auto fail = [&](const Error& error) {
    for (Scraped* scraped : due) Finish(error, {}, request.now, *scraped, sink);
  };
  const std::size_t limit = job_.target_limit > 0 ? job_.target_limit : kTargetLimit;
  if (targets_.size() > limit) {
    return fail({ErrorCode::kUnavailable,
                 "target_limit exceeded (number of targets: " + std::to_string(targets_.size()) +
                     ", limit: " + std::to_string(limit) + ")"});
  }
  auto credentials = net::Credentials::Read(job_.access);
  if (!credentials) return fail(credentials.error());
  credentials_ = *std::move(credentials);
  std::vector<net::HttpRequest> gets;
  std::deque<AnsweredPage> pages;
  for (const Scraped* scraped : due) {
    net::HttpRequest& get = gets.emplace_back();
    get.url = scraped->target.url;
    get.timeout = std::min(scraped->target.timeout, request.deadline - request.now);
    get.body_limit = job_.body_size_limit > 0 ? job_.body_size_limit : kBodySizeLimit;
    get.on_body =
        pages.emplace_back(scraped->target.labels, request.now, sink, page_rules_).Reader();
    get.close_after = scraped->leaving;
    get.tls = job_.access.tls;
    get.verify_certificate = !job_.access.insecure_skip_verify;
    get.headers = credentials_.headers();
    get.headers.emplace("Accept", kAcceptHeader);
    get.headers.emplace("X-Prometheus-Scrape-Timeout-Seconds", Seconds(get.timeout));
  }
  client_.Perform(gets, [&](std::size_t index, net::HttpOutcome&& outcome) {
    Status answered = outcome.response ? net::CheckStatus(outcome.response->status)
                                       : Status(outcome.response.error());
    Finish(answered ? pages[index].Finish() : Result<PageSummary>(answered.error()),
           outcome.duration, request.now, *due[index], sink);
  });
}

void DiscoverySource::Finish(const Result<PageSummary>& summary, Duration duration, TimePoint now,
                             Scraped& scraped, SampleSink& sink) {
  const Labels& labels = scraped.target.labels;
  if (!summary) sink.MarkStale(labels, now);
  const Outcome outcome{.up = summary.has_value(),
                        .seconds = std::chrono::duration<double>(duration).count(),
                        .summary = summary ? *summary : PageSummary{}};
  Report(labels, outcome, now, sink);
  const std::lock_guard lock(mutex_);
  scraped.state.up = outcome.up;
  scraped.state.last_attempt = now;
  if (outcome.up) scraped.state.last_success = now;
  scraped.state.last_duration = duration;
  scraped.state.samples = SamplesOn(outcome.summary);
  scraped.state.error = outcome.up ? "" : credentials_.Redact(summary.error().message);
  TellSkipped(summary, scraped.state);
  scraped.state.warning = credentials_.Redact(scraped.state.warning);
}

std::vector<TargetState> DiscoverySource::targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<TargetState> states;
  for (const auto& [identity, scraped] : targets_) states.push_back(scraped.state);
  if (!problem_.empty()) {
    TargetState discovering;
    discovering.target = "discovery of " + job_.job_name;
    discovering.job = job_.job_name;
    discovering.error = problem_;
    states.push_back(std::move(discovering));
  }
  return states;
}

}  // namespace

Result<std::unique_ptr<Source>> MakeDiscoverySource(ScrapeConfig config) {
  const auto compile = [&](const std::vector<RelabelConfig>& configs, const std::string& key) {
    auto rules = RelabelRules::Compile(configs);
    return rules ? rules
                 : Result<RelabelRules>(Error{
                       rules.error().code, config.job_name + ": " + key + rules.error().message});
  };
  auto target_rules = compile(config.relabel_configs, "relabel_configs");
  if (!target_rules) return target_rules.error();
  auto metric_rules = compile(config.metric_relabel_configs, "metric_relabel_configs");
  if (!metric_rules) return metric_rules.error();
  PageRules page{.honor_labels = config.honor_labels,
                 .honor_timestamps = config.honor_timestamps,
                 .relabel = *std::move(metric_rules),
                 .sample_limit = config.sample_limit,
                 .label_limit = config.label_limit,
                 .label_name_length_limit = config.label_name_length_limit,
                 .label_value_length_limit = config.label_value_length_limit,
                 .lenient = config.lenient};
  return std::unique_ptr<Source>(std::make_unique<DiscoverySource>(
      std::move(config), *std::move(target_rules), std::move(page)));
}

}  // namespace tidegate
