// SPDX-License-Identifier: Apache-2.0
#include "tidegate/record.h"

#include "config/node.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/writer.h"
#include "tidegate/describe.h"

namespace tidegate {
namespace {

using config::Problem;

constexpr std::size_t kProblemsShown = 20;

Error Invalid(const std::vector<Problem>& problems) {
  std::string text;
  for (std::size_t i = 0; i < problems.size() && i < kProblemsShown; ++i) {
    const Problem& problem = problems[i];
    if (!text.empty()) text += '\n';
    text += problem.path.empty() ? problem.message : problem.path + ": " + problem.message;
  }
  if (problems.size() > kProblemsShown) {
    text += "\n… and " + std::to_string(problems.size() - kProblemsShown) + " more";
  }
  return {ErrorCode::kInvalidArgument, text};
}

/// Described copies: Describe() takes a reference that can be written to.
template <typename T>
std::string Encode(T value, config::WriteMode mode) {
  return config::JsonWriter(mode).Struct([&](FieldVisitor& v) { Describe(v, value); });
}

/// The version alone, before anything is expected of the rest.
Status CheckVersion(const config::Node& root) {
  const config::Node* version = root.Find("version");
  if (root.kind != config::Node::Kind::kMap || version == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "version: is required; not a record of Tidegate"};
  }
  if (version->text == std::to_string(kRecordVersion)) return {};
  return Error{ErrorCode::kInvalidArgument,
               "version: record version " + config::JsonString(version->text) +
                   " is not known; this Tidegate reads version " + std::to_string(kRecordVersion)};
}

}  // namespace

std::string EncodeTick(const TickRecord& record) {
  return Encode(record, config::WriteMode::kRecord);
}

Result<TickRecord> DecodeTick(std::string_view line) {
  Result<config::NodePtr> root = config::ParseJson(line);
  if (!root) return root.error();
  if (Status known = CheckVersion(**root); !known) return known.error();
  TickRecord record;
  std::vector<Problem> problems;
  config::Reader reader(root->get(), "", config::ReadMode::kRecord, problems);
  reader.Struct([&](FieldVisitor& v) { Describe(v, record); });
  if (!problems.empty()) return Invalid(problems);
  return record;
}

std::string ToJson(const Decision& decision) { return Encode(decision, config::WriteMode::kFull); }

std::string ToJson(const WorkloadInput& input) { return Encode(input, config::WriteMode::kFull); }

namespace internal {

Status ReadJson(std::string_view text, const std::function<void(FieldVisitor&)>& describe) {
  Result<config::NodePtr> root = config::ParseJson(text);
  if (!root) return root.error();
  std::vector<Problem> problems;
  config::Reader(root->get(), "", config::ReadMode::kValue, problems).Struct(describe);
  if (!problems.empty()) return Invalid(problems);
  return {};
}

std::string WriteJson(const std::function<void(FieldVisitor&)>& describe) {
  return config::JsonWriter(config::WriteMode::kFull).Struct(describe);
}

}  // namespace internal
}  // namespace tidegate
