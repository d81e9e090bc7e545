// SPDX-License-Identifier: Apache-2.0
#include "config/scaled_object.h"

#include <algorithm>
#include <string>
#include <utility>

#include "config/documents.h"
#include "config/scalars.h"
#include "tidegate/describe.h"

namespace tidegate {
namespace {

constexpr Duration kSync = std::chrono::seconds(15);  // of the HorizontalPodAutoscaler behind it

/// The keys of the three types of trigger; which of them there are depends on the type.
struct TriggerData {
  std::string server_address;
  std::string query;
  std::string threshold;
  std::string activation_threshold;
  std::string name_space;
  std::string custom_headers;
  std::string query_parameters;
  std::string cortex_org;
  std::string auth_modes;
  std::string ignore_null_values;
  std::string unsafe_ssl;
  std::string timeout;
  std::string metric_name;
  std::string value;
  std::string container;
  std::string type;
};

struct Trigger {
  std::string type;
  std::string name;
  std::string metric_type;
  bool use_cached_metrics = false;
  bool authenticates = false;
  TriggerData data;
};

struct KedaFallback {
  std::int32_t failure_threshold = 0;
  std::int32_t replicas = 0;
  std::string behavior = "static";
};

struct ScaledObject {
  ObjectReference target{"apps/v1", "Deployment", ""};
  std::string env_source_container;
  std::int32_t polling_interval = 30;
  std::int32_t cooldown_period = 300;
  std::int32_t initial_cooldown_period = 0;
  std::optional<std::int32_t> idle_replicas;
  std::int32_t min_replicas = 0;
  std::int32_t max_replicas = 100;
  std::optional<KedaFallback> fallback;
  bool restores = false;
  std::string hpa_name;
  std::optional<Behavior> behavior;
  std::vector<Trigger> triggers;
};

constexpr std::array<std::string_view, 4> kBehaviors{
    "static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"};
constexpr std::array<std::string_view, 3> kMetricTypes{"AverageValue", "Value", "Utilization"};

void DescribePrometheus(FieldVisitor& v, TriggerData& s) {
  v.Field("serverAddress", s.server_address, {.required = true});
  v.Field("query", s.query, {.required = true});
  v.Field("threshold", s.threshold, {.required = true});
  v.Field("activationThreshold", s.activation_threshold);
  v.Field("namespace", s.name_space);
  v.Field("customHeaders", s.custom_headers);
  v.Field("queryParameters", s.query_parameters);
  v.Field("cortexOrgID", s.cortex_org);
  v.Field("authModes", s.auth_modes);
  v.Field("ignoreNullValues", s.ignore_null_values);
  v.Field("unsafeSsl", s.unsafe_ssl);
  v.Field("timeout", s.timeout);
  v.Field("metricName", s.metric_name);  // of old; KEDA does not look at it any more
}

void DescribeResource(FieldVisitor& v, TriggerData& s) {
  v.Field("value", s.value, {.required = true});
  v.Field("containerName", s.container);
  v.Field("type", s.type, {.choices = kMetricTypes});  // of old, for metricType
}

void Describe(FieldVisitor& v, Trigger& s) {
  v.Field("type", s.type, {.required = true});
  v.Field("name", s.name);
  v.Field("metricType", s.metric_type, {.choices = kMetricTypes});
  v.Field("useCachedMetrics", s.use_cached_metrics);
  std::string name;
  std::string kind;
  v.Nested("authenticationRef", [&] {
    v.Field("name", name, {.required = true});
    v.Field("kind", kind);
  });
  s.authenticates = !name.empty();
  if (s.type == "prometheus") {
    v.Nested("metadata", [&] { DescribePrometheus(v, s.data); }, {.required = true});
  } else if (s.type == "cpu" || s.type == "memory") {
    v.Nested("metadata", [&] { DescribeResource(v, s.data); }, {.required = true});
  } else {
    v.Ignored("metadata");
  }
}

void Describe(FieldVisitor& v, KedaFallback& s) {
  v.Field("failureThreshold", s.failure_threshold, {.min = 0, .required = true});
  v.Field("replicas", s.replicas, {.min = 0, .required = true});
  v.Field("behavior", s.behavior, {.choices = kBehaviors});
}

void DescribeTarget(FieldVisitor& v, ScaledObject& s) {
  v.Field("apiVersion", s.target.api_version);
  v.Field("kind", s.target.kind);
  v.Field("name", s.target.name, {.required = true});
  v.Field("envSourceContainerName", s.env_source_container);  // of credentials in environments
}

void Describe(FieldVisitor& v, ScaledObject& s) {
  v.Nested("scaleTargetRef", [&] { DescribeTarget(v, s); }, {.required = true});
  v.Field("pollingInterval", s.polling_interval, {.min = 1});
  v.Field("cooldownPeriod", s.cooldown_period, {.min = 0});
  v.Field("initialCooldownPeriod", s.initial_cooldown_period, {.min = 0});
  v.Field("idleReplicaCount", s.idle_replicas);
  v.Field("minReplicaCount", s.min_replicas, {.min = 0});
  v.Field("maxReplicaCount", s.max_replicas, {.min = 1});
  v.Field("fallback", s.fallback);
  v.Nested("advanced", [&] {
    v.Field("restoreToOriginalReplicaCount", s.restores);
    v.Nested("horizontalPodAutoscalerConfig", [&] {
      v.Field("name", s.hpa_name);
      v.Field("behavior", s.behavior);
    });
    v.Refused("scalingModifiers", "has no counterpart; the largest of the triggers wins");
  });
  v.Field("triggers", s.triggers, {.required = true});
}

}  // namespace

namespace config {
namespace {

/// "a=b,c=d"
std::map<std::string, std::string> Pairs(std::string_view text) {
  std::map<std::string, std::string> pairs;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    pairs[std::string(pair.substr(0, equals))] = std::string(value);
  }
  return pairs;
}

class Translator {
 public:
  Translator(const Node& root, bool has_source, std::vector<Problem>& problems)
      : root_(root), has_source_(has_source), problems_(problems) {}

