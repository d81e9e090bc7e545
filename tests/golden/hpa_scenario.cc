// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/hpa_scenario.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "hpa/arithmetic.h"
#include "hpa/compatibility.h"
#include "hpa/pod_requests.h"
#include "hpa/quantity.h"
#include "tidegate/describe.h"
#include "tidegate/plan.h"

namespace tidegate::golden {

namespace {

const Json kNothing = Json::object();

Duration ToDuration(const Json& seconds) {
  return Duration(std::llround(seconds.get<double>() * 1e9));
}

std::optional<TimePoint> MaybeTime(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return ToTime(*found);
}

hpa::Quantity ToQuantity(const Json& json) { return hpa::Quantity::FromJson(json.dump()).value(); }

MilliValue ToMilli(const Json& json) { return ToQuantity(json).Milli(); }

// The value that has `text` as its name, else the first: the API has defaults for all of them.
template <typename E>
E ToEnum(const std::string& text, E otherwise) {
  const auto& names = EnumNames<E>::kNames;
  const auto found = std::find(names.begin(), names.end(), text);
  return found == names.end() ? otherwise : static_cast<E>(found - names.begin());
}

MetricTarget ParseTarget(const Json& json) {
  MetricTarget target;
  target.type = ToEnum(json.value("type", ""), MetricTargetType::kUtilization);
  if (json.contains("value")) target.value = ToMilli(json["value"]);
  if (json.contains("averageValue")) target.average_value = ToMilli(json["averageValue"]);
  if (json.contains("averageUtilization")) {
    target.average_utilization = json["averageUtilization"].get<std::int32_t>();
  }
  return target;
}

std::optional<LabelSelector> ParseSelector(const Json& identifier) {
  if (!identifier.contains("selector") || identifier["selector"].is_null()) return std::nullopt;
  const Json& json = identifier["selector"];
  LabelSelector selector;
  for (const auto& [key, value] : Member(json, "matchLabels").items()) {
    selector.match_labels[key] = value.get<std::string>();
  }
  for (const Json& each : Member(json, "matchExpressions")) {
    selector.match_expressions.push_back(
        {.key = each.value("key", ""),
         .op = each.value("operator", ""),
         .values = each.value("values", std::vector<std::string>())});
  }
  return selector;
}

MetricSpec ParseMetric(const Json& json) {
  static const std::map<std::string, const char*> kMembers = {
      {"Resource", "resource"},
      {"ContainerResource", "containerResource"},
      {"Pods", "pods"},
      {"Object", "object"},
      {"External", "external"}};
  const std::string type = json.value("type", "");
  const auto member = kMembers.find(type);
  if (member == kMembers.end()) return {.type = MetricSourceType::kUnknown, .name = type};
  const Json& source = Member(json, member->second);
  const Json& identifier = source.contains("metric") ? source["metric"] : source;
  const Json& object = Member(source, "describedObject");
  return {.type = ToEnum(type, MetricSourceType::kUnknown),
          .name = identifier.value("name", ""),
          .container = source.value("container", ""),
          .selector = ParseSelector(identifier),
          .described_object = {object.value("apiVersion", ""), object.value("kind", ""),
                               object.value("name", "")},
          .target = ParseTarget(Member(source, "target"))};
}

void ParseRules(const Json& json, ScalingRules& rules) {
  if (json.contains("stabilizationWindowSeconds")) {
    rules.stabilization_window = ToDuration(json["stabilizationWindowSeconds"]);
  }
  rules.select_policy = ToEnum(json.value("selectPolicy", ""), rules.select_policy);
  if (json.contains("tolerance")) rules.tolerance = ToQuantity(json["tolerance"]).CanonicalFloat();
  if (!json.contains("policies") || json["policies"].is_null()) return;
  rules.policies.clear();
  for (const Json& policy : json["policies"]) {
    rules.policies.push_back({ToEnum(policy.value("type", ""), ScalingPolicyType::kPercent),
                              policy.value("value", 0),
                              ToDuration(policy.value("periodSeconds", Json(0)))});
  }
}

Json DefaultMetrics() {
  const Json target = {{"type", "Utilization"}, {"averageUtilization", 80}};
  return Json::array({{{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", target}}}}});
}

hpa::QuantityList ToQuantities(const Json& json) {
  hpa::QuantityList list;
  for (const auto& [resource, quantity] : json.items()) {
    list.push_back({resource, ToQuantity(quantity)});
  }
  return list;
}

ResourceList ToRequests(const Json& json) {
  ResourceList list;
  for (const auto& [resource, quantity] : json.items()) {
    list.push_back({resource, ToMilli(quantity)});
  }
  return list;
}

bool IsRestartable(const Json& init_container) {
  return init_container.value("restartPolicy", "") == "Always";
}

void ParseResources(const Json& pod, const hpa::Compatibility& compatibility, Replica& replica) {
  hpa::PodResources resources;
  for (const Json& each : Member(pod, "containers")) {
    const Json& requests = Member(each, "requests");
    replica.containers.push_back(
        {.name = each.value("name", ""), .requests = ToRequests(requests)});
    resources.containers.push_back(ToQuantities(requests));
  }
  for (const Json& each : Member(pod, "initContainers")) {
    const Json& requests = Member(each, "requests");
    if (IsRestartable(each)) {
      replica.containers.push_back({.name = each.value("name", ""),
                                    .requests = ToRequests(requests),
                                    .restartable_init = true});
    }
    resources.init_containers.push_back({ToQuantities(requests), IsRestartable(each)});
  }
  resources.pod = ToQuantities(Member(pod, "podLevelRequests"));
  resources.overhead = ToQuantities(Member(pod, "overhead"));
  replica.pod_requests = hpa::PodRequests(resources, !compatibility.excludes_overhead);
}

Replica ParsePod(const Json& pod, const hpa::Compatibility& compatibility) {
  Replica replica;
  replica.name = pod.at("name");
  replica.phase = ToEnum(pod.value("phase", ""), ReplicaPhase::kUnknown);
  replica.terminating = MaybeTime(pod, "deletionTimestamp").has_value();
  replica.start_time = MaybeTime(pod, "startTime");
  for (const Json& condition : Member(pod, "conditions")) {
    if (condition.value("type", "") != "Ready") continue;
    replica.ready = ToEnum(condition.value("status", ""), ConditionStatus::kUnknown);
    replica.ready_transition = ToTime(condition.value("lastTransitionTime", Json(0)));
    break;
  }
  ParseResources(pod, compatibility, replica);
  return replica;
}

Error Unavailable(std::string message) { return {ErrorCode::kNoData, std::move(message)}; }

// An entry for each pod all of whose containers (or the named one) have the resource.
Reading ReadResource(const MetricSpec& metric, const Json& metrics) {
  Reading reading;
  const Json& errors = Member(metrics, "errors");
  if (errors.contains("resource")) {
    reading.error = Unavailable("unable to fetch metrics from resource metrics API: " +
                                errors["resource"].get<std::string>());
    return reading;
  }
  const Json& pods = Member(metrics, "resource");
  if (pods.empty()) reading.error = Unavailable("no metrics returned from resource metrics API");
  for (const auto& [name, pod] : pods.items()) {
    ReplicaReading entry{.replica = name, .value = 0};
    bool complete = false;
    const bool named = metric.type == MetricSourceType::kContainerResource;
    for (const auto& [container, usage] : Member(pod, "containers").items()) {
      if (named && container != metric.container) continue;
      complete = usage.contains(metric.name);
      if (!complete) break;
      entry.value = hpa::WrapAdd(entry.value, ToMilli(usage[metric.name]));
    }
    if (!complete) continue;
    entry.timestamp = ToTime(pod.value("timestamp", Json(0)));
    entry.window = ToDuration(pod.value("window", Json(0)));
    reading.replicas.push_back(std::move(entry));
  }
  return reading;
}

// The entry of a metric, looked up with its selector first.
const Json& Lookup(const Json& map, const MetricSpec& metric) {
  if (metric.selector && !metric.selector->empty()) {
    const auto selector = hpa::Selector::From(*metric.selector, {});
    const std::string key =
        metric.name + "{" + (selector ? selector->ToString() : std::string()) + "}";
    if (map.contains(key)) return Member(map, key.c_str());
  }
  return Member(map, metric.name.c_str());
}

Reading ReadPods(const MetricSpec& metric, const Json& metrics) {
  Reading reading;
  const Json& error = Lookup(Member(Member(metrics, "errors"), "pods"), metric);
  if (error.is_string()) {
    reading.error =
        Unavailable("unable to fetch metrics from custom metrics API: " + error.get<std::string>());
    return reading;
  }
  const Json& values = Lookup(Member(metrics, "pods"), metric);
  if (values.empty()) reading.error = Unavailable("no metrics returned from custom metrics API");
  for (const auto& [name, quantity] : values.items()) {
    reading.replicas.push_back({.replica = name, .value = ToMilli(quantity)});
  }
  return reading;
}

// KIND[.GROUP]. A version with more than one slash names no group.
std::string GroupKind(const ObjectReference& object) {
  const auto slashes = std::count(object.api_version.begin(), object.api_version.end(), '/');
  if (slashes != 1) return object.kind;
  return object.kind + "." + object.api_version.substr(0, object.api_version.find('/'));
}

Reading ReadObject(const MetricSpec& metric, const Json& metrics, const std::string& name_space) {
  Reading reading;
  const std::string prefix = "unable to fetch metrics from custom metrics API: ";
  const Json& error = Lookup(Member(Member(metrics, "errors"), "object"), metric);
  if (error.is_string()) {
    reading.error = Unavailable(prefix + error.get<std::string>());
    return reading;
  }
  // A Namespace is always the autoscaler's own, whatever the reference's name says.
  const std::string kind = GroupKind(metric.described_object);
  const std::string name = kind == "Namespace" ? name_space : metric.described_object.name;
  const Json& values = Lookup(Member(metrics, "object"), metric);
  const std::string key = kind + "/" + name;
  if (values.contains(key)) {
    reading.values.push_back(ToMilli(values[key]));
  } else {
    reading.error = Unavailable(prefix + "the server could not find the metric " + metric.name +
                                " for " + kind + " " + name);
  }
  return reading;
}

Reading ReadExternal(const MetricSpec& metric, const Json& metrics) {
  Reading reading;
  const Json& error = Lookup(Member(Member(metrics, "errors"), "external"), metric);
  if (error.is_string()) {
    reading.error = Unavailable("unable to fetch metrics from external metrics API: " +
                                error.get<std::string>());
    return reading;
  }
  const Json& values = Lookup(Member(metrics, "external"), metric);
  if (values.empty()) reading.error = Unavailable("no metrics returned from external metrics API");
  for (const Json& value : values) reading.values.push_back(ToMilli(value));
  return reading;
}

std::vector<ScaleEvent> ParseEvents(const Json& json) {
  std::vector<ScaleEvent> events;
  for (const Json& event : json) {
    events.push_back({event.at("change").get<std::int32_t>(), ToTime(event.at("t")),
                      event.value("outdated", false)});
  }
  return events;
}

Json FromScaleEvents(const std::vector<ScaleEvent>& events) {
  Json list = Json::array();
  for (const ScaleEvent& event : events) {
    list.push_back(
        {{"change", event.change}, {"t", FromTime(event.time)}, {"outdated", event.outdated}});
  }
  return list;
}

// As the API server stores it: what is written in one format may be read in another.
std::string ToText(MilliValue milli, bool binary) {
  const auto format = binary ? hpa::QuantityFormat::kBinarySi : hpa::QuantityFormat::kDecimalSi;
  return hpa::Quantity::Parse(hpa::Quantity::Of(milli, -3, format).ToString()).value().ToString();
}

Json FromCurrent(const MetricStatus& status) {
  Json current = Json::object();
  if (status.value) current["value"] = ToText(*status.value, status.binary);
  if (status.average_value) current["averageValue"] = ToText(*status.average_value, status.binary);
  if (status.average_utilization) current["averageUtilization"] = *status.average_utilization;
  return current;
}

Json FromIdentifier(const MetricStatus& status) {
  Json identifier = {{"name", status.name}};
  if (!status.selector) return identifier;
  Json selector = Json::object();
  if (!status.selector->match_labels.empty()) {
    selector["matchLabels"] = status.selector->match_labels;
  }
  for (const LabelSelectorRequirement& each : status.selector->match_expressions) {
    Json expression = {{"key", each.key}, {"operator", each.op}};
    if (!each.values.empty()) expression["values"] = each.values;
    selector["matchExpressions"].push_back(expression);
  }
  identifier["selector"] = selector;
  return identifier;
}

Json FromObject(const ObjectReference& object) {
  Json json = {{"kind", object.kind}, {"name", object.name}};
  if (!object.api_version.empty()) json["apiVersion"] = object.api_version;
  return json;
}

Json FromMetric(const MetricStatus& status) {
  const Json current = FromCurrent(status);
  switch (status.type) {
    case MetricSourceType::kResource:
      return {{"type", "Resource"}, {"resource", {{"name", status.name}, {"current", current}}}};
    case MetricSourceType::kContainerResource:
      return {{"type", "ContainerResource"},
              {"containerResource",
               {{"name", status.name}, {"container", status.container}, {"current", current}}}};
    case MetricSourceType::kPods:
      return {{"type", "Pods"},
              {"pods", {{"metric", FromIdentifier(status)}, {"current", current}}}};
    case MetricSourceType::kObject:
      return {{"type", "Object"},
              {"object",
               {{"describedObject", FromObject(status.described_object)},
                {"metric", FromIdentifier(status)},
                {"current", current}}}};
    case MetricSourceType::kExternal:
      return {{"type", "External"},
              {"external", {{"metric", FromIdentifier(status)}, {"current", current}}}};
    case MetricSourceType::kUnknown:
      break;
  }
  return {{"type", ""}};
}

}  // namespace

const Json& Member(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() || found->is_null() ? kNothing : *found;
}

TimePoint ToTime(const Json& seconds) { return TimePoint(ToDuration(seconds)); }

Json FromTime(TimePoint time) {
  const auto ns = time.time_since_epoch().count();
  if (ns % 1'000'000'000 == 0) return ns / 1'000'000'000;
  return static_cast<double>(ns) / 1e9;
}

ScalingSpec ParseSpec(const Json& json, const Json& scenario) {
  const Json& flags = scenario.at("flags");
  const Json& hpa = scenario.at("hpa");
  const Json& reference = Member(json, "scaleTargetRef");
  ScalingSpec spec;
  spec.workload = hpa.value("namespace", "") + "/" + hpa.value("name", "");
  spec.scale_target_ref = {reference.value("apiVersion", ""), reference.value("kind", ""),
                           reference.value("name", "")};
  spec.missing_data = MissingData::kFill;
  const std::string version = scenario.value("k8sVersion", "v1.37.0");  // v1.37.2 -> 1.37
  spec.compatibility = ToEnum(version.substr(1, version.rfind('.') - 1), KubernetesVersion::kV137);
  for (const auto& [gate, on] : Member(scenario, "gates").items()) {
    spec.feature_gates[gate] = on.get<bool>();
  }
  spec.min_replicas = json.value("minReplicas", 1);
  spec.max_replicas = json.value("maxReplicas", 0);
  spec.hpa = {.tolerance = flags.at("tolerance").get<double>(),
              .downscale_stabilization = ToDuration(flags.at("downscaleStabilization")),
              .cpu_initialization_period = ToDuration(flags.at("cpuInitializationPeriod")),
              .initial_readiness_delay = ToDuration(flags.at("initialReadinessDelay"))};
  const Json& metrics = Member(json, "metrics");
  for (const Json& metric : metrics.empty() ? DefaultMetrics() : metrics) {
    spec.metrics.push_back(ParseMetric(metric));
  }
  if (json.contains("behavior") && !json["behavior"].is_null()) {
    spec.behavior = DefaultBehavior();
    ParseRules(Member(json["behavior"], "scaleUp"), spec.behavior->scale_up);
    ParseRules(Member(json["behavior"], "scaleDown"), spec.behavior->scale_down);
  }
  return spec;
}

std::vector<GoldenPod> ParsePods(const Json& step, const ScalingSpec& spec) {
  const hpa::Compatibility compatibility = hpa::CompatibilityOf(spec);
  std::vector<GoldenPod> pods;
  for (const Json& pod : Member(step, "pods")) {
    pods.push_back({ParsePod(pod, compatibility), pod.value("labels", Labels{{"app", "web"}})});
  }
  return pods;
}

Reading ReadMetric(const MetricSpec& metric, const Json& metrics, const std::string& name_space) {
  switch (metric.type) {
    case MetricSourceType::kResource:
    case MetricSourceType::kContainerResource:
      return ReadResource(metric, metrics);
    case MetricSourceType::kPods:
      return ReadPods(metric, metrics);
    case MetricSourceType::kObject:
      return ReadObject(metric, metrics, name_space);
    case MetricSourceType::kExternal:
      return ReadExternal(metric, metrics);
    case MetricSourceType::kUnknown:
      break;
  }
  return {};
}

History ParseHistory(const Json& initial) {
  History history;
  if (initial.contains("recommendations") && !initial["recommendations"].is_null()) {
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

std::vector<Condition> ParseConditions(const Json& initial) {
  std::vector<Condition> conditions;
  for (const Json& each : Member(initial, "conditions")) {
    conditions.push_back({.type = each.value("type", ""),
                          .status = ToEnum(each.value("status", ""), ConditionStatus::kUnknown),
                          .reason = each.value("reason", ""),
                          .message = each.value("message", ""),
                          .last_transition_time = std::nullopt});
  }
  return conditions;
}

Json FromHistory(const History& history, Json result) {
  Json recommendations = Json::array();
  for (const Recommendation& each :
       history.recommendations.value_or(std::vector<Recommendation>())) {
    recommendations.push_back({{"replicas", each.replicas}, {"t", FromTime(each.time)}});
  }
  result["recommendations"] = std::move(recommendations);
  result["scaleUpEvents"] = FromScaleEvents(history.scale_up_events);
  result["scaleDownEvents"] = FromScaleEvents(history.scale_down_events);
  return result;
}

Json FromMetrics(const std::vector<MetricStatus>& metrics) {
  Json list = Json::array();
  for (const MetricStatus& metric : metrics) list.push_back(FromMetric(metric));
  return list;
}

Json FromConditions(const std::vector<Condition>& conditions) {
  Json list = Json::array();
  for (const Condition& each : conditions) {
    list.push_back({{"type", each.type},
                    {"status", each.status ? NameOf(*each.status) : ""},
                    {"reason", each.reason},
                    {"message", each.message},
                    {"lastTransitionTime",
                     each.last_transition_time ? FromTime(*each.last_transition_time) : Json()}});
  }
  return list;
}

Json FromEvents(const std::vector<Event>& events) {
  Json list = Json::array();
  for (const Event& each : events) {
    list.push_back(
        {{"type", NameOf(each.type)}, {"reason", each.reason}, {"message", each.message}});
  }
  return list;
}

}  // namespace tidegate::golden
