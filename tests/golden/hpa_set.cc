// SPDX-License-Identifier: Apache-2.0
//
// The set `hpa`: scenarios of the Kubernetes controller, step by step, through Decide().
//
// Answered are replicas, recommendations and scale events. Conditions, events and the texts of
// the status are not part of the library yet, and neither are the inputs that Unsupported() names.
#include <cmath>
#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "hpa/arithmetic.h"
#include "hpa/quantity.h"
#include "tests/golden/sets.h"
#include "tidegate/plan.h"

namespace tidegate::golden {

namespace {

using Json = nlohmann::json;

const Json kNothing = Json::object();

const Json& Member(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() || found->is_null() ? kNothing : *found;
}

TimePoint ToTime(const Json& seconds) {
  return TimePoint(Duration(std::llround(seconds.get<double>() * 1e9)));
}

Json FromTime(TimePoint time) {
  const auto ns = time.time_since_epoch().count();
  if (ns % 1'000'000'000 == 0) return ns / 1'000'000'000;
  return static_cast<double>(ns) / 1e9;
}

Duration ToDuration(const Json& seconds) {
  return Duration(std::llround(seconds.get<double>() * 1e9));
}

MilliValue ToMilli(const Json& quantity) {
  const std::string text = quantity.is_string() ? quantity.get<std::string>() : quantity.dump();
  return hpa::Quantity::Parse(text).value().Milli();
}

// The text form of a label selector, as the API uses it in keys.
std::string SelectorKey(const Json& selector) {
  std::map<std::string, std::string> parts;
  for (const auto& [key, value] : Member(selector, "matchLabels").items()) {
    parts[key] = key + "=" + value.get<std::string>();
  }
  for (const Json& requirement : Member(selector, "matchExpressions")) {
    const std::string key = requirement.at("key");
    const std::string op = requirement.at("operator");
    std::string values;
    for (const Json& value : Member(requirement, "values")) {
      values += (values.empty() ? "" : ",") + value.get<std::string>();
    }
    parts[key] = op == "In"       ? key + " in (" + values + ")"
                 : op == "NotIn"  ? key + " notin (" + values + ")"
                 : op == "Exists" ? key
                                  : "!" + key;
  }
  std::string text;
  for (const auto& [key, part] : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

struct GoldenMetric {
  MetricSpec spec;
  std::string selector;  // text form, for look-ups
  std::string object;    // KIND/NAME
};

MetricTarget ParseTarget(const Json& json) {
  MetricTarget target;
  const std::string type = json.value("type", "");
  target.type = type == "Utilization" ? MetricTargetType::kUtilization
                : type == "Value"     ? MetricTargetType::kValue
                                      : MetricTargetType::kAverageValue;
  if (json.contains("value")) target.value = ToMilli(json["value"]);
  if (json.contains("averageValue")) target.average_value = ToMilli(json["averageValue"]);
  if (json.contains("averageUtilization")) {
    target.average_utilization = json["averageUtilization"].get<std::int32_t>();
  }
  return target;
}

// A Namespace is always the autoscaler's own, whatever the reference's name says.
std::string ObjectKey(const ObjectReference& object, const std::string& name_space) {
  const auto slash = object.api_version.find('/');
  const std::string group =
      slash == std::string::npos ? "" : "." + object.api_version.substr(0, slash);
  const bool is_namespace = group.empty() && object.kind == "Namespace";
  return object.kind + group + "/" + (is_namespace ? name_space : object.name);
}

GoldenMetric ParseMetric(const Json& json, const std::string& name_space) {
  static const std::map<std::string, std::pair<MetricSourceType, const char*>> kTypes = {
      {"Resource", {MetricSourceType::kResource, "resource"}},
      {"ContainerResource", {MetricSourceType::kContainerResource, "containerResource"}},
      {"Pods", {MetricSourceType::kPods, "pods"}},
      {"Object", {MetricSourceType::kObject, "object"}},
      {"External", {MetricSourceType::kExternal, "external"}}};
  const auto& [type, member] = kTypes.at(json.at("type"));
  const Json& source = json.at(member);
  GoldenMetric metric;
  metric.spec.type = type;
  metric.spec.target = ParseTarget(source.at("target"));
  metric.spec.container = source.value("container", "");
  metric.spec.name = source.contains("metric") ? source["metric"].at("name").get<std::string>()
                                               : source.at("name").get<std::string>();
  metric.selector = SelectorKey(Member(Member(source, "metric"), "selector"));
  const Json& object = Member(source, "describedObject");
  if (!object.empty()) {
    metric.spec.described_object = {object.value("apiVersion", ""), object.value("kind", ""),
                                    object.value("name", "")};
    metric.object = ObjectKey(metric.spec.described_object, name_space);
  }
  return metric;
}

void ParseRules(const Json& json, ScalingRules& rules) {
  static const std::map<std::string, SelectPolicy> kSelect = {
      {"Max", SelectPolicy::kMax},
      {"Min", SelectPolicy::kMin},
      {"Disabled", SelectPolicy::kDisabled}};
  if (json.contains("stabilizationWindowSeconds")) {
    rules.stabilization_window = ToDuration(json["stabilizationWindowSeconds"]);
  }
  if (json.contains("selectPolicy")) rules.select_policy = kSelect.at(json["selectPolicy"]);
  if (json.contains("tolerance")) {
    rules.tolerance =
        hpa::Quantity::Parse(json["tolerance"].get<std::string>()).value().CanonicalFloat();
  }
  if (!json.contains("policies")) return;
  rules.policies.clear();
  for (const Json& policy : json["policies"]) {
    rules.policies.push_back(
        {policy.at("type") == "Pods" ? ScalingPolicyType::kPods : ScalingPolicyType::kPercent,
         policy.at("value").get<std::int32_t>(), ToDuration(policy.at("periodSeconds"))});
  }
}

// A spec as the API server stores it, with its metrics as the driver needs them.
struct GoldenSpec {
  ScalingSpec spec;
  std::vector<GoldenMetric> metrics;
};

GoldenSpec ParseSpec(const Json& json, const Json& scenario) {
  const Json& flags = scenario.at("flags");
  GoldenSpec golden;
  ScalingSpec& spec = golden.spec;
  spec.workload = "web";
  spec.missing_data = MissingData::kFill;
  spec.min_replicas = json.value("minReplicas", 1);
  spec.max_replicas = json.at("maxReplicas").get<std::int32_t>();
  spec.hpa = {.tolerance = flags.at("tolerance").get<double>(),
              .downscale_stabilization = ToDuration(flags.at("downscaleStabilization")),
              .cpu_initialization_period = ToDuration(flags.at("cpuInitializationPeriod")),
              .initial_readiness_delay = ToDuration(flags.at("initialReadinessDelay"))};
  Json metrics = json.value("metrics", Json::array());
  if (metrics.empty()) {
    metrics = {
        {{"type", "Resource"},
         {"resource",
          {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 80}}}}}}};
  }
  for (const Json& metric : metrics) {
    golden.metrics.push_back(ParseMetric(metric, scenario.at("hpa").value("namespace", "")));
    spec.metrics.push_back(golden.metrics.back().spec);
  }
  if (json.contains("behavior") && !json["behavior"].is_null()) {
    spec.behavior = DefaultBehavior();
    ParseRules(Member(json["behavior"], "scaleUp"), spec.behavior->scale_up);
    ParseRules(Member(json["behavior"], "scaleDown"), spec.behavior->scale_down);
  }
  return golden;
}

bool Matches(const Json& pod, const std::string& selector) {
  static const Json kDefault = {{"app", "web"}};
  const Json& labels = pod.contains("labels") ? pod["labels"] : kDefault;
  const auto equals = selector.find('=');
  const std::string key = selector.substr(0, equals);
  return labels.contains(key) && labels[key] == selector.substr(equals + 1);
}

ConditionStatus ParseStatus(const std::string& status) {
  return status == "True"    ? ConditionStatus::kTrue
         : status == "False" ? ConditionStatus::kFalse
                             : ConditionStatus::kUnknown;
}

Replica ParsePod(const Json& pod) {
  static const std::map<std::string, ReplicaPhase> kPhases = {
      {"Pending", ReplicaPhase::kPending},     {"Running", ReplicaPhase::kRunning},
      {"Succeeded", ReplicaPhase::kSucceeded}, {"Failed", ReplicaPhase::kFailed},
      {"Unknown", ReplicaPhase::kUnknown},     {"", ReplicaPhase::kUnknown}};
  Replica replica;
  replica.name = pod.at("name");
  replica.phase = kPhases.at(pod.value("phase", ""));
  replica.terminating = pod.contains("deletionTimestamp") && !pod["deletionTimestamp"].is_null();
  if (!Member(pod, "startTime").is_object()) replica.start_time = ToTime(pod["startTime"]);
  for (const Json& condition : Member(pod, "conditions")) {
    if (condition.at("type") != "Ready") continue;
    replica.ready = ParseStatus(condition.at("status"));
    if (!Member(condition, "lastTransitionTime").is_object()) {
      replica.ready_transition = ToTime(condition["lastTransitionTime"]);
    }
  }
  for (const Json& container : Member(pod, "containers")) {
    Container each{.name = container.value("name", ""), .requests = {}};
    for (const auto& [resource, quantity] : Member(container, "requests").items()) {
      each.requests[resource] = ToMilli(quantity);
    }
    replica.containers.push_back(std::move(each));
  }
  return replica;
}

Observation ParseObservation(const Json& step) {
  const Json& scale = step.at("scale");
  Observation observation{.spec_replicas = scale.value("specReplicas", 0),
                          .status_replicas = scale.value("statusReplicas", 0),
                          .replicas = {}};
  const std::string selector = scale.value("selector", "");
  for (const Json& pod : Member(step, "pods")) {
    if (Matches(pod, selector)) observation.replicas.push_back(ParsePod(pod));
  }
  return observation;
}

Error NoData(std::string message) { return {ErrorCode::kNoData, std::move(message)}; }

// An entry for each pod all of whose containers (or the named one) have the resource.
Reading ReadResource(const GoldenMetric& metric, const Json& metrics) {
  Reading reading;
  const Json& errors = Member(metrics, "errors");
  if (errors.contains("resource")) {
    reading.error = NoData("unable to fetch metrics from resource metrics API: " +
                           errors["resource"].get<std::string>());
    return reading;
  }
  const Json& pods = Member(metrics, "resource");
  if (pods.empty()) reading.error = NoData("no metrics returned from resource metrics API");
  for (const auto& [name, pod] : pods.items()) {
    ReplicaReading entry{.replica = name, .value = 0};
    bool complete = false;
    const bool named = metric.spec.type == MetricSourceType::kContainerResource;
    for (const auto& [container, usage] : Member(pod, "containers").items()) {
      if (named && container != metric.spec.container) continue;
      complete = usage.contains(metric.spec.name);
      if (!complete) break;
      entry.value = hpa::WrapAdd(entry.value, ToMilli(usage[metric.spec.name]));
    }
    if (!complete) continue;
    entry.timestamp = ToTime(pod.value("timestamp", Json(0)));
    entry.window = ToDuration(pod.value("window", Json(0)));
    reading.replicas.push_back(std::move(entry));
  }
  return reading;
}

// The entry of a metric, looked up with its selector first.
const Json& Lookup(const Json& map, const GoldenMetric& metric) {
  if (!metric.selector.empty()) {
    const Json& found = Member(map, (metric.spec.name + "{" + metric.selector + "}").c_str());
    if (&found != &kNothing) return found;
  }
  return Member(map, metric.spec.name.c_str());
}

Reading ReadPods(const GoldenMetric& metric, const Json& metrics) {
  Reading reading;
  const Json& error = Lookup(Member(Member(metrics, "errors"), "pods"), metric);
  if (error.is_string()) {
    reading.error =
        NoData("unable to fetch metrics from custom metrics API: " + error.get<std::string>());
    return reading;
  }
  const Json& values = Lookup(Member(metrics, "pods"), metric);
  if (values.empty()) reading.error = NoData("no metrics returned from custom metrics API");
  for (const auto& [name, quantity] : values.items()) {
    reading.replicas.push_back({.replica = name, .value = ToMilli(quantity)});
  }
  return reading;
}

Reading ReadGlobal(const GoldenMetric& metric, const Json& metrics) {
  const bool object = metric.spec.type == MetricSourceType::kObject;
  Reading reading;
  const Json& error =
      Lookup(Member(Member(metrics, "errors"), object ? "object" : "external"), metric);
  if (error.is_string()) {
    reading.error = NoData(error.get<std::string>());
    return reading;
  }
  const Json& found = Lookup(Member(metrics, object ? "object" : "external"), metric);
  if (object) {
    const Json& value = Member(found, metric.object.c_str());
    if (value.is_object()) {
      reading.error = NoData("the server could not find the metric");
    } else {
      reading.values.push_back(ToMilli(value));
    }
    return reading;
  }
  if (found.empty()) reading.error = NoData("no metrics returned from external metrics API");
  for (const Json& value : found) reading.values.push_back(ToMilli(value));
  return reading;
}

Reading Read(const GoldenMetric& metric, const Json& metrics) {
  switch (metric.spec.type) {
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
      return ReadResource(metric, metrics);
    case MetricSourceType::kPods:
      return ReadPods(metric, metrics);
    case MetricSourceType::kObject:
    case MetricSourceType::kExternal:
      break;
  }
  return ReadGlobal(metric, metrics);
}

// What a scenario needs that is not there yet; empty: nothing.
std::string Unsupported(const Json& scenario) {
  if (scenario.value("k8sVersion", "v1.37").rfind("v1.37", 0) != 0) return "Kubernetes before 1.37";
  if (scenario.contains("gates")) return "feature gates";
  if (scenario.contains("otherHpas")) return "selectors shared by several autoscalers";
  if (Member(scenario, "initial").contains("conditions")) return "conditions";
  if (scenario.value("family", "") == "odd-specs") return "specs that validation refuses";
  for (const Json& step : scenario.at("steps")) {
    if (step.contains("faults")) return "faults of the API server";
    const std::string selector = step.at("scale").value("selector", "");
    if (selector.find('=') == std::string::npos ||
        selector.find_first_of(" ,;!()") != std::string::npos) {
      return "label selectors";
    }
    for (const Json& pod : Member(step, "pods")) {
      if (pod.contains("initContainers") || pod.contains("podLevelRequests")) {
        return "pod-level requests and init containers";
      }
    }
  }
  return "";
}

std::vector<ScaleEvent> ParseEvents(const Json& json) {
  std::vector<ScaleEvent> events;
  for (const Json& event : json) {
    events.push_back({event.at("change").get<std::int32_t>(), ToTime(event.at("t")),
                      event.value("outdated", false)});
  }
  return events;
}

History ParseHistory(const Json& initial) {
  History history;
  if (initial.contains("recommendations")) {
    history.recommendations.emplace();
    for (const Json& each : initial["recommendations"]) {
      history.recommendations->push_back(
          {each.at("replicas").get<std::int32_t>(), ToTime(each.at("t"))});
    }
  }
  history.scale_up_events = ParseEvents(Member(initial, "scaleUpEvents"));
  history.scale_down_events = ParseEvents(Member(initial, "scaleDownEvents"));
  return history;
}

Json FromEvents(const std::vector<ScaleEvent>& events) {
  Json list = Json::array();
  for (const ScaleEvent& event : events) {
    list.push_back(
        {{"change", event.change}, {"t", FromTime(event.time)}, {"outdated", event.outdated}});
  }
  return list;
}

Json FromRecommendations(const History& history) {
  Json list = Json::array();
  if (!history.recommendations) return list;
  for (const Recommendation& each : *history.recommendations) {
    list.push_back({{"replicas", each.replicas}, {"t", FromTime(each.time)}});
  }
  return list;
}

// The controller's state across the steps of a scenario.
class Run {
 public:
  explicit Run(const Json& scenario)
      : scenario_(scenario),
        golden_(ParseSpec(scenario.at("hpa").at("spec"), scenario)),
        history_(ParseHistory(Member(scenario, "initial"))) {
    if (Status added = policies_.AddAll(golden_.spec, BuiltinPolicies()); !added) {
      throw ResultError(added.error());
    }
  }