  ScaledObjectSource Translate(Autoscaler& autoscaler) {
    Read();
    ScalingSpec& spec = autoscaler.spec;
    autoscaler.period = kSync;
    spec.missing_data = MissingData::kFill;
    spec.scale_target_ref = object_.target;
    spec.min_replicas = object_.min_replicas;
    spec.max_replicas = object_.max_replicas;
    spec.behavior = object_.behavior;
    for (std::size_t i = 0; i < object_.triggers.size(); ++i) {
      path_ = "spec.triggers[" + std::to_string(i) + "]";
      AddTrigger(object_.triggers[i], i, spec);
    }
    CheckBounds(spec);
    CheckZero(spec);
    CheckAnnotations();
    return std::move(source_);
  }

 private:
  void Read() {
    Reader(&root_, "", ReadMode::kFile, problems_).Struct([&](FieldVisitor& v) {
      for (const char* key : {"apiVersion", "kind", "metadata", "status"}) v.Ignored(key);
      v.Nested("spec", [&] { Describe(v, object_); }, {.required = true});
    });
  }

  void Report(const std::string& path, std::string message) {
    problems_.push_back({Locate(&root_, path), path, std::move(message)});
  }

  void AddTrigger(const Trigger& trigger, std::size_t index, ScalingSpec& spec) {
    if (trigger.type == "prometheus") {
      AddPrometheus(trigger, "s" + std::to_string(index) + "-prometheus", spec);
    } else if (trigger.type == "cpu" || trigger.type == "memory") {
      AddResource(trigger, spec);
    } else if (!trigger.type.empty()) {
      Report(path_ + ".type", "trigger " + JsonString(trigger.type) +
                                  " has no counterpart; known are \"prometheus\", \"cpu\", "
                                  "\"memory\"" +
                                  Nearest(trigger.type, {"prometheus", "cpu", "memory"}));
    }
  }

