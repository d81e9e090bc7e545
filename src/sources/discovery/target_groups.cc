// SPDX-License-Identifier: Apache-2.0
#include "sources/discovery/target_groups.h"

#include <utility>

#include "config/node.h"
#include "config/reader.h"
#include "config/target_group_entry.h"

namespace tidegate::discovery {
namespace {

/// A list of 100,000 targets is no attack.
constexpr config::Limits kLimits{.bytes = 64u << 20, .nodes = 4'000'000, .documents = 1};

Error Invalid(const config::Position& at, const std::string& message) {
  const std::string where = std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  return Error{ErrorCode::kInvalidArgument, (at.line > 0 ? where : "") + message};
}

Result<TargetGroup> GroupOf(const config::Node& node, const Labels& origin) {
  std::vector<config::Problem> problems;
  config::TargetGroupEntry entry;
  config::Reader(&node, "", config::ReadMode::kForeign, problems).Struct([&](FieldVisitor& v) {
    Describe(v, entry);
  });
  if (!problems.empty()) {
    const config::Problem& first = problems.front();
    return Invalid(first.at, (first.path.empty() ? "" : first.path + ": ") + first.message);
  }
  TargetGroup group{.targets = {}, .labels = std::move(entry.labels)};
  for (const auto& [name, value] : origin) group.labels[name] = value;
  for (std::string& address : entry.targets) {
    group.targets.push_back({{"__address__", std::move(address)}});
  }
  return group;
}

}  // namespace

Result<std::vector<TargetGroup>> ParseTargetGroups(std::string_view text, const Labels& origin) {
  const config::ParsedText parsed = config::ParseYaml(text, kLimits);
  if (!parsed.problems.empty()) {
    return Invalid(parsed.problems.front().at, parsed.problems.front().message);
  }
  std::vector<TargetGroup> groups;
  if (parsed.documents.empty()) return groups;
  const config::Node& root = *parsed.documents.front();
  if (root.kind == config::Node::Kind::kNull) return groups;
  if (root.kind != config::Node::Kind::kList) return Invalid(root.at, "want a list of groups");
  for (const config::NodePtr& item : root.items) {
    if (item->kind == config::Node::Kind::kNull) {
      return Invalid(item->at, "nil target group item found");
    }
    Result<TargetGroup> group = GroupOf(*item, origin);
    if (!group) return group.error();
    groups.push_back(*std::move(group));
  }
  return groups;
}

}  // namespace tidegate::discovery
