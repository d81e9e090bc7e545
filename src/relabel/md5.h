// SPDX-License-Identifier: Apache-2.0
//
// MD5 (RFC 1321), by which Prometheus spreads targets. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tidegate {

std::array<std::uint8_t, 16> Md5(std::string_view bytes);

}  // namespace tidegate
