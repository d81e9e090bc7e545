// SPDX-License-Identifier: Apache-2.0
#include "config/hpa_document.h"

#include <string>
#include <utility>

#include "hpa/names.h"
#include "manifest/json_text.h"

namespace tidegate::config {
namespace {

constexpr std::string_view kKind = "HorizontalPodAutoscaler";

std::string CannotBeHandled(manifest::Version version, const std::string& why) {
  return std::string(kKind) + " in version \"" + std::string(ToString(version)) +
         "\" cannot be handled as a " + std::string(kKind) + ": " + why;
}

}  // namespace

manifest::Syntax SyntaxOf(std::string_view text) {
  const bool json = manifest::ParseJsonText(text).has_value();
  return json ? manifest::Syntax::kJson : manifest::Syntax::kYaml;
}

std::optional<std::vector<HpaDocument>> ItemsOf(const Node& root, manifest::Syntax syntax) {
  const manifest::TypeMeta type = manifest::TypeOf(root, syntax);
  const std::optional<manifest::Version> version = manifest::VersionOf(type.api_version);
  const bool any = type.kind == "List" && type.api_version == "v1";
  const bool typed = type.kind == std::string(kKind) + "List" && version;
  if (!any && !typed) return std::nullopt;
  std::vector<HpaDocument> documents;
  const Node* items = root.Find("items");
  if (items == nullptr || items->kind != Node::Kind::kList) return documents;
  for (const NodePtr& item : items->items) {
    documents.push_back({item.get(), typed ? version : std::nullopt, syntax});
  }
  return documents;
}

std::string HpaName(const Node& root, manifest::Syntax syntax) {
  const Node* metadata = root.Find("metadata");
  const Node* name = metadata == nullptr ? nullptr : metadata->Find("name");
  if (name == nullptr || name->kind != Node::Kind::kScalar) return "";
  return manifest::LiteralOf(*name, syntax).text;
}

std::optional<manifest::DecodedHpa> DecodeHpa(const HpaDocument& document,
                                              std::vector<Problem>& problems) {
  manifest::DecodedHpa decoded =
      manifest::DecodeHpa(*document.root, document.syntax, {}, document.implied);
  if (decoded.error) {
    problems.push_back(
        {decoded.error->at, "", CannotBeHandled(decoded.version, decoded.error->message)});
    return std::nullopt;
  }
  for (const manifest::DecodeError& error : decoded.strict) {
    problems.push_back(
        {error.at, "",
         CannotBeHandled(decoded.version, "strict decoding error: " + error.message)});
  }
  if (!decoded.strict.empty()) return std::nullopt;
  return decoded;
}

bool ValidateHpa(const HpaDocument& document, const manifest::DecodedHpa& decoded,
                 const hpa::Compatibility& release, std::vector<Problem>& problems) {
  hpa::api::HorizontalPodAutoscaler object = decoded.object;
  if (object.metadata.name_space.empty()) object.metadata.name_space = "default";
  hpa::PrepareForCreate(object, release);
  const std::vector<hpa::FieldError> errors = hpa::ValidateCreate(object, release);
  const std::string name = std::string(kKind) + " " + hpa::GoQuote(object.metadata.name);
  for (const hpa::FieldError& error : errors) {
    problems.push_back({manifest::PositionOf(*document.root, decoded.version, error.field),
                        error.field, error.Body(), name});
  }
  return errors.empty();
}

}  // namespace tidegate::config
