// SPDX-License-Identifier: Apache-2.0
//
// The reference page, from the same field lists as everything else.
#include <cmath>

#include "config/scalars.h"
#include "config/schema.h"
#include "tidegate/config.h"

namespace tidegate::config {
namespace {

std::string Number(double value) {
  return value == std::floor(value) ? std::to_string(static_cast<std::int64_t>(value))
                                    : FormatDouble(value);
}

std::string Bound(const FieldNode& node, double value) {
  if (node.type != FieldType::kDuration) return Number(value);
  return FormatDuration(Duration(static_cast<std::int64_t>(std::llround(value * 1e9))));
}

std::string Range(const FieldNode& node) {
  // An integer's own type is no limit worth telling.
  const bool low = std::isfinite(node.info.min) && node.info.min > node.info.type_min;
  const bool high = std::isfinite(node.info.max) && node.info.max < node.info.type_max;
  if (low && high) return Bound(node, node.info.min) + " … " + Bound(node, node.info.max);
  if (low) return "≥ " + Bound(node, node.info.min);
  if (high) return "≤ " + Bound(node, node.info.max);
  return {};
}

std::string TypeName(const FieldNode& node) {
  switch (node.type) {
    case FieldType::kObject:
      return "object";
    case FieldType::kList:
      return "list of " + TypeName(*node.children.at(0));
    case FieldType::kMap:
      return "map of " + TypeName(*node.children.at(0));
    case FieldType::kBoolean:
      return "true or false";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kNumber:
      return "number";
    case FieldType::kString:
    case FieldType::kEnum:
      break;
    case FieldType::kDuration:
      return "duration";
    case FieldType::kInstant:
      return "instant";
    case FieldType::kQuantity:
      return "quantity";
    case FieldType::kSeconds:
      return "seconds";
    case FieldType::kRatio:
      return "number or quantity";
  }
  if (node.choices.empty()) return "string";
  std::string out;
  for (const std::string& choice : node.choices) out += (out.empty() ? "`" : ", `") + choice + "`";
  return out;
}

std::string DefaultOf(const FieldNode& node) {
  if (node.info.required) return "required";
  if (node.optional || node.default_value.empty()) return "";
  return "`" + node.default_value + "`";
}

void Rows(const FieldNode& node, const std::string& path, std::string& out) {
  for (const auto& child : node.children) {
    const std::string name = path + (child->key.empty() ? "[]" : "." + child->key);
    const FieldNode* inner = child.get();
    out += "| `" + name + "` | " + TypeName(*child) + " | " + DefaultOf(*child) + " | " +
           Range(*child) + " | " + std::string(child->info.doc) +
           (child->info.secret ? " Never shown in dumps or problems." : "") + " |\n";
    std::string inner_path = name;
    while (inner->type == FieldType::kList || inner->type == FieldType::kMap) {
      inner_path += inner->type == FieldType::kList ? "[]" : ".*";
      inner = inner->children.at(0).get();
    }
    if (inner->type == FieldType::kObject) Rows(*inner, inner_path, out);
  }
}

constexpr std::string_view kIntroduction = R"(# Configuration reference

Generated from the field lists in `src/config/describe_*.cc`; do not edit. A file holds one or
more YAML documents, separated by `---`. JSON is YAML and works as well.

* Unknown keys, wrong types and values out of range are errors with file, line and column.
* A duration is a number with a unit: `500ms`, `30s`, `1m30s`, `2h`.
* A quantity is one of Kubernetes: `50`, `1500m`, `10k`, `8Gi`.
* A default left empty means that the key is absent unless it is given.

Beside the documents below, these are read as they are:

* `HorizontalPodAutoscaler` of `autoscaling/v1`, `v2beta1`, `v2beta2` and `v2`, also in a `List`:
  bounds, metrics and behavior, with the API server's defaults and validation (`period` is 15s and
  `missingData` is `Fill` unless an Autoscaler says otherwise). `status` is not looked at.
* `keda.sh/v1alpha1` `ScaledObject` with triggers `prometheus`, `cpu` and `memory` (keda.md). What
  has no counterpart is an error.
* `v1` `ConfigMap` with `data["config.yaml"]`, the rules of Prometheus Adapter: what a metric
  without a query is made of (adapter.md). What has no counterpart is an error.
* The same `rules:` as a document of its own.
* `monitoring.coreos.com/v1` `ServiceMonitor` and `PodMonitor`, and Prometheus's own configuration
  with `scrape_configs`, a document without a kind (discovery.md). What has no counterpart is an
  error.

Documents with the same `metadata.name` describe one workload together; where both an Autoscaler
and a HorizontalPodAutoscaler set a key, the Autoscaler wins. Rules whose ConfigMap has the name
of no workload are offered to all of the file.
)";

}  // namespace
}  // namespace tidegate::config

namespace tidegate {

std::string ConfigReference() {
  std::string out(config::kIntroduction);
  for (const config::DocumentSchema& document : config::DocumentSchemas()) {
    out += "\n## " + document.kind + "\n\n`apiVersion: " + document.api_version +
           "`, `kind: " + document.kind + "`. " + document.doc +
           "\n\n| Key | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n";
    config::Rows(*document.spec, "spec", out);
  }
  return out;
}

}  // namespace tidegate
