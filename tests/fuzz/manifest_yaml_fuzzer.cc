// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a file of manifests. What converts is a text that converts to itself, and that
// Tidegate can read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tidegate/convert.h"

namespace {

using tidegate::Converted;
using tidegate::ConvertManifests;
using tidegate::ConvertOptions;

void Check(std::string_view text, ConvertOptions::Target to, ConvertOptions::Format format) {
  const ConvertOptions options{to, format};
  const Converted once = ConvertManifests(text, "fuzz.yaml", options);
  if (!once.problems.empty()) return;
  const Converted twice = ConvertManifests(once.text, "converted.yaml", options);
  if (!twice.problems.empty() || twice.text == once.text) return;
  // v2 fills a behavior that v1 gave only in part; then it stays.
  const Converted thrice = ConvertManifests(twice.text, "converted.yaml", options);
  if (thrice.problems.empty() && thrice.text != twice.text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using Target = ConvertOptions::Target;
  using Format = ConvertOptions::Format;
  for (const Target to : {Target::kAutoscaler, Target::kV2, Target::kV1}) {
    Check(text, to, Format::kYaml);
  }
  Check(text, Target::kV2, Format::kJson);
  (void)tidegate::ParseConfig(text, "fuzz.yaml");
  return 0;
}
