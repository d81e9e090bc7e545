// SPDX-License-Identifier: Apache-2.0
#include "hpa/validation.h"

#include <algorithm>
#include <array>
#include <set>

#include "hpa/field_errors.h"
#include "hpa/names.h"

namespace tidegate::hpa {

namespace {

using api::CrossVersionObjectReference;
using api::HorizontalPodAutoscaler;
using api::MetricTarget;

constexpr std::int32_t kMaxPeriodSeconds = 1800;
constexpr std::int32_t kMaxWindowSeconds = 3600;

struct ReferenceRules {
  bool checks_api_version = true;
  bool allows_core_group = false;
  const Compatibility& release;
};

bool IsMetricType(std::string_view type) {
  return type == "Object" || type == "Pods" || type == "Resource" || type == "External" ||
         type == "ContainerResource";
}

/// "" if it is fine.
std::string ApiVersionProblem(const std::string& version, const ReferenceRules& rules) {
  const auto slashes = std::count(version.begin(), version.end(), '/');
  if (slashes > 1) return "unexpected GroupVersion string: " + version;
  const bool has_group = slashes == 1 && version.find('/') > 0;
  if (!has_group && !rules.allows_core_group) return "apiVersion must specify API group";
  return "";
}

void CheckReference(const CrossVersionObjectReference& ref, const std::string& field,
                    const ReferenceRules& rules, FieldErrors& errors) {
  if (ref.kind.empty()) {
    errors.Required(field + ".kind", "");
  } else {
    errors.InvalidEach(field + ".kind", GoQuote(ref.kind), CheckPathSegment(ref.kind));
  }
  if (ref.name.empty()) {
    errors.Required(field + ".name", "");
  } else {
    errors.InvalidEach(field + ".name", GoQuote(ref.name), CheckPathSegment(ref.name));
  }
  if (!rules.checks_api_version) return;
  const std::string problem = ApiVersionProblem(ref.api_version, rules);
  if (!problem.empty()) errors.Invalid(field + ".apiVersion", GoQuote(ref.api_version), problem);
}

void CheckMetricName(const api::MetricIdentifier& metric, const std::string& field,
                     FieldErrors& errors) {
  if (metric.name.empty()) {
    errors.Required(field + ".name", "must specify a metric name");
  } else {
    errors.InvalidEach(field + ".name", GoQuote(metric.name), CheckPathSegment(metric.name));
  }
}

void CheckPositive(const std::optional<Quantity>& quantity, const std::string& field,
                   FieldErrors& errors) {
  if (!quantity || quantity->Sign() == 1) return;
  errors.Invalid(field, GoJsonString(quantity->ToString()), "must be positive");
}

void CheckTarget(const MetricTarget& target, const std::string& field, FieldErrors& errors) {
  const std::string& type = target.type;
  if (type.empty()) errors.Required(field + ".type", "must specify a metric target type");
  if (type != "Utilization" && type != "Value" && type != "AverageValue") {
    errors.Invalid(field + ".type", GoJsonString(type),
                   "must be either Utilization, Value, or AverageValue");
  }
  CheckPositive(target.value, field + ".value", errors);
  CheckPositive(target.average_value, field + ".averageValue", errors);
  if (target.average_utilization && *target.average_utilization < 1) {
    errors.Invalid(field + ".averageUtilization", *target.average_utilization,
                   "must be greater than 0");
  }
}

void CheckResourceTarget(const MetricTarget& target, const std::string& field,
                         FieldErrors& errors) {
  CheckTarget(target, field, errors);
  if (!target.average_utilization && !target.average_value) {
    errors.Required(field + ".averageUtilization",
                    "must set either a target raw value or a target utilization");
  }
  if (target.average_utilization && target.average_value) {
    errors.Forbidden(field + ".averageValue",
                     "may not set both a target raw value and a target utilization");
  }
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool IsStandardResource(std::string_view name) {
  constexpr std::array<std::string_view, 20> kStandard = {"cpu",
                                                          "memory",
                                                          "ephemeral-storage",
                                                          "requests.cpu",
                                                          "requests.memory",
                                                          "requests.ephemeral-storage",
                                                          "limits.cpu",
                                                          "limits.memory",
                                                          "limits.ephemeral-storage",
                                                          "pods",
                                                          "resourcequotas",
                                                          "services",
                                                          "replicationcontrollers",
                                                          "secrets",
                                                          "configmaps",
                                                          "persistentvolumeclaims",
                                                          "storage",
                                                          "requests.storage",
                                                          "services.nodeports",
                                                          "services.loadbalancers"};
  return std::find(kStandard.begin(), kStandard.end(), name) != kStandard.end() ||
         StartsWith(name, "hugepages-") || StartsWith(name, "requests.hugepages-");
}

void CheckContainerResourceName(const std::string& name, const std::string& field,
                                const Compatibility& release, FieldErrors& errors) {
  const std::string printed = GoJsonString(name);
  const std::vector<std::string> unqualified = CheckLabelKey(name, release);
  errors.InvalidEach(field, printed, unqualified);
  if (name.find('/') == std::string::npos) {
    if (unqualified.empty() && !IsStandardResource(name)) {
      errors.Invalid(field, printed, "must be a standard resource type or fully qualified");
    }
    const bool of_containers = name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
                               StartsWith(name, "hugepages-");
    if (!of_containers) {
      errors.Invalid(field, printed, "must be a standard resource for containers");
    }
    return;
  }
  const bool native = name.find("kubernetes.io/") != std::string::npos;
  if (native) return;
  if (StartsWith(name, "requests.") || !CheckLabelKey("requests." + name, release).empty()) {
    errors.Invalid(field, printed, "doesn't follow extended resource name standard");
  }
}

void CheckResourceSource(const api::ResourceMetricSource& source, const std::string& field,
                         FieldErrors& errors) {
  if (source.name.empty()) errors.Required(field + ".name", "must specify a resource name");
  CheckResourceTarget(source.target, field + ".target", errors);
}

void CheckContainerResourceSource(const api::ContainerResourceMetricSource& source,
                                  const std::string& field, const Compatibility& release,
                                  FieldErrors& errors) {
  if (source.name.empty()) {
    errors.Required(field + ".name", "must specify a resource name");
  } else {
    CheckContainerResourceName(source.name, field + ".name", release, errors);
  }
  if (source.container.empty()) {
    errors.Required(field + ".container", "must specify a container");
  } else {
    errors.InvalidEach(field + ".container", GoQuote(source.container),
                       CheckDnsLabel(source.container));
  }
  CheckResourceTarget(source.target, field + ".target", errors);
}

void CheckObjectSource(const api::ObjectMetricSource& source, const std::string& field,
                       const ReferenceRules& rules, FieldErrors& errors) {
  CheckReference(source.described_object, field + ".describedObject", rules, errors);
  CheckMetricName(source.metric, field + ".metric", errors);
  CheckTarget(source.target, field + ".target", errors);
  if (!source.target.value && !source.target.average_value) {
    errors.Required(field + ".target.averageValue",
                    "must set either a target value or averageValue");
  }
}

void CheckExternalSource(const api::ExternalMetricSource& source, const std::string& field,
                         FieldErrors& errors) {
  CheckMetricName(source.metric, field + ".metric", errors);
  CheckTarget(source.target, field + ".target", errors);
  if (!source.target.value && !source.target.average_value) {
    errors.Required(field + ".target.averageValue",
                    "must set either a target value for metric or a per-pod target");
  }
  if (source.target.value && source.target.average_value) {
    errors.Forbidden(field + ".target.value",
                     "may not set both a target value for metric and a per-pod target");
  }
}

void CheckPodsSource(const api::PodsMetricSource& source, const std::string& field,
                     FieldErrors& errors) {
  CheckMetricName(source.metric, field + ".metric", errors);
  CheckTarget(source.target, field + ".target", errors);
  if (!source.target.average_value) {
    errors.Required(field + ".target.averageValue", "must specify a positive target averageValue");
  }
}

/// The members of a metric that are there, in the order in which the server looks for them.
std::vector<std::string> SourcesOf(const api::MetricSpec& metric) {
  std::vector<std::string> present;
  if (metric.object) present.emplace_back("object");
  if (metric.external) present.emplace_back("external");
  if (metric.pods) present.emplace_back("pods");
  if (metric.resource) present.emplace_back("resource");
  if (metric.container_resource) present.emplace_back("containerResource");
  return present;
}

void CheckFirstSource(const api::MetricSpec& metric, const std::string& field,
                      const ReferenceRules& rules, FieldErrors& errors) {
  if (metric.object) return CheckObjectSource(*metric.object, field + ".object", rules, errors);
  if (metric.external) return CheckExternalSource(*metric.external, field + ".external", errors);
  if (metric.pods) return CheckPodsSource(*metric.pods, field + ".pods", errors);
  if (metric.resource) return CheckResourceSource(*metric.resource, field + ".resource", errors);
  if (metric.container_resource) {
    CheckContainerResourceSource(*metric.container_resource, field + ".containerResource",
                                 rules.release, errors);
  }
}

/// The member that a type of metric has: "ContainerResource" -> "containerResource".
std::string MemberOf(std::string type) {
  if (!type.empty() && type[0] >= 'A' && type[0] <= 'Z') {
    type[0] = static_cast<char>(type[0] - 'A' + 'a');
  }
  return type;
}

void UnsupportedMetricType(const api::MetricSpec& metric, const std::string& field,
                           FieldErrors& errors) {
  errors.NotSupported(field + ".type", metric.type,
                      {"ContainerResource", "External", "Object", "Pods", "Resource"});
}

void CheckMetric(const api::MetricSpec& metric, const std::string& field,
                 const ReferenceRules& rules, FieldErrors& errors) {
  const bool known = IsMetricType(metric.type);
  if (metric.type.empty()) errors.Required(field + ".type", "must specify a metric source type");
  if (!known) UnsupportedMetricType(metric, field, errors);
  CheckFirstSource(metric, field, rules, errors);
  const std::vector<std::string> present = SourcesOf(metric);
  const std::string expected = known ? MemberOf(metric.type) : "";
  if (!known) {
    UnsupportedMetricType(metric, field, errors);
  } else if (std::find(present.begin(), present.end(), expected) == present.end()) {
    errors.Required(field + "." + expected,
                    "must populate information for the given metric source");
  }
  if (present.size() == 1) return;
  for (const std::string& member : present) {
    if (member == expected) continue;
    errors.Forbidden(field + "." + member, "must populate the given metric source only");
  }
}

void CheckMetrics(const api::HorizontalPodAutoscalerSpec& spec, const ReferenceRules& rules,
                  FieldErrors& errors) {
  bool from_zero = false;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    CheckMetric(spec.metrics[i], "spec.metrics[" + std::to_string(i) + "]", rules, errors);
    from_zero |= spec.metrics[i].type == "Object" || spec.metrics[i].type == "External";
  }
  if (spec.min_replicas == 0 && !from_zero) {
    errors.Forbidden("spec.metrics",
                     "must specify at least one Object or External metric to support scaling to "
                     "zero replicas");
  }
}

void CheckPolicy(const api::HPAScalingPolicy& policy, const std::string& field,
                 FieldErrors& errors) {
  if (policy.type != "Pods" && policy.type != "Percent") {
    errors.NotSupported(field + ".type", policy.type, {"Percent", "Pods"});
  }
  if (policy.value <= 0)
    errors.Invalid(field + ".value", policy.value, "must be greater than zero");
  if (policy.period_seconds <= 0) {
    errors.Invalid(field + ".periodSeconds", policy.period_seconds, "must be greater than zero");
  }
  if (policy.period_seconds > kMaxPeriodSeconds) {
    errors.Invalid(field + ".periodSeconds", policy.period_seconds,
                   "must be less than or equal to " + std::to_string(kMaxPeriodSeconds));
  }
}

void CheckRules(const std::optional<api::HPAScalingRules>& rules, const std::string& field,
                FieldErrors& errors) {
  if (!rules) return;
  const std::int32_t window = rules->stabilization_window_seconds.value_or(0);
  if (window < 0) {
    errors.Invalid(field + ".stabilizationWindowSeconds", window,
                   "must be greater than or equal to zero");
  }
  if (window > kMaxWindowSeconds) {
    errors.Invalid(field + ".stabilizationWindowSeconds", window,
                   "must be less than or equal to " + std::to_string(kMaxWindowSeconds));
  }
  const std::string select = rules->select_policy.value_or("Max");
  if (select != "Max" && select != "Min" && select != "Disabled") {
    errors.NotSupported(field + ".selectPolicy", select, {"Disabled", "Max", "Min"});
  }
  const auto policies = rules->policies.value_or(std::vector<api::HPAScalingPolicy>());
  if (policies.empty()) {
    errors.Required(field + ".policies", "must specify at least one Policy");
  }
  for (std::size_t i = 0; i < policies.size(); ++i) {
    CheckPolicy(policies[i], field + ".policies[" + std::to_string(i) + "]", errors);
  }
  if (rules->tolerance && rules->tolerance->Sign() < 0) {
    errors.Invalid(field + ".tolerance", GoQuote(rules->tolerance->ToString()),
                   "must be greater than or equal to 0");
  }
}

std::string AtLeast(std::int32_t bound) {
  return "must be greater than or equal to " + std::to_string(bound);
}

/// What depends on the release and on the object that is replaced; `old` may be null.
class SpecChecker {
 public:
  SpecChecker(const HorizontalPodAutoscaler& hpa, const HorizontalPodAutoscaler* old,
              const Compatibility& release)
      : spec_(hpa.spec), old_(old), release_(release) {
    const bool was_zero = old != nullptr && old->spec.min_replicas == 0;
    lower_bound_ = release.scale_to_zero || was_zero ? 0 : 1;
  }

