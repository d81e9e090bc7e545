// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "hpa/validation.h"
#include "manifest/json_text.h"
#include "manifest/manifest.h"
#include "tests/golden/sets.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;
using manifest::DecodedHpa;
using manifest::Version;

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

DecodedHpa Decode(const Json& manifest) {
  const auto node = manifest::ParseJsonText(manifest.dump());
  DecodedHpa decoded = manifest::DecodeHpa(*node.value(), manifest::Syntax::kJson);
  if (decoded.object.metadata.name_space.empty()) decoded.object.metadata.name_space = "default";
  decoded.object.metadata.uid = "00000000-0000-0000-0000-000000000001";
  return decoded;
}

Json Refused(const std::string& why, const DecodedHpa& decoded) {
  Json out = {{"decode_error", why}};
  const std::string strict = decoded.StrictText();
  if (!strict.empty()) out["strict_error"] = strict;
  return out;
}

Json RunCase(const Json& test) {
  DecodedHpa next = Decode(test.at("manifest"));
  if (next.error) return Refused(next.error->message, next);
  hpa::ValidationRules rules;
  rules.scale_to_zero = test.at("scale_to_zero");
  std::vector<hpa::FieldError> errors;
  if (test.at("op") == "update") {
    DecodedHpa old = Decode(test.at("old"));
    if (old.error) return Refused("old: " + old.error->message, next);
    for (auto* object : {&old.object, &next.object}) {
      object->metadata.resource_version = "1";
      object->metadata.generation = 1;
    }
    hpa::PrepareForUpdate(next.object, old.object, rules);
    errors = hpa::ValidateUpdate(next.object, old.object, rules);
  } else {
    hpa::PrepareForCreate(next.object, rules);
    errors = hpa::ValidateCreate(next.object, rules);
  }
  next.object.metadata.uid.clear();
  next.object.metadata.resource_version.clear();
  Json out;
  const std::string strict = next.StrictText();
  if (!strict.empty()) out["strict_error"] = strict;
  if (!errors.empty()) out["errors"] = Errors(errors);
  out["v2"] = Json::parse(manifest::EncodeHpa(next.object, Version::kV2));
  out["v1"] = Json::parse(manifest::EncodeHpa(next.object, Version::kV1));
  DecodedHpa again = Decode(out["v1"]);
  again.object.metadata.uid.clear();
  out["v1_round_trip"] = manifest::EncodeHpa(again.object, Version::kV2) == out["v2"].dump() ||
                         Json::parse(manifest::EncodeHpa(again.object, Version::kV2)) == out["v2"];
  return out;
}

hpa::ValidationRules RulesOf(const std::string& kubernetes) {
  hpa::ValidationRules rules;
  const int minor = std::stoi(kubernetes.substr(kubernetes.find('.') + 1));
  if (minor < 37) rules.scale_to_zero = rules.declares_bounds = rules.sets_generation = false;
  if (minor < 36) rules.requires_max_replicas = false;
  if (minor < 35) rules.configurable_tolerance = false;
  if (minor < 34) rules.checks_api_version = false;
  return rules;
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
  DecodedHpa decoded = Decode(manifest);
  if (decoded.error) {
    out["errors"].push_back(
        {{"field", ""}, {"reason", "Decode"}, {"message", decoded.error->message}});
    return out;
  }
  hpa::ValidationRules rules = RulesOf(test.value("k8sVersion", "1.37"));
  const Json gates = test.value("gates", Json::object());
  rules.scale_to_zero = gates.value("HPAScaleToZero", rules.scale_to_zero);
  hpa::PrepareForCreate(decoded.object, rules);
  for (const hpa::FieldError& error : hpa::ValidateCreate(decoded.object, rules)) {
    out["errors"].push_back(
        {{"field", error.field}, {"reason", ToString(error.type)}, {"message", error.Body()}});
  }
  if (out["errors"].empty()) {
    out["stored"] = Json::parse(manifest::EncodeHpa(decoded.object, Version::kV2)).at("spec");
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
    const Json result = test.contains("spec")
                            ? RunSpec(test)
                            : Json{{"id", test.at("id")}, {"result", RunCase(test)}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
