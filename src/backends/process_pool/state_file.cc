// SPDX-License-Identifier: Apache-2.0
#include "backends/process_pool/state_file.h"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "os/proc.h"
#include "os/state_text.h"
#include "os/whole_file.h"

namespace tidegate {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kSizeLimit = 16u << 20;

std::int64_t Nanoseconds(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint FromNanoseconds(std::int64_t count) { return TimePoint(Duration(count)); }

json ToJson(const ReplicaSlice& slice) {
  return {{"id", slice.id},
          {"device", slice.device},
          {"profile", slice.profile},
          {"start", slice.start},
          {"replaces", slice.replaces}};
}

ReplicaSlice SliceFromJson(const json& value) {
  ReplicaSlice slice;
  slice.id = value.at("id").get<std::string>();
  slice.device = value.at("device").get<std::string>();
  slice.profile = value.at("profile").get<std::string>();
  slice.start = value.at("start").get<std::int32_t>();
  slice.replaces = value.at("replaces").get<std::string>();
  return slice;
}

json ToJson(const ReplicaState& replica) {
  json value = {{"index", replica.index},
                {"name", replica.name},
                {"pid", replica.process.pid},
                {"start_ticks", replica.process.start_ticks},
                {"token", replica.token},
                {"ports", replica.ports},
                {"start_time_ns", Nanoseconds(replica.start_time)},
                {"was_ready", replica.was_ready},
                {"ready", replica.ready},
                {"ready_transition_ns", Nanoseconds(replica.ready_transition)},
                {"restarts", replica.restarts},
                {"failures", replica.failures},
                {"terminating", replica.terminating}};
  if (replica.slice) value["slice"] = ToJson(*replica.slice);
  return value;
}

ReplicaState FromJson(const json& value) {
  ReplicaState replica;
  replica.index = value.at("index").get<std::int64_t>();
  replica.name = value.at("name").get<std::string>();
  replica.process = {value.at("pid").get<pid_t>(), value.at("start_ticks").get<std::uint64_t>()};
  replica.token = value.at("token").get<std::string>();
  replica.ports = value.at("ports").get<std::map<std::string, std::uint16_t>>();
  replica.start_time = FromNanoseconds(value.at("start_time_ns").get<std::int64_t>());
  replica.was_ready = value.at("was_ready").get<bool>();
  replica.ready = value.at("ready").get<bool>();
  replica.ready_transition = FromNanoseconds(value.at("ready_transition_ns").get<std::int64_t>());
  replica.restarts = value.at("restarts").get<std::int32_t>();
  replica.failures = value.at("failures").get<std::int32_t>();
  replica.terminating = value.at("terminating").get<bool>();
  if (value.contains("slice")) replica.slice = SliceFromJson(value.at("slice"));
  return replica;
}

Error Bad(const std::string& why) { return {ErrorCode::kInvalidArgument, why}; }

Status CheckPoolState(const PoolState& state) {
  std::set<std::int64_t> indices;
  if (state.target < 0) return Bad("target is negative");
  for (const ReplicaState& replica : state.replicas) {
    if (replica.index < 0 || replica.index >= state.next_index) {
      return Bad("replica " + replica.name + " has an index out of range");
    }
    if (!indices.insert(replica.index).second) return Bad("replica " + replica.name + " is double");
  }
  return {};
}

}  // namespace

std::string EncodePoolState(const PoolState& state) {
  json replicas = json::array();
  for (const ReplicaState& replica : state.replicas) replicas.push_back(ToJson(replica));
  json document = {{"workload", state.workload},
                   {"target", state.target},
                   {"next_index", state.next_index},
                   {"replicas", std::move(replicas)}};
  for (const ReplicaSlice& slice : state.slices) document["slices"].push_back(ToJson(slice));
  return EncodeState(std::move(document), kVersion);
}

Result<PoolState> DecodePoolState(std::string_view text) {
  return DecodeState(text, kVersion, [](const json& document) -> Result<PoolState> {
    PoolState state;
    state.workload = document.at("workload").get<std::string>();
    state.target = document.at("target").get<std::int32_t>();
    state.next_index = document.at("next_index").get<std::int64_t>();
    for (const json& replica : document.at("replicas")) state.replicas.push_back(FromJson(replica));
    for (const json& slice : document.value("slices", json::array())) {
      state.slices.push_back(SliceFromJson(slice));
    }
    if (Status status = CheckPoolState(state); !status) return status.error();
    return state;
  });
}

Status WritePoolState(const std::string& path, const PoolState& state) {
  return WriteWhole(path, EncodePoolState(state));
}

Result<PoolState> ReadPoolState(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return Error{ErrorCode::kNotFound, path + ": no such file"};
  }
  const auto text = ReadSmallFile(path, kSizeLimit);
  if (!text) return FileError("read", path, errno);
  Result<PoolState> state = DecodePoolState(*text);
  if (!state) return Error{state.error().code, path + ": " + state.error().message};
  return state;
}

}  // namespace tidegate
