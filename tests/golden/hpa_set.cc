// SPDX-License-Identifier: Apache-2.0
//
// The set `hpa`: scenarios of the Kubernetes controller, step by step, through Decide() and
// UpdateStatus(). What stands around them in a cluster (other autoscalers, the scale subresource,
// the stored status) is played here.
#include <algorithm>
#include <array>
#include <cctype>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "hpa/compatibility.h"
#include "hpa/label_selector.h"
#include "tests/golden/hpa_scenario.h"
#include "tests/golden/sets.h"
#include "tidegate/plan.h"
#include "tidegate/status.h"

namespace tidegate::golden {

namespace {

// What became of writing the scale.
struct ScaleWrite {
  Applied applied;
  int attempts = 0;
};

// The controller's state, and the cluster's, across the steps of a scenario.
class Run {
 public:
  explicit Run(const Json& scenario)
      : scenario_(scenario),
        name_space_(scenario.at("hpa").value("namespace", "")),
        name_(scenario.at("hpa").value("name", "")),
        spec_(ParseSpec(scenario.at("hpa").at("spec"), scenario)),
        history_(ParseHistory(Member(scenario, "initial"))) {
    status_.conditions = ParseConditions(Member(scenario, "initial"));
    if (Status added = policies_.AddAll(spec_, BuiltinPolicies()); !added) {
      throw ResultError(added.error());
    }
  }

  Json Step(const Json& step) {
    Prepare(step);
    const TimePoint now = ToTime(step.at("t"));
    const WorkloadInput input = Observe(step);
    const WorkloadOutput output = Decide(input, policies_, now);
    history_ = output.next;
    ScaleWrite write;
    if (output.command) write = WriteScale(Member(step, "faults"));
    if (write.applied.scaled) {
      RecordScale(spec_, output.decision.current, output.command->replicas, now, history_);
    }
    StatusUpdate update = UpdateStatus(status_, input, output, write.applied, generation_, now);
    const bool stored = Store(Member(step, "faults"), update);
    return Result(step, output, write, update, stored);
  }

 private:
  void Prepare(const Json& step) {
    const bool restart = step.value("restart", false);
    if (restart) history_ = {};
    if (step.contains("spec")) {
      ScalingSpec edited = ParseSpec(step["spec"], scenario_);
      if (edited != spec_) ++generation_;
      spec_ = std::move(edited);
    }
    if (!std::exchange(started_, true) || restart) ReconcileOthers();
    if (step.value("delete", false)) {
      history_ = {};
      status_ = {};
      generation_ = 1;
    }
    const Condition* zero = status_.Find(condition::kScaledToZero);
    history_.scaled_to_zero = zero != nullptr && zero->status == ConditionStatus::kTrue;
  }

  // Each other autoscaler of the namespace is known by the selector that it had then.
  void ReconcileOthers() {
    others_.clear();
    for (const Json& other : Member(scenario_, "otherHpas")) {
      auto selector =
          hpa::Selector::Parse(other.value("selector", ""), hpa::CompatibilityOf(spec_));
      if (other.value("selector", "").empty() || !selector) continue;
      others_.emplace(name_space_ + "/" + other.value("name", ""), *std::move(selector));
    }
  }

  WorkloadInput Observe(const Json& step) {
    WorkloadInput input{.spec = spec_,
                        .observation = {},
                        .readings = {},
                        .history = history_,
                        .error = ScaleError(Member(step, "faults"))};
    const Json& scale = step.at("scale");
    input.observation.spec_replicas = scale.value("specReplicas", 0);
    input.observation.status_replicas = scale.value("statusReplicas", 0);
    Select(scale.value("selector", ""), ParsePods(step, spec_), input.observation);
    for (const MetricSpec& metric : spec_.metrics) {
      input.readings.push_back(ReadMetric(metric, Member(step, "metrics"), name_space_));
    }
    return input;
  }

  // The pods under the selector, unless it is broken or others select some of them too.
  void Select(const std::string& text, std::vector<GoldenPod> pods,
              Observation& observation) const {
    if (text.empty()) {
      observation.selector_problem = {SelectorFault::kMissing, "selector is required"};
      return;
    }
    const auto selector = hpa::Selector::Parse(text, hpa::CompatibilityOf(spec_));
    if (!selector) {
      observation.selector_problem = {
          SelectorFault::kInvalid,
          "couldn't convert selector into a corresponding internal selector object: " +
              selector.error().message};
      return;
    }
    std::erase_if(pods, [&](const GoldenPod& pod) { return !selector->Matches(pod.labels); });
    const std::vector<std::string> owners = Owners(pods);
    if (owners.size() > 1) {
      observation.selector_problem = {SelectorFault::kAmbiguous, Ambiguity(text, owners)};
      return;
    }
    for (GoldenPod& pod : pods) observation.replicas.push_back(std::move(pod.replica));
  }

  // Every autoscaler that selects one of the pods, this one included; sorted.
  std::vector<std::string> Owners(const std::vector<GoldenPod>& pods) const {
    std::vector<std::string> owners;
    if (!pods.empty()) owners.push_back(spec_.workload);
    for (const auto& other : others_) {
      const bool selects = std::any_of(pods.begin(), pods.end(), [&](const GoldenPod& pod) {
        return other.second.Matches(pod.labels);
      });
      if (selects) owners.push_back(other.first);
    }
    std::sort(owners.begin(), owners.end());
    return owners;
  }