  void Check(FieldErrors& errors) const {
    if (!(DeclaresMin() && release_.declares_bounds)) CheckMin(errors);
    if (!(DeclaresMax() && release_.declares_bounds)) CheckMax(errors);
    if (spec_.min_replicas && spec_.max_replicas < *spec_.min_replicas) {
      errors.Invalid("spec.maxReplicas", spec_.max_replicas,
                     "must be greater than or equal to `minReplicas`");
    }
    CheckReference(spec_.scale_target_ref, "spec.scaleTargetRef", TargetRules(), errors);
    CheckMetrics(spec_, ObjectRules(), errors);
    if (spec_.behavior) {
      CheckRules(spec_.behavior->scale_up, "spec.behavior.scaleUp", errors);
      CheckRules(spec_.behavior->scale_down, "spec.behavior.scaleDown", errors);
    }
  }

  /// The rules that come after all others, and only for what the update changes.
  void CheckDeclared(FieldErrors& errors) const {
    if (!release_.declares_bounds) return;
    if (DeclaresMin()) CheckMin(errors);
    if (!DeclaresMax()) return;
    if (spec_.max_replicas == 0) errors.Required("spec.maxReplicas", "");
    if (spec_.max_replicas < 0) errors.Invalid("spec.maxReplicas", spec_.max_replicas, AtLeast(1));
  }