  Json Step(const Json& step) {
    Prepare(step);
    const TimePoint now = ToTime(step.at("t"));
    WorkloadInput input{.spec = golden_.spec,
                        .observation = ParseObservation(step),
                        .readings = {},
                        .history = history_,
                        .error = std::nullopt};
    for (const GoldenMetric& metric : golden_.metrics) {
      input.readings.push_back(Read(metric, Member(step, "metrics")));
    }
    WorkloadOutput output = Decide(input, policies_, now);
    history_ = std::move(output.next);
    const std::int32_t current = input.observation.spec_replicas;
    const bool failed = output.decision.error && !output.decision.proposed;
    if (output.command) {
      RecordScale(golden_.spec, current, output.command->replicas, now, history_);
      last_scale_time_ = std::chrono::floor<std::chrono::seconds>(now);  // as the API stores it
    }
    if (!failed) desired_ = output.decision.desired;
    Json result = {{"t", step.at("t")},
                   {"desiredReplicas", desired_},
                   {"currentReplicas", current},
                   {"scaleWritten", output.command ? Json(output.command->replicas) : Json()},
                   {"lastScaleTime", last_scale_time_ ? FromTime(*last_scale_time_) : Json()},
                   {"recommendations", FromRecommendations(history_)},
                   {"scaleUpEvents", FromEvents(history_.scale_up_events)},
                   {"scaleDownEvents", FromEvents(history_.scale_down_events)}};
    return result;
  }

 private:
  void Prepare(const Json& step) {
    if (step.value("restart", false)) {
      const bool zero = history_.scaled_to_zero;  // kept in the status
      history_ = {};
      history_.scaled_to_zero = zero;
    }
    if (step.contains("spec")) golden_ = ParseSpec(step["spec"], scenario_);
    if (step.value("delete", false)) {
      history_ = {};
      desired_ = 0;
      last_scale_time_.reset();
    }
  }

  const Json& scenario_;
  GoldenSpec golden_;
  History history_;
  PolicySet policies_;
  std::int32_t desired_ = 0;
  std::optional<TimePoint> last_scale_time_;
};

Json Answer(const Json& scenario) {
  if (const std::string why = Unsupported(scenario); !why.empty()) {
    return {{"id", scenario.at("id")}, {"unsupported", why}};
  }
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
