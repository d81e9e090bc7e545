// SPDX-License-Identifier: Apache-2.0
#include "config/relabel_entry.h"

#include <cctype>
#include <optional>
#include <utility>

#include "config/documents.h"
#include "config/scalars.h"
#include "regex/regex.h"

namespace tidegate::config {
namespace {

struct Keys {
  std::string_view source_labels;
  std::string_view target_label;
};

constexpr Keys kSnakeKeys{"source_labels", "target_label"};
constexpr Keys kCamelKeys{"sourceLabels", "targetLabel"};

constexpr int kActions = static_cast<int>(RelabelAction::kUppercase) + 1;

std::vector<std::string_view> ActionNames() {
  std::vector<std::string_view> names;
  for (int i = 0; i < kActions; ++i) names.push_back(ToString(static_cast<RelabelAction>(i)));
  return names;
}

template <KeyStyle kStyle>
void DescribeEntry(FieldVisitor& v, const Keys& keys, RelabelEntry<kStyle>& s) {
  v.Field(keys.source_labels, s.source_labels);
  v.Field("separator", s.separator);
  v.Field("regex", s.regex);
  v.Field("modulus", s.modulus);
  v.Field(keys.target_label, s.target_label);
  v.Field("replacement", s.replacement);
  v.Field("action", s.action);
}

std::optional<RelabelAction> ActionOf(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (int i = 0; i < kActions; ++i) {
    const auto action = static_cast<RelabelAction>(i);
    if (ToString(action) == lower) return action;
  }
  return std::nullopt;
}

/// A key without a value is an empty text, as Prometheus reads it.
template <KeyStyle kStyle>
RelabelConfig ConfigOf(const RelabelEntry<kStyle>& entry, const Node* node) {
  const auto text = [node](std::string_view key, const std::optional<std::string>& value) {
    const Node* written = node == nullptr ? nullptr : node->Find(key);
    const bool null = written != nullptr && written->kind == Node::Kind::kNull;
    return null ? std::optional<std::string>("") : value;
  };
  RelabelConfig config;
  config.source_labels = entry.source_labels.value_or(std::vector<std::string>());
  config.separator = text("separator", entry.separator).value_or(config.separator);
  config.regex = text("regex", entry.regex);
  config.modulus = entry.modulus;
  config.target_label = entry.target_label.value_or("");
  config.replacement = text("replacement", entry.replacement).value_or(config.replacement);
  return config;
}

void Check(const std::string& action, bool lists_sources, RelabelConfig& config, const Node& root,
           const std::string& path, std::vector<Problem>& problems) {
  const auto report = [&](const std::string& where, std::string message) {
    problems.push_back({Locate(&root, where), where, std::move(message)});
  };
  const std::optional<RelabelAction> known = ActionOf(action);
  if (!known) {
    return report(path + ".action",
                  "unknown relabel action " + JsonString(action) + Nearest(action, ActionNames()));
  }
  config.action = *known;
  for (const std::string& label : config.source_labels) {
    if (label.empty()) return report(path, "\"\" is not a valid label name");
  }
  const auto regex = Regex::Compile(config.regex.value_or(""));
  if (!regex) return report(path + ".regex", regex.error().message);
  RelabelConfig said = config;  // an empty list has been written down, too
  if (lists_sources && said.source_labels.empty()) said.source_labels.emplace_back("_");
  if (Status fine = CheckRelabelConfig(said); !fine) report(path, fine.error().message);
}

}  // namespace

void Describe(FieldVisitor& v, RelabelEntry<KeyStyle::kSnake>& s) {
  DescribeEntry(v, kSnakeKeys, s);
}

void Describe(FieldVisitor& v, RelabelEntry<KeyStyle::kCamel>& s) {
  DescribeEntry(v, kCamelKeys, s);
}

template <KeyStyle kStyle>
std::vector<RelabelConfig> RelabelConfigsOf(const std::vector<RelabelEntry<kStyle>>& entries,
                                            const Node& root, const std::string& path,
                                            std::vector<Problem>& problems) {
  std::vector<RelabelConfig> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    RelabelConfig config = ConfigOf(entries[i], NodeAt(&root, place));
    Check(entries[i].action.value_or("replace"), entries[i].source_labels.has_value(), config, root,
          place, problems);
    out.push_back(std::move(config));
  }
  return out;
}

template std::vector<RelabelConfig> RelabelConfigsOf(
    const std::vector<RelabelEntry<KeyStyle::kSnake>>&, const Node&, const std::string&,
    std::vector<Problem>&);
template std::vector<RelabelConfig> RelabelConfigsOf(
    const std::vector<RelabelEntry<KeyStyle::kCamel>>&, const Node&, const std::string&,
    std::vector<Problem>&);

}  // namespace tidegate::config