 private:
  bool DeclaresMin() const {
    return old_ == nullptr || old_->spec.min_replicas != spec_.min_replicas;
  }
  bool DeclaresMax() const {
    return old_ == nullptr || old_->spec.max_replicas != spec_.max_replicas;
  }

  void CheckMin(FieldErrors& errors) const {
    if (spec_.min_replicas && *spec_.min_replicas < lower_bound_) {
      errors.Invalid("spec.minReplicas", *spec_.min_replicas, AtLeast(lower_bound_));
    }
  }

  void CheckMax(FieldErrors& errors) const {
    if (!release_.requires_max_replicas) {
      if (spec_.max_replicas < 1) {
        errors.Invalid("spec.maxReplicas", spec_.max_replicas, "must be greater than 0");
      }
    } else if (spec_.max_replicas == 0) {
      errors.Required("spec.maxReplicas", "must be set and greater than 0");
    } else if (spec_.max_replicas < 0) {
      errors.Invalid("spec.maxReplicas", spec_.max_replicas, AtLeast(1));
    }
  }

  ReferenceRules TargetRules() const {
    const CrossVersionObjectReference& ref = spec_.scale_target_ref;
    const bool unchanged = old_ != nullptr &&
                           old_->spec.scale_target_ref.api_version == ref.api_version &&
                           old_->spec.scale_target_ref.kind == ref.kind;
    return {release_.checks_api_version && !unchanged, ref.kind == "ReplicationController",
            release_};
  }

