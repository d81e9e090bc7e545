// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "config/relabel_entry.h"
#include "tests/golden/sets.h"
#include "tidegate/relabel.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;
using config::KeyStyle;

Json Refused(const std::vector<std::string>& errors) { return {{"errors", errors}}; }

Json RunCase(const Json& test) {
  const config::ParsedText parsed =
      config::ParseYaml("rules: " + test.at("rules").get<std::string>());
  if (parsed.documents.empty()) return Refused({"no YAML"});
  const config::Node& root = *parsed.documents.front();
  std::vector<config::Problem> problems;
  std::vector<config::RelabelEntry<KeyStyle::kSnake>> entries;
  config::Reader(&root, "", config::ReadMode::kForeign, problems).Struct([&](FieldVisitor& v) {
    v.Field("rules", entries);
  });
  const std::vector<RelabelConfig> configs =
      config::RelabelConfigsOf(entries, root, "rules", problems);
  if (!problems.empty()) {
    std::vector<std::string> errors;
    for (const config::Problem& problem : problems) errors.push_back(problem.message);
    return Refused(errors);
  }
  const auto rules = RelabelRules::Compile(configs);
  if (!rules) return Refused({rules.error().message});
  auto labels = test.at("labels").get<Labels>();
  if (!rules->Apply(labels)) return {{"keep", false}};
  return {{"keep", true}, {"labels", labels}};
}

}  // namespace

int RunRelabelSet(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object()) return 1;
    const Json result{{"id", test.at("id")}, {"result", RunCase(test)}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
