// SPDX-License-Identifier: Apache-2.0
#include "tidegate/convert.h"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "config/documents.h"
#include "config/hpa_document.h"
#include "config/yaml_text.h"
#include "hpa/compatibility.h"
#include "tidegate/describe.h"

namespace tidegate {
namespace {

using config::HpaDocument;
using config::Member;
using config::Node;
using config::NodePtr;
using config::Problem;
using Json = nlohmann::ordered_json;
using Target = ConvertOptions::Target;

constexpr std::string_view kHpa = "HorizontalPodAutoscaler";
constexpr std::string_view kAutoscaler = "Autoscaler";

/// Members of an Autoscaler's spec that mean the same in a HorizontalPodAutoscaler.
constexpr std::array<std::string_view, 5> kShared = {"scaleTargetRef", "minReplicas", "maxReplicas",
                                                     "metrics", "behavior"};

/// What a HorizontalPodAutoscaler is like without saying so.
constexpr std::string_view kPeriod = "15s";
constexpr std::string_view kMissingData = "Fill";

NodePtr Scalar(std::string_view text) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::kScalar;
  node->quoted = true;
  node->text = text;
  return node;
}

class Converter {
 public:
  Converter(std::string_view text, std::string_view file_name, const ConvertOptions& options)
      : text_(text), file_name_(file_name), options_(options), syntax_(config::SyntaxOf(text)) {}

  Converted Run() {
    const config::ParsedText parsed = config::ParseYaml(text_);
    for (const config::SyntaxProblem& problem : parsed.problems) {
      problems_.push_back({problem.at, "", problem.message});
    }
    for (const NodePtr& root : parsed.documents) {
      if (root->kind != Node::Kind::kNull) Document({root.get(), std::nullopt, syntax_});
    }
    if (documents_.empty() && problems_.empty()) {
      problems_.push_back({{}, "", "there is nothing to convert in this file"});
    }
    Converted out;
    out.problems = Located(problems_);
    out.losses = Located(losses_);
    if (out.problems.empty()) out.text = Text();
    return out;
  }

 private:
  std::vector<ConfigProblem> Located(const std::vector<Problem>& problems) const {
    std::vector<ConfigProblem> out;
    for (const Problem& problem : problems) {
      out.push_back({std::string(file_name_), problem.at.line, problem.at.column, problem.path,
                     problem.message, problem.object});
    }
    return out;
  }

  void Document(const HpaDocument& document) {
    const Node& root = *document.root;
    if (const auto items = config::ItemsOf(root, syntax_)) {
      for (const HpaDocument& item : *items) Document(item);
      return;
    }
    const manifest::TypeMeta type = manifest::TypeOf(root, syntax_);
    if (type.kind == kAutoscaler && type.api_version == config::kApiVersion) {
      return FromAutoscaler(root);
    }
    if (type.kind == kHpa || (type.kind.empty() && document.implied)) return FromHpa(document);
    Lose(root.at, "", "a document of kind " + Quoted(type.kind));
  }

  static std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

  void Lose(config::Position at, std::string path, const std::string& what) {
    const bool to_tidegate = options_.to == Target::kAutoscaler;
    losses_.push_back({at, std::move(path),
                       (what.empty() ? "" : what + " ") + std::string("has no counterpart in a") +
                           (to_tidegate ? "n " : " ") +
                           std::string(to_tidegate ? kAutoscaler : kHpa)});
  }

  void FromHpa(const HpaDocument& document) {
    const std::optional<manifest::DecodedHpa> decoded = config::DecodeHpa(document, problems_);
    const hpa::Compatibility release = hpa::CompatibilityOf(Release(nullptr));
    if (!decoded || !config::ValidateHpa(document, *decoded, release, problems_)) return;
    const bool has_status = document.root->Find("status") != nullptr;
    if (options_.to != Target::kAutoscaler) return AddHpa(decoded->object, has_status);
    const Json hpa = Json::parse(manifest::EncodeV2(decoded->object));
    Json out = {{"apiVersion", config::kApiVersion},
                {"kind", kAutoscaler},
                {"metadata", {{"name", decoded->object.metadata.name}}},
                {"spec", hpa.at("spec")}};
    out["spec"]["period"] = kPeriod;
    out["spec"]["missingData"] = kMissingData;
    if (options_.compatibility) out["spec"]["compatibility"] = NameOf(*options_.compatibility);
    documents_.push_back(std::move(out));
    for (const auto& [key, value] : hpa.at("metadata").items()) {
      if (key == "name") continue;
      const std::string path = "metadata." + key;
      Lose(config::Locate(document.root, path), path, "");
    }
    if (has_status) Lose(config::Locate(document.root, "status"), "status", "");
  }