  std::string Ambiguity(const std::string& selector, std::vector<std::string> owners) const {
    const bool two = hpa::CompatibilityOf(spec_).names_two_ambiguous;
    if (two && owners.size() > 2) owners.resize(2);
    std::string list;
    for (const std::string& owner : owners) list += (list.empty() ? "" : " ") + owner;
    return "pods by selector " + selector +
           (two ? " are controlled by more than one HPA (e.g. [" + list + "])"
                : " are controlled by multiple HPAs: [" + list + "]");
  }

  std::optional<Error> ScaleError(const Json& faults) const {
    const ObjectReference& target = spec_.scale_target_ref;
    const auto slash = target.api_version.find('/');
    if (slash != target.api_version.rfind('/')) {
      return Error{ErrorCode::kInvalidArgument,
                   "unexpected GroupVersion string: " + target.api_version};
    }
    const std::string group = slash == std::string::npos ? "" : target.api_version.substr(0, slash);
    static const std::array<std::pair<const char*, const char*>, 4> kKnown = {
        {{"apps", "Deployment"},
         {"apps", "ReplicaSet"},
         {"apps", "StatefulSet"},
         {"", "ReplicationController"}}};
    const bool known = std::any_of(kKnown.begin(), kKnown.end(), [&](const auto& each) {
      return each.first == group && each.second == target.kind;
    });
    if (!known) {
      return Error{ErrorCode::kInvalidArgument,
                   "no matches for kind \"" + target.kind + "\" in group \"" + group + "\""};
    }
    if (!faults.contains("getScale")) return std::nullopt;
    return Error{ErrorCode::kUnavailable, faults["getScale"].get<std::string>()};
  }

  std::string ConflictText() const {
    const ObjectReference& target = spec_.scale_target_ref;
    std::string resource = target.kind + "s";
    std::transform(resource.begin(), resource.end(), resource.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto slash = target.api_version.find('/');
    if (slash != std::string::npos) resource += "." + target.api_version.substr(0, slash);
    return "Operation cannot be fulfilled on " + resource + " \"" + target.name +
           "\": the object has been modified; please apply your changes to the latest version and "
           "try again";
  }

  // PUTs of the scale until one succeeds; conflicts are tried again.
  ScaleWrite WriteScale(const Json& faults) const {
    constexpr int kMaxAttempts = 5;
    const Json& answers = Member(faults, "updateScale");
    const bool retries = hpa::CompatibilityOf(spec_).retries_conflicts;
    ScaleWrite write;
    while (true) {
      const auto at = static_cast<std::size_t>(write.attempts++);
      const std::string answer = at < answers.size() ? answers[at].get<std::string>() : "";
      if (answer.empty()) {
        write.applied = {.scaled = true, .error = std::nullopt};
        return write;
      }
      const bool conflict = answer == "Conflict";
      write.applied.error = Error{conflict ? ErrorCode::kConflict : ErrorCode::kUnavailable,
                                  conflict ? ConflictText() : answer};
      if (!conflict || !retries || write.attempts >= kMaxAttempts) return write;
    }
  }

  // The status is written if it differs from the stored one. True: it was, and it changed.
  bool Store(const Json& faults, StatusUpdate& update) {
    if (update.status == status_) return false;
    if (faults.contains("updateStatus")) {
      StatusWriteFailed(name_, faults["updateStatus"].get<std::string>(), update);
      return false;
    }
    const WorkloadStatus stored = AsStored(update.status);
    const bool changed = stored != status_;
    status_ = stored;
    return changed;
  }

  Json Result(const Json& step, const WorkloadOutput& output, const ScaleWrite& write,
              const StatusUpdate& update, bool stored) const {
    Json result = {
        {"t", step.at("t")},
        {"desiredReplicas", status_.desired_replicas},
        {"currentReplicas", status_.current_replicas},
        {"scaleWritten", write.applied.scaled ? Json(output.command->replicas) : Json()},
        {"scaleUpdateAttempts", write.attempts},
        {"statusWritten", stored},
        {"lastScaleTime", status_.last_scale_time ? FromTime(*status_.last_scale_time) : Json()},
        {"observedGeneration",
         status_.observed_generation ? Json(*status_.observed_generation) : Json()},
        {"currentMetrics", FromMetrics(status_.current_metrics)},
        {"conditions", FromConditions(status_.conditions)},
        {"events", FromEvents(update.events)},
        {"error", update.error ? Json(*update.error) : Json()}};
    return FromHistory(history_, std::move(result));
  }

  const Json& scenario_;
  const std::string name_space_;
  const std::string name_;
  ScalingSpec spec_;
  std::int64_t generation_ = 1;
  History history_;
  WorkloadStatus status_;  // as it is stored
  PolicySet policies_;
  std::map<std::string, hpa::Selector> others_;
  bool started_ = false;
};

Json Answer(const Json& scenario) {
  Json steps = Json::array();
  Run run(scenario);
  for (const Json& step : scenario.at("steps")) steps.push_back(run.Step(step));
  return {{"id", scenario.at("id")}, {"steps", std::move(steps)}};
}

}  // namespace

int RunHpaSet(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json json = Json::parse(line);
    if (!json.contains("scenario") && !json.contains("steps")) continue;  // another schema
    out << Answer(json.contains("scenario") ? json["scenario"] : json).dump() << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
