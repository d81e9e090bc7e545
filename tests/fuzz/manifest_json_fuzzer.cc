// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the JSON of an object. What decodes is encoded as a text that decodes to the same,
// by way of v2 and of v1; validation has something to say or nothing, but says it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hpa/validation.h"
#include "manifest/json_text.h"
#include "manifest/manifest.h"
#include "manifest/scaling_spec.h"

namespace {

using tidegate::manifest::DecodedHpa;
using tidegate::manifest::EncodeV1;
using tidegate::manifest::EncodeV2;
using tidegate::manifest::ParseJsonText;
using tidegate::manifest::Syntax;

DecodedHpa Again(const std::string& json) {
  const auto node = ParseJsonText(json);
  if (!node) std::abort();  // what is written is JSON
  return DecodeHpa(**node, Syntax::kJson);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = ParseJsonText(text);
  if (!node) return 0;
  const DecodedHpa decoded = DecodeHpa(**node, Syntax::kJson);
  if (decoded.error) return 0;
  const std::string v2 = EncodeV2(decoded.object);
  const DecodedHpa again = Again(v2);
  const DecodedHpa by_v1 = Again(EncodeV1(decoded.object));
  // A time beyond the year 9999 is written but not read, by upstream too.
  if (!again.error && EncodeV2(again.object) != v2) {
    const DecodedHpa third = Again(EncodeV2(again.object));  // v2 fills half of a behavior
    if (!third.error && EncodeV2(third.object) != EncodeV2(again.object)) std::abort();
  }
  (void)by_v1;
  for (const tidegate::hpa::FieldError& error :
       tidegate::hpa::ValidateUpdate(decoded.object, again.object, {})) {
    if (error.field.empty() || error.ToString().empty()) std::abort();
    (void)PositionOf(**node, decoded.version, error.field);
  }
  (void)tidegate::hpa::ValidateCreate(decoded.object, {});
  tidegate::ScalingSpec spec;
  tidegate::manifest::FillScalingSpec(decoded.object, spec);
  return 0;
}