  void AddHpa(const hpa::api::HorizontalPodAutoscaler& object, bool with_status) {
    const Json hpa = Json::parse(options_.to == Target::kV1 ? manifest::EncodeV1(object)
                                                            : manifest::EncodeV2(object));
    Json out = {{"apiVersion", hpa.at("apiVersion")}};  // in front, as people write it
    out.update(hpa);
    if (!with_status) out.erase("status");
    documents_.push_back(std::move(out));
  }

  void FromAutoscaler(const Node& root) {
    if (options_.to == Target::kAutoscaler) {
      documents_.push_back(Json::parse(manifest::JsonText(root, syntax_)));
      return;
    }
    // The same nodes under another kind: what is wrong with them has its place in the file.
    auto hpa = std::make_shared<Node>(root);
    for (Member& member : hpa->members) {
      if (member.key == "apiVersion") member.value = Scalar("autoscaling/v2");
      if (member.key == "kind") member.value = Scalar(kHpa);
      if (member.key == "spec") member.value = SharedSpec(*member.value);
    }
    const HpaDocument document = {hpa.get(), std::nullopt, syntax_};
    const std::optional<manifest::DecodedHpa> decoded = config::DecodeHpa(document, problems_);
    const hpa::Compatibility release = hpa::CompatibilityOf(Release(root.Find("spec")));
    if (!decoded || !config::ValidateHpa(document, *decoded, release, problems_)) return;
    AddHpa(decoded->object, false);
  }

  /// No more of a workload than what tells its release. Null: it says nothing.
  ScalingSpec Release(const Node* spec) {
    Node about_release;
    about_release.kind = Node::Kind::kMap;
    for (const Member& member : spec == nullptr ? std::vector<Member>() : spec->members) {
      const bool tells = member.key == "compatibility" || member.key == "featureGates";
      if (tells) about_release.members.push_back(member);
    }
    ScalingSpec release;
    config::Reader reader(&about_release, "spec", config::ReadMode::kFile, problems_);
    reader.Struct([&](FieldVisitor& v) {
      v.Field("compatibility", release.compatibility);
      v.Field("featureGates", release.feature_gates);
    });
    if (options_.compatibility) release.compatibility = *options_.compatibility;
    return release;
  }

  NodePtr SharedSpec(const Node& spec) {
    auto shared = std::make_shared<Node>(spec);
    shared->members.clear();
    for (const Member& member : spec.members) {
      if (std::find(kShared.begin(), kShared.end(), member.key) != kShared.end()) {
        shared->members.push_back(member);
      } else if (!IsHpas(member)) {
        Lose(member.at, "spec." + member.key, "");
      }
    }
    return shared;
  }

  static bool IsHpas(const Member& member) {
    return (member.key == "period" && member.value->text == kPeriod) ||
           (member.key == "missingData" && member.value->text == kMissingData);
  }

  std::string Text() const {
    std::string out;
    if (options_.format == ConvertOptions::Format::kYaml) {
      for (const Json& document : documents_) {
        out += (out.empty() ? "" : "---\n") + config::YamlText(document.dump());
      }
      return out;
    }
    if (documents_.size() == 1) return documents_[0].dump(2) + "\n";
    return Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", documents_}}.dump(2) + "\n";
  }

  std::string_view text_;
  std::string_view file_name_;
  const ConvertOptions& options_;
  manifest::Syntax syntax_;
  std::vector<Json> documents_;
  std::vector<Problem> problems_;
  std::vector<Problem> losses_;
};

}  // namespace

Converted ConvertManifests(std::string_view text, std::string_view file_name,
                           const ConvertOptions& options) {
  return Converter(text, file_name, options).Run();
}

}  // namespace tidegate
