// SPDX-License-Identifier: Apache-2.0
//
// The text of a state file: a JSON object with its version and a checksum over the rest.
#pragma once

#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tidegate/result.h"

namespace tidegate {

/// FNV-1a in hexadecimal: against torn and edited files, not against an attacker.
inline std::string Checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

/// Bytes that are not UTF-8 become U+FFFD.
inline std::string EncodeState(nlohmann::json document, int version) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  document["version"] = version;
  document["checksum"] = Checksum(document.dump(-1, ' ', false, replace));
  return document.dump(1, ' ', false, replace) + "\n";
}

/// What `read` makes of the document. kInvalidArgument: not JSON, another version, a wrong
/// checksum, or `read` finds that a field is missing or odd.
template <typename Read>
auto DecodeState(std::string_view text, int version, const Read& read)
    -> decltype(read(nlohmann::json())) {
  const auto bad = [](const std::string& why) { return Error{ErrorCode::kInvalidArgument, why}; };
  try {
    nlohmann::json document = nlohmann::json::parse(text);
    const int found = document.at("version").get<int>();
    if (found != version) {
      return bad("version is " + std::to_string(found) + ", want " + std::to_string(version));
    }
    const auto checksum = document.at("checksum").get<std::string>();
    document.erase("checksum");
    if (checksum != Checksum(document.dump())) return bad("checksum does not match");
    return read(document);
  } catch (const nlohmann::json::exception& e) {
    return bad(e.what());
  }
}

}  // namespace tidegate
