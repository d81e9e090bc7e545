// SPDX-License-Identifier: Apache-2.0
#include "manifest/manifest.h"

#include <array>
#include <charconv>
#include <utility>

#include "manifest/encoder.h"
#include "manifest/json_text.h"

namespace tidegate::manifest {
namespace {

using config::Node;
using config::NodePtr;
using hpa::api::HorizontalPodAutoscaler;

constexpr std::array<std::string_view, 4> kVersions = {"v1", "v2beta1", "v2beta2", "v2"};
constexpr std::string_view kKind = "HorizontalPodAutoscaler";

/// An annotation's value; absent: there is none, or it is not what it should be.
template <typename T>
std::optional<T> ReadAnnotation(const hpa::api::StringMap& annotations, const char* name) {
  const auto found = annotations.find(name);
  if (found == annotations.end()) return std::nullopt;
  const Result<NodePtr> json = ParseJsonText(found->second);
  if (!json) return std::nullopt;
  Decoder decoder({Syntax::kJson, "v1", true});
  T value{};
  decoder.Decode(**json, value);
  if (decoder.error()) return std::nullopt;
  return value;
}

hpa::Annotated ReadAnnotations(const hpa::api::StringMap& annotations) {
  using namespace hpa::api;  // NOLINT(google-build-using-namespace): its types only
  return {
      ReadAnnotation<std::vector<v1::MetricSpec>>(annotations, hpa::kMetricsAnnotation),
      ReadAnnotation<std::vector<v1::MetricStatus>>(annotations, hpa::kCurrentMetricsAnnotation),
      ReadAnnotation<std::vector<HorizontalPodAutoscalerCondition>>(annotations,
                                                                    hpa::kConditionsAnnotation),
      ReadAnnotation<HorizontalPodAutoscalerBehavior>(annotations, hpa::kBehaviorAnnotation)};
}

void WriteAnnotations(const hpa::Annotated& annotated, hpa::api::StringMap& annotations) {
  if (annotated.metrics) {
    annotations[hpa::kMetricsAnnotation] = Encoder().Encode(*annotated.metrics);
  }
  if (annotated.current_metrics) {
    annotations[hpa::kCurrentMetricsAnnotation] = Encoder().Encode(*annotated.current_metrics);
  }
  if (annotated.conditions) {
    annotations[hpa::kConditionsAnnotation] = Encoder().Encode(*annotated.conditions);
  }
  if (annotated.behavior) {
    annotations[hpa::kBehaviorAnnotation] = Encoder(Names::kExported).Encode(*annotated.behavior);
  }
}

/// Decodes a document of the version that T is of.
template <typename T>
bool DecodeAs(const Node& root, Syntax syntax, T& object, DecodedHpa& out) {
  Decoder decoder({syntax, ToString(out.version), false});
  decoder.Decode(root, object);
  out.error = decoder.error();
  out.strict = decoder.strict_errors();
  return !out.error;
}

void DecodeV2(const Node& root, Syntax syntax, DecodedHpa& out) {
  if (!DecodeAs(root, syntax, out.object, out)) return;
  if (out.version == Version::kV2) {
    hpa::SetDefaults(out.object);
    hpa::DropAnnotations(out.object.metadata.annotations);
    return;
  }
  // v2beta2 has no tolerance: the member is unknown, what it says is in annotations.
  if (out.object.spec.behavior) {
    if (auto& up = out.object.spec.behavior->scale_up) up->tolerance.reset();
    if (auto& down = out.object.spec.behavior->scale_down) down->tolerance.reset();
  }
  hpa::SetDefaults(out.object);
  if (Status taken = hpa::FromV2beta2(out.object); !taken) {
    out.error = DecodeError{root.at, taken.error().message};
  }
}

const Node* Child(const Node& node, std::string_view name) {
  return node.kind == Node::Kind::kMap ? node.Find(name) : nullptr;
}

/// Moves to a member, if it is there.
bool Enter(const Node*& node, std::string_view name, config::Position& at) {
  if (node->kind != Node::Kind::kMap) return false;
  for (const config::Member& member : node->members) {
    if (member.key != name) continue;
    node = member.value.get();
    at = node->kind == Node::Kind::kScalar ? node->at : member.at;
    return true;
  }
  return false;
}

bool EnterItem(const Node*& node, std::string_view index, config::Position& at) {
  std::size_t i = 0;
  const bool number =
      std::from_chars(index.data(), index.data() + index.size(), i).ec == std::errc();
  if (!number || node->kind != Node::Kind::kList || i >= node->items.size()) return false;
  node = node->items[i].get();
  at = node->at;
  return true;
}

/// The names that a member of v2 may have in v1 or v2beta1.
std::vector<std::string> OldNames(std::string_view inner, std::string_view leaf) {
  if (inner == "metric" && leaf == "name") return {"metricName"};
  if (inner == "metric") return {"selector", "metricSelector"};
  if (inner == "target" && leaf == "value") return {"targetValue"};
  if (inner == "target" && leaf == "averageValue") return {"targetAverageValue", "averageValue"};
  if (inner == "target" && leaf == "averageUtilization") return {"targetAverageUtilization"};
  return {};
}

std::vector<std::string> Parts(std::string_view field) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : field) {
    if (c == '.' || c == '[') {
      if (!part.empty()) parts.push_back(std::move(part));
      part = c == '[' ? "[" : "";
    } else if (c != ']') {
      part += c;
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

/// v1 has one metric as a member and all others in an annotation.
config::Position MetricsOfV1(const Node& root) {
  const Node* spec = Child(root, "spec");
  const Node* metadata = Child(root, "metadata");
  const Node* annotations = metadata == nullptr ? nullptr : Child(*metadata, "annotations");
  const Node* metrics =
      annotations == nullptr ? nullptr : Child(*annotations, hpa::kMetricsAnnotation);
  const Node* percent = spec == nullptr ? nullptr : Child(*spec, "targetCPUUtilizationPercentage");
  if (metrics != nullptr) return metrics->at;
  if (percent != nullptr) return percent->at;
  return spec == nullptr ? root.at : spec->at;
}

}  // namespace

std::string_view ToString(Version version) { return kVersions[static_cast<std::size_t>(version)]; }

std::string ApiVersion(Version version) { return "autoscaling/" + std::string(ToString(version)); }

std::optional<Version> VersionOf(std::string_view api_version) {
  for (const Version version : {Version::kV1, Version::kV2beta1, Version::kV2beta2, Version::kV2}) {
    if (api_version == ApiVersion(version)) return version;
  }
  return std::nullopt;
}

TypeMeta TypeOf(const Node& root, Syntax syntax) {
  TypeMeta type;
  const auto read = [&](std::string_view name, std::string& out) {
    const Node* node = Child(root, name);
    if (node == nullptr) return;
    const Literal literal = LiteralOf(*node, syntax);
    const bool scalar = node->kind == Node::Kind::kScalar || node->kind == Node::Kind::kNull;
    if (scalar && literal.kind == Literal::Kind::kString) out = literal.text;
    if (!scalar || literal.kind == Literal::Kind::kBool || literal.kind == Literal::Kind::kNumber) {
      type.error = DecodeError{node->at, "couldn't get version/kind; json parse error: " +
                                             std::string(name) + " is not a string"};
    }
  };
  read("apiVersion", type.api_version);
  read("kind", type.kind);
  return type;
}

std::string DecodedHpa::StrictText() const {
  if (error) return error->message;
  std::string out;
  for (const DecodeError& one : strict) {
    out += (out.empty() ? "strict decoding error: " : ", ") + one.message;
  }
  return out;
}

DecodedHpa DecodeHpa(const Node& root, Syntax syntax, const hpa::Compatibility& release,
                     std::optional<Version> implied) {
  DecodedHpa out;
  TypeMeta type = TypeOf(root, syntax);
  if (implied && type.kind.empty() && type.api_version.empty()) {
    type.kind = kKind;
    type.api_version = ApiVersion(*implied);
  }
  const std::optional<Version> version = VersionOf(type.api_version);
  if (type.error) {
    out.error = type.error;
  } else if (type.kind.empty()) {
    out.error = DecodeError{root.at, "Object 'Kind' is missing"};
  } else if (type.api_version.empty()) {
    out.error = DecodeError{root.at, "Object 'apiVersion' is missing"};
  } else if (!version || type.kind != kKind) {
    out.error = DecodeError{root.at, "no kind \"" + type.kind + "\" is registered for version \"" +
                                         type.api_version + "\""};
  }
  if (out.error) return out;
  out.version = *version;
  if (out.version == Version::kV1) {
    hpa::api::v1::HorizontalPodAutoscaler object;
    if (DecodeAs(root, syntax, object, out)) {
      out.object = hpa::FromV1(object, ReadAnnotations(object.metadata.annotations), release);
    }
  } else if (out.version == Version::kV2beta1) {
    hpa::api::v2beta1::HorizontalPodAutoscaler object;
    if (DecodeAs(root, syntax, object, out)) {
      out.object = hpa::FromV2beta1(object, ReadAnnotations(object.metadata.annotations), release);
    }
  } else {
    DecodeV2(root, syntax, out);
  }
  return out;
}

std::string EncodeV2(const HorizontalPodAutoscaler& hpa) {
  HorizontalPodAutoscaler copy = hpa;
  hpa::DropAnnotations(copy.metadata.annotations);
  return Encoder().EncodeObject(kKind, ApiVersion(Version::kV2), copy);
}

std::string EncodeV1(const HorizontalPodAutoscaler& hpa) {
  hpa::Annotated annotated;
  hpa::api::v1::HorizontalPodAutoscaler old = hpa::ToV1(hpa, annotated);
  WriteAnnotations(annotated, old.metadata.annotations);
  return Encoder().EncodeObject(kKind, ApiVersion(Version::kV1), old);
}

config::Position PositionOf(const Node& root, Version version, std::string_view field) {
  const std::vector<std::string> parts = Parts(field);
  if (version == Version::kV1 && field.substr(0, 12) == "spec.metrics") return MetricsOfV1(root);
  const bool old = version == Version::kV1 || version == Version::kV2beta1;
  const Node* node = &root;
  config::Position at = root.at;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (part[0] == '[') {
      if (!EnterItem(node, std::string_view(part).substr(1), at)) return at;
      continue;
    }
    if (old && i + 1 < parts.size()) {
      for (const std::string& name : OldNames(part, parts[i + 1])) {
        if (Enter(node, name, at)) return at;
      }
    }
    const bool renamed = old && part == "describedObject";
    if (!Enter(node, renamed ? "target" : part, at)) return at;
  }
  return at;
}

}  // namespace tidegate::manifest
