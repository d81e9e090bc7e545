// SPDX-License-Identifier: Apache-2.0
//
// Config -> YAML, by way of JSON: the dump of what the file would say if it said everything.
#include "config/documents.h"
#include "config/writer.h"
#include "config/yaml_text.h"
#include "tidegate/config.h"
#include "tidegate/describe.h"

namespace tidegate {
namespace {

template <typename T>
std::string Document(const std::string& kind, std::string name, T spec) {
  const std::string json = config::JsonWriter(config::WriteMode::kFull).Struct([&](auto& v) {
    std::string api_version(config::kApiVersion);
    std::string kind_name = kind;
    v.Field("apiVersion", api_version);
    v.Field("kind", kind_name);
    if (!name.empty()) v.Nested("metadata", [&] { v.Field("name", name); });
    v.Field("spec", spec);
  });
  return config::YamlText(json);
}

}  // namespace

std::string DumpConfig(const Config& config) {
  std::string out = Document("Scaler", "", config.scaler);
  for (const Autoscaler& autoscaler : config.autoscalers) {
    out += "---\n" + Document("Autoscaler", autoscaler.spec.workload, autoscaler);
  }
  return out;
}

}  // namespace tidegate