  ReferenceRules ObjectRules() const {
    ReferenceRules rules{release_.checks_api_version, true, release_};
    if (old_ == nullptr) return rules;
    for (const api::MetricSpec& metric : old_->spec.metrics) {
      if (metric.type != "Object" || !metric.object) continue;
      const std::string& version = metric.object->described_object.api_version;
      if (!ApiVersionProblem(version, rules).empty()) rules.checks_api_version = false;
    }
    return rules;
  }

  const api::HorizontalPodAutoscalerSpec& spec_;
  const HorizontalPodAutoscaler* old_;
  const Compatibility& release_;
  std::int32_t lower_bound_ = 1;
};

/// Each text once, where it came first.
std::vector<FieldError> Once(std::vector<FieldError> errors) {
  std::set<std::string> seen;
  std::vector<FieldError> once;
  for (FieldError& error : errors) {
    if (seen.insert(error.ToString()).second) once.push_back(std::move(error));
  }
  return once;
}

std::vector<FieldError> Finish(FieldErrors& errors, const SpecChecker& checker,
                               const Compatibility& release) {
  std::vector<FieldError> all = errors.Take();
  if (!release.declares_bounds) return all;
  all = Once(std::move(all));
  FieldErrors declared;
  checker.CheckDeclared(declared);
  for (FieldError& error : declared.Take()) all.push_back(std::move(error));
  return all;
}

bool UsesTolerance(const HorizontalPodAutoscaler& hpa) {
  const auto& behavior = hpa.spec.behavior;
  if (!behavior) return false;
  return (behavior->scale_up && behavior->scale_up->tolerance) ||
         (behavior->scale_down && behavior->scale_down->tolerance);
}

void DropTolerance(HorizontalPodAutoscaler& hpa, const HorizontalPodAutoscaler* old,
                   const Compatibility& release) {
  if (release.configurable_tolerance || (old != nullptr && UsesTolerance(*old))) return;
  if (!hpa.spec.behavior) return;
  for (auto* direction : {&hpa.spec.behavior->scale_up, &hpa.spec.behavior->scale_down}) {
    if (*direction) (*direction)->tolerance.reset();
  }
}

/// For the server an empty list is no other than an absent one.
api::HorizontalPodAutoscalerSpec Plain(api::HorizontalPodAutoscalerSpec spec) {
  if (!spec.behavior) return spec;
  for (auto* direction : {&spec.behavior->scale_up, &spec.behavior->scale_down}) {
    if (*direction && (*direction)->policies && (*direction)->policies->empty()) {
      (*direction)->policies.reset();
    }
  }
  return spec;
}

}  // namespace

std::string_view ToString(FieldError::Type type) {
  switch (type) {
    case FieldError::Type::kRequired:
      return "FieldValueRequired";
    case FieldError::Type::kInvalid:
      return "FieldValueInvalid";
    case FieldError::Type::kNotSupported:
      return "FieldValueNotSupported";
    case FieldError::Type::kForbidden:
      return "FieldValueForbidden";
    case FieldError::Type::kTooLong:
      return "FieldValueTooLong";
  }
  return "";
}

std::string FieldError::Body() const {
  const auto head = [&]() -> std::string {
    switch (type) {
      case Type::kRequired:
        return "Required value";
      case Type::kInvalid:
        return "Invalid value: " + value;
      case Type::kNotSupported:
        return "Unsupported value: " + value;
      case Type::kForbidden:
        return "Forbidden";
      case Type::kTooLong:
        return "Too long";
    }
    return "";
  };
  return detail.empty() ? head() : head() + ": " + detail;
}

void PrepareForCreate(HorizontalPodAutoscaler& hpa, const Compatibility& release) {
  hpa.status = {};
  if (release.observed_generation) hpa.metadata.generation = 1;
  DropTolerance(hpa, nullptr, release);
}

void PrepareForUpdate(HorizontalPodAutoscaler& hpa, const HorizontalPodAutoscaler& old,
                      const Compatibility& release) {
  hpa.status = old.status;
  DropTolerance(hpa, &old, release);
  if (release.observed_generation && !(Plain(hpa.spec) == Plain(old.spec))) {
    hpa.metadata.generation = old.metadata.generation + 1;
  }
}

std::vector<FieldError> ValidateCreate(const HorizontalPodAutoscaler& hpa,
                                       const Compatibility& release) {
  FieldErrors errors;
  CheckObjectMeta(hpa.metadata, false, release, errors);
  CheckFinalizerNames(hpa.metadata, errors);
  const SpecChecker checker(hpa, nullptr, release);
  checker.Check(errors);
  return Finish(errors, checker, release);
}

std::vector<FieldError> ValidateUpdate(const HorizontalPodAutoscaler& hpa,
                                       const HorizontalPodAutoscaler& old,
                                       const Compatibility& release) {
  FieldErrors errors;
  CheckObjectMeta(hpa.metadata, true, release, errors);
  CheckObjectMetaUpdate(hpa.metadata, old.metadata, release, errors);
  CheckObjectMetaUpdate(hpa.metadata, old.metadata, release, errors);  // the server does so twice
  CheckFinalizerNames(hpa.metadata, errors);
  const SpecChecker checker(hpa, &old, release);
  checker.Check(errors);
  return Finish(errors, checker, release);
}

std::string GoJsonString(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t named = std::string_view("\b\f\n\r\t").find(text[i]);
    if (c == '"' || c == '\\') {
      out += {'\\', text[i]};
    } else if (named != std::string_view::npos) {
      out += {'\\', "bfnrt"[named]};
    } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
      out += "\\u00";
      out += {kHex[c >> 4U], kHex[c & 15U]};
    } else if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9") {
      out += text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

void FieldErrors::NotSupported(std::string field, std::string_view value,
                               std::initializer_list<std::string_view> supported) {
  std::string detail;
  for (const std::string_view name : supported) {
    detail += (detail.empty() ? "supported values: " : ", ") + GoQuote(name);
  }
  Add(std::move(field), FieldError::Type::kNotSupported, GoJsonString(value), detail);
}

}  // namespace tidegate::hpa