  /// Absent after a report.
  std::optional<MilliValue> Quantity(const std::string& text, const std::string& key) {
    const Result<MilliValue> value = ParseMilli(text);
    if (value && *value > 0) return *value;
    if (!text.empty())
      Report(path_ + ".metadata." + key, "must be positive, got " + JsonString(text));
    return std::nullopt;
  }

  void AddPrometheus(const Trigger& trigger, const std::string& name, ScalingSpec& spec) {
    const TriggerData& data = trigger.data;
    MetricSpec metric{.type = MetricSourceType::kExternal, .name = name};
    const bool whole = trigger.metric_type == "Value";
    metric.target.type = whole ? MetricTargetType::kValue : MetricTargetType::kAverageValue;
    (whole ? metric.target.value : metric.target.average_value) =
        Quantity(data.threshold, "threshold");
    if (trigger.metric_type == "Utilization") {
      Report(path_ + ".metricType", "Utilization is for cpu and memory");
    }
    CheckPrometheus(trigger);
    const Status fine = data.query.empty() ? Status() : CompileQuery(data.query);
    if (!fine) Report(path_ + ".metadata.query", fine.error().message);
    source_.queries.push_back(
        {.metric = name, .query = data.query, .empty_as_zero = data.ignore_null_values == "true"});
    Ask(data);
    if (object_.fallback) AddFallback(name, *object_.fallback, spec);
    spec.metrics.push_back(std::move(metric));
  }

  void CheckPrometheus(const Trigger& trigger) {
    const std::string data = path_ + ".metadata.";
    const std::string& least = trigger.data.activation_threshold;
    if (!least.empty() && ParseDouble(least) != 0.0) {
      Report(data + "activationThreshold", "has no counterpart; any value above 0 activates");
    }
    if (trigger.data.unsafe_ssl == "true") {
      Report(data + "unsafeSsl",
             "has no counterpart: certificates are always verified; give "
             "spec.prometheus.tls.caFile of an Autoscaler of this name");
    }
    if (has_source_) return;
    constexpr std::string_view kInstead =
        "has no counterpart; give spec.prometheus with bearerTokenFile, basicAuth or tls of an "
        "Autoscaler of this name";
    if (trigger.authenticates) Report(path_ + ".authenticationRef", std::string(kInstead));
    if (!trigger.data.auth_modes.empty()) Report(data + "authModes", std::string(kInstead));
  }

  /// All triggers ask one server.
  void Ask(const TriggerData& data) {
    PrometheusOptions options;
    options.url = data.server_address;
    options.interval = kSync;
    options.headers = Pairs(data.custom_headers);
    options.parameters = Pairs(data.query_parameters);
    if (!data.cortex_org.empty()) options.headers["X-Scope-OrgID"] = data.cortex_org;
    if (!data.name_space.empty()) options.parameters["namespace"] = data.name_space;
    if (const auto timeout = ParseInt(data.timeout); timeout && *timeout > 0) {
      options.timeout = std::chrono::milliseconds(*timeout);
    }
    const std::string& url = options.url;
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
      Report(path_ + ".metadata.serverAddress",
             "want http://host:port or https://host:port, got " + JsonString(url));
    }
    if (!source_.prometheus) source_.prometheus = options;
    const PrometheusOptions& first = *source_.prometheus;
    const bool same = first.url == url && first.headers == options.headers &&
                      first.parameters == options.parameters;
    if (same || has_source_) return;
    Report(path_ + ".metadata.serverAddress",
           "has no counterpart: the triggers before it ask " + first.url +
               " or with other headers or parameters; a workload asks one server in one way");
  }

