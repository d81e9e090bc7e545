// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/documents.h"
#include "config/fleet_entries.h"
#include "config/scalars.h"
#include "tidegate/config.h"
#include "tidegate/describe.h"

namespace tidegate::config {
namespace {

using Json = nlohmann::ordered_json;

/// Walks a struct of defaults; lists get one element so that it can be looked at.
class TreeBuilder : public FieldVisitor {
 public:
  TreeBuilder() : root_(std::make_unique<FieldNode>()), at_(root_.get()) {}
  std::unique_ptr<FieldNode> Take() { return std::move(root_); }

 protected:
  bool Enter(std::string_view key, const FieldInfo& info) override {
    if (info.hidden) return false;
    Add(key, info);
    return true;
  }
  bool EnterAlternative(std::string_view key, bool /*active*/, const FieldInfo& info) override {
    if (!Enter(key, info)) return false;
    at_->optional = true;
    at_->info.required = false;
    return true;
  }
  void Leave() override {
    at_ = path_.back();
    path_.pop_back();
  }

  void Value(bool& value, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kBoolean, value ? "true" : "false");
  }
  void Value(std::int64_t& value, const FieldInfo& info) override {
    at_->info = info;
    Scalar(FieldType::kInteger, std::to_string(value));
  }
  void Value(double& value, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kNumber, FormatRatio(value));
  }
  void Value(std::string& value, const FieldInfo& info) override {
    at_->choices.assign(info.choices.begin(), info.choices.end());
    Scalar(FieldType::kString, JsonString(value));
  }
  void Value(Duration& value, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kDuration, JsonString(FormatDuration(value)));
  }
  void Value(TimePoint& /*value*/, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kInstant, "");
  }
  void QuantityValue(MilliValue& value, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kQuantity, JsonString(FormatMilli(value)));
  }
  void SecondsValue(Duration& value, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kSeconds, std::to_string(value.count() / 1'000'000'000));
  }
  void RatioValue(double& value, const FieldInfo& /*info*/) override {
    Scalar(FieldType::kRatio, FormatRatio(value));
  }
  void EnumValue(std::size_t& index, std::span<const std::string_view> names,
                 const FieldInfo& info) override {
    const std::span<const std::string_view> choices = info.choices.empty() ? names : info.choices;
    at_->choices.assign(choices.begin(), choices.end());
    Scalar(FieldType::kEnum, JsonString(names[index]));
  }

  void BeginStruct() override { at_->type = FieldType::kObject; }
  void EndStruct() override {}
  void BeginOptional(bool& present) override {
    at_->optional = true;
    present = true;
  }
  void BeginList(std::size_t& size) override {
    at_->type = FieldType::kList;
    at_->default_value = size == 0 ? "[]" : "";
    if (size == 0) size = 1;
    path_.push_back(at_);
  }
  void Element(std::size_t /*index*/) override {
    at_ = path_.back();
    path_.pop_back();
    Add("", {});
  }
  void EndList() override {
    Leave();
    path_.push_back(at_);  // Element() took the list's own entry; Leave() of the field is next
    FinishList();
    path_.pop_back();
  }
  void BeginMap(std::vector<std::string>& keys) override {
    at_->type = FieldType::kMap;
    at_->default_value = "{}";
    keys = {"KEY"};
    path_.push_back(at_);
  }
  void Entry(const std::string& /*key*/) override { Element(0); }
  void EndMap() override {
    Leave();
    at_->children.resize(1);
  }

 private:
  void Add(std::string_view key, const FieldInfo& info) {
    path_.push_back(at_);
    at_->children.push_back(std::make_unique<FieldNode>());
    at_ = at_->children.back().get();
    at_->key = key;
    at_->info = info;
  }

  void Scalar(FieldType type, std::string default_value) {
    at_->type = type;
    if (!at_->optional && !at_->info.required) at_->default_value = std::move(default_value);
  }

  void FinishList() {
    if (at_->default_value.empty()) {
      for (const auto& element : at_->children) {
        at_->default_value += (at_->default_value.empty() ? "" : ", ") + element->default_value;
      }
      at_->default_value = "[" + at_->default_value + "]";
    }
    at_->children.resize(1);
    at_->children[0]->default_value.clear();
  }

  std::unique_ptr<FieldNode> root_;
  FieldNode* at_;
  std::vector<FieldNode*> path_;
};

void AddBounds(const FieldNode& node, Json& out) {
  const auto number = [](double value) {
    return value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value);
  };
  if (std::abs(node.info.min) < 1e17) out["minimum"] = number(node.info.min);
  if (std::abs(node.info.max) < 1e17) out["maximum"] = number(node.info.max);
}

Json SchemaOf(const FieldNode& node);

