// SPDX-License-Identifier: Apache-2.0
#include "nvml/slice_state.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "os/state_text.h"

namespace tidegate::nvml {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

json ToJson(const MadeSlice& made) {
  return {{"gpu", made.gpu},
          {"gpu_instance", made.slice.gpu_instance},
          {"profile_id", made.slice.gi_profile_id},
          {"start", made.slice.span.start},
          {"size", made.slice.span.size},
          {"uuids", made.slice.uuids},
          {"begun", made.begun}};
}

MadeSlice FromJson(const json& value) {
  MadeSlice made;
  made.gpu = value.at("gpu").get<std::string>();
  made.slice.gpu_instance = value.at("gpu_instance").get<std::uint32_t>();
  made.slice.gi_profile_id = value.at("profile_id").get<std::uint32_t>();
  made.slice.span = {value.at("start").get<std::uint8_t>(), value.at("size").get<std::uint8_t>()};
  made.slice.uuids = value.at("uuids").get<std::vector<std::string>>();
  made.begun = value.at("begun").get<bool>();
  return made;
}

}  // namespace

std::string EncodeSliceState(const SliceState& state) {
  json document = {{"boot_id", state.boot_id}, {"slices", json::array()}};
  for (const MadeSlice& made : state.made) document["slices"].push_back(ToJson(made));
  return EncodeState(std::move(document), kVersion);
}

Result<SliceState> DecodeSliceState(const std::string& text) {
  return DecodeState(text, kVersion, [](const json& document) -> Result<SliceState> {
    SliceState state;
    state.boot_id = document.at("boot_id").get<std::string>();
    for (const json& each : document.at("slices")) state.made.push_back(FromJson(each));
    return state;
  });
}

}  // namespace tidegate::nvml