  void AddResource(const Trigger& trigger, ScalingSpec& spec) {
    const TriggerData& data = trigger.data;
    MetricSpec metric{.type = data.container.empty() ? MetricSourceType::kResource
                                                     : MetricSourceType::kContainerResource,
                      .name = trigger.type,
                      .container = data.container};
    const std::string& type = trigger.metric_type.empty() ? data.type : trigger.metric_type;
    if (type == "AverageValue") {
      metric.target.type = MetricTargetType::kAverageValue;
      metric.target.average_value = Quantity(data.value, "value");
    } else if (type == "Value") {
      Report(path_ + ".metricType", "want Utilization or AverageValue for " + trigger.type);
    } else {
      metric.target.type = MetricTargetType::kUtilization;
      const std::optional<MilliValue> percent = Quantity(data.value, "value");
      if (percent) metric.target.average_utilization = static_cast<std::int32_t>(*percent / 1000);
    }
    spec.metrics.push_back(std::move(metric));
  }

  /// One failure more than the threshold, at the HorizontalPodAutoscaler's pace.
  static void AddFallback(const std::string& metric, const KedaFallback& from, ScalingSpec& spec) {
    const auto behavior = std::find(kBehaviors.begin(), kBehaviors.end(), from.behavior);
    spec.fallbacks.push_back(
        {.metric = metric,
         .after = kSync * from.failure_threshold,
         .behavior = static_cast<FallbackBehavior>(1 + (behavior - kBehaviors.begin())),
         .replicas = from.replicas});
  }

  void CheckBounds(const ScalingSpec& spec) {
    if (spec.min_replicas > spec.max_replicas) {
      Report("spec.maxReplicaCount", "must be greater than or equal to minReplicaCount, got " +
                                         std::to_string(spec.max_replicas) + " and " +
                                         std::to_string(spec.min_replicas));
    }
    if (object_.idle_replicas) {
      Report("spec.idleReplicaCount",
             "has no counterpart; with minReplicaCount 0 the count goes down to 0 step by step");
    }
    if (object_.restores) {
      Report("spec.advanced.restoreToOriginalReplicaCount", "has no counterpart");
    }
    if (object_.triggers.empty()) Report("spec.triggers", "must specify at least one trigger");
  }

  /// KEDA waits cooldownPeriod before the last step, here the window for the way down does.
  void CheckZero(const ScalingSpec& spec) {
    if (spec.min_replicas > 0) return;
    const bool external = !source_.queries.empty();
    if (!external && !object_.triggers.empty()) {
      Report("spec.minReplicaCount", "must be at least 1 without a prometheus trigger");
    }
    Duration window = spec.hpa.downscale_stabilization;
    if (spec.behavior) {
      window = spec.behavior->scale_down.stabilization_window.value_or(window);
    }
    const Duration cooldown = std::chrono::seconds(object_.cooldown_period);
    if (cooldown == window) return;
    Report("spec.cooldownPeriod",
           "has no counterpart: the way to 0 waits as long as "
           "behavior.scaleDown.stabilizationWindowSeconds, which is " +
               FormatDuration(window) + ", got " + FormatDuration(cooldown));
  }

  void CheckAnnotations() {
    const Node* metadata = root_.Find("metadata");
    const Node* annotations = metadata == nullptr ? nullptr : metadata->Find("annotations");
    if (annotations == nullptr) return;
    for (const Member& member : annotations->members) {
      if (!member.key.starts_with("autoscaling.keda.sh/paused")) continue;
      problems_.push_back({member.at, "metadata.annotations", member.key + " has no counterpart"});
    }
  }

  const Node& root_;
  const bool has_source_;
  std::vector<Problem>& problems_;
  ScaledObject object_;
  ScaledObjectSource source_;
  std::string path_;  ///< of the trigger
};

}  // namespace

ScaledObjectSource ReadScaledObject(const Node& root, bool has_source, Autoscaler& autoscaler,
                                    std::vector<Problem>& problems) {
  return Translator(root, has_source, problems).Translate(autoscaler);
}

}  // namespace config
}  // namespace tidegate