Json ObjectSchema(const FieldNode& node) {
  Json out{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const auto& child : node.children) {
    out["properties"][child->key] = SchemaOf(*child);
    if (child->info.required) required.push_back(child->key);
  }
  if (!required.empty()) out["required"] = required;
  return out;
}

Json TypeSchema(const FieldNode& node) {
  switch (node.type) {
    case FieldType::kObject:
      return ObjectSchema(node);
    case FieldType::kList:
      return {{"type", "array"}, {"items", SchemaOf(*node.children.at(0))}};
    case FieldType::kMap:
      return {{"type", "object"}, {"additionalProperties", SchemaOf(*node.children.at(0))}};
    case FieldType::kBoolean:
      return {{"type", "boolean"}};
    case FieldType::kInteger:
    case FieldType::kSeconds:
      return {{"type", "integer"}};
    case FieldType::kNumber:
      return {{"type", "number"}};
    case FieldType::kString:
    case FieldType::kEnum:
      return {{"type", "string"}};
    case FieldType::kInstant:
      return {{"type", "string"}, {"format", "date-time"}};
    case FieldType::kDuration:
      return {{"type", "string"}, {"pattern", "^([0-9]+(\\.[0-9]+)?(h|m|s|ms|us|ns))+$|^0$"}};
    case FieldType::kQuantity:
    case FieldType::kRatio:
      return {{"type", Json::array({"number", "string"})}};
  }
  return {};
}

Json SchemaOf(const FieldNode& node) {
  Json out = TypeSchema(node);
  if (!node.info.doc.empty()) out["description"] = std::string(node.info.doc);
  if (!node.choices.empty()) out["enum"] = node.choices;
  if (node.type == FieldType::kInteger || node.type == FieldType::kNumber ||
      node.type == FieldType::kSeconds) {
    AddBounds(node, out);
  }
  if (!node.default_value.empty()) out["default"] = Json::parse(node.default_value);
  return out;
}

template <typename T>
std::unique_ptr<FieldNode> TreeOf() {
  T value{};
  return BuildFieldTree([&](FieldVisitor& v) { Describe(v, value); });
}

}  // namespace

std::unique_ptr<FieldNode> BuildFieldTree(const std::function<void(FieldVisitor&)>& describe) {
  TreeBuilder builder;
  describe(builder);
  return builder.Take();
}

std::vector<DocumentSchema> DocumentSchemas() {
  std::vector<DocumentSchema> out;
  out.push_back({"Autoscaler", std::string(kApiVersion),
                 "One workload: its bounds, metrics and behavior in the words of a "
                 "HorizontalPodAutoscaler, and where its samples come from, what makes its "
                 "replicas and what sends requests to them.",
                 TreeOf<Autoscaler>()});
  out.push_back({"Scaler", std::string(kApiVersion),
                 "Settings of the executable. At most one document.", TreeOf<ScalerOptions>()});
  out.push_back({"Fleet", std::string(kApiVersion),
                 "GPUs, and the MIG slices that run on them: for `tidegate pack` only.",
                 TreeOf<FleetEntry>()});
  out.push_back({"Demand", std::string(kApiVersion),
                 "MIG slices that are wanted: for `tidegate pack` only.", TreeOf<DemandEntry>()});
  out.push_back({"ThroughputTable", std::string(kApiVersion),
                 "What a replica on one MIG slice serves, measured for each size: for `tidegate "
                 "pack` only. Its metadata.name is what workloads of a Demand call it by.",
                 TreeOf<TableEntry>()});
  return out;
}

}  // namespace tidegate::config

namespace tidegate {

std::string ConfigSchema() {
  using config::Json;
  Json documents = Json::array();
  for (const config::DocumentSchema& document : config::DocumentSchemas()) {
    Json metadata{{"type", "object"},
                  {"additionalProperties", false},
                  {"properties", {{"name", {{"type", "string"}, {"maxLength", 253}}}}}};
    Json required = Json::array({"apiVersion", "kind", "spec"});
    if (document.kind == "Autoscaler") {
      metadata["required"] = Json::array({"name"});
      required.push_back("metadata");
    }
    Json properties{{"apiVersion", {{"const", document.api_version}}},
                    {"kind", {{"const", document.kind}}},
                    {"metadata", metadata},
                    {"spec", config::SchemaOf(*document.spec)}};
    documents.push_back({{"title", document.kind},
                         {"description", document.doc},
                         {"type", "object"},
                         {"additionalProperties", false},
                         {"properties", properties},
                         {"required", required}});
  }
  const Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                    {"title", "Tidegate configuration"},
                    {"oneOf", documents}};
  return schema.dump(2) + "\n";
}

}  // namespace tidegate
