// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "hpa/validation.h"
#include "manifest/json_text.h"
#include "manifest/manifest.h"
#include "tests/golden/sets.h"
#include "tidegate/describe.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;
using manifest::DecodedHpa;

/// The release that a case names ("1.34", "v1.34.4"), with its feature gates at their defaults.
hpa::Compatibility ReleaseOf(const Json& test) {
  const std::string version = test.value("k8sVersion", "1.37");
  const auto& names = EnumNames<KubernetesVersion>::kNames;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (version.find(names[i]) != std::string::npos) {
      return hpa::CompatibilityOf(static_cast<KubernetesVersion>(i));
    }
  }
  return {};
}

Json Errors(const std::vector<hpa::FieldError>& errors) {
  Json out = Json::array();
  for (const hpa::FieldError& error : errors) {
    out.push_back({{"field", error.field},
                   {"type", ToString(error.type)},
                   {"text", error.ToString()},
                   {"detail", error.detail}});
  }
  return out;
}

/// Of a part of the line itself, so that members keep their order and numbers their digits.
DecodedHpa Decode(const config::Node& manifest, const hpa::Compatibility& release = {}) {
  DecodedHpa decoded = manifest::DecodeHpa(manifest, manifest::Syntax::kJson, release);
  if (decoded.object.metadata.name_space.empty()) decoded.object.metadata.name_space = "default";
  decoded.object.metadata.uid = "00000000-0000-0000-0000-000000000001";
  return decoded;
}

DecodedHpa Decode(const std::string& text) { return Decode(**manifest::ParseJsonText(text)); }

Json Refused(const std::string& why, const DecodedHpa& decoded) {
  Json out = {{"decode_error", why}};
  const std::string strict = decoded.StrictText();
  if (!strict.empty()) out["strict_error"] = strict;
  return out;
}

/// The object as it would be read back, of a document of any version.
Json Converted(const DecodedHpa& decoded) {
  hpa::api::HorizontalPodAutoscaler object = decoded.object;
  object.metadata.uid.clear();
  return {{"as",
           {{"v1", Json::parse(manifest::EncodeV1(object))},
            {"v2", Json::parse(manifest::EncodeV2(object))}}}};
}

Json RunCase(const Json& test, const config::Node& line) {
  DecodedHpa next = Decode(*line.Find("manifest"), ReleaseOf(test));
  if (next.error) return Refused(next.error->message, next);
  if (test.at("op") == "convert") return Converted(next);
  hpa::Compatibility release = ReleaseOf(test);
  release.scale_to_zero = test.value("scale_to_zero", release.scale_to_zero);
  std::vector<hpa::FieldError> errors;
  if (test.at("op") == "update") {
    DecodedHpa old = Decode(*line.Find("old"));
    if (old.error) return Refused("old: " + old.error->message, next);
    for (auto* object : {&old.object, &next.object}) {
      object->metadata.resource_version = "1";
      object->metadata.generation = 1;
    }
    hpa::PrepareForUpdate(next.object, old.object, release);
    errors = hpa::ValidateUpdate(next.object, old.object, release);
  } else {
    hpa::PrepareForCreate(next.object, release);
    errors = hpa::ValidateCreate(next.object, release);
  }
  next.object.metadata.uid.clear();
  next.object.metadata.resource_version.clear();
  Json out;
  const std::string strict = next.StrictText();
  if (!strict.empty()) out["strict_error"] = strict;
  if (!errors.empty()) out["errors"] = Errors(errors);
  out["v2"] = Json::parse(manifest::EncodeV2(next.object));
  out["v1"] = Json::parse(manifest::EncodeV1(next.object));
  DecodedHpa again = Decode(manifest::EncodeV1(next.object));
  again.object.metadata.uid.clear();
  out["v1_round_trip"] = manifest::EncodeV2(again.object) == manifest::EncodeV2(next.object);
  return out;
}

/// A line of the set `hpa`'s validation.jsonl, answered in its own form.
Json RunSpec(const Json& test) {
  Json manifest = {
      {"kind", "HorizontalPodAutoscaler"},
      {"apiVersion", "autoscaling/v2"},
      {"metadata",
       {{"name", test.value("name", "hpa")}, {"namespace", test.value("namespace", "default")}}},
      {"spec", test.at("spec")}};
  Json out = {{"id", test.at("id")}, {"errors", Json::array()}};
  DecodedHpa decoded = Decode(manifest.dump());
  if (decoded.error) {
    out["errors"].push_back(
        {{"field", ""}, {"reason", "Decode"}, {"message", decoded.error->message}});
    return out;
  }
  hpa::Compatibility release = ReleaseOf(test);
  const Json gates = test.value("gates", Json::object());
  release.scale_to_zero = gates.value("HPAScaleToZero", release.scale_to_zero);
  hpa::PrepareForCreate(decoded.object, release);
  for (const hpa::FieldError& error : hpa::ValidateCreate(decoded.object, release)) {
    out["errors"].push_back(
        {{"field", error.field}, {"reason", ToString(error.type)}, {"message", error.Body()}});
  }
  if (out["errors"].empty()) {
    out["stored"] = Json::parse(manifest::EncodeV2(decoded.object)).at("spec");
  }
  return out;
}

}  // namespace

int RunHpaValidationSet(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object()) return 1;
    const auto nodes = manifest::ParseJsonText(line);
    if (!nodes) return 1;
    const Json result = test.contains("spec")
                            ? RunSpec(test)
                            : Json{{"id", test.at("id")}, {"result", RunCase(test, **nodes)}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
