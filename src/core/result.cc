// SPDX-License-Identifier: Apache-2.0
#include "tidegate/result.h"

#include <array>

namespace tidegate {

std::string_view ToString(ErrorCode code) noexcept {
  constexpr std::array<std::string_view, 8> kNames = {
      "InvalidArgument",  "NotFound", "NoData",           "Unavailable",
      "DeadlineExceeded", "Conflict", "PermissionDenied", "Internal"};
  return kNames[static_cast<std::size_t>(code)];
}

ResultError::ResultError(Error error)
    : std::runtime_error(std::string(ToString(error.code)) + ": " + error.message),
      error_(std::move(error)) {}

ResultError::~ResultError() = default;

namespace internal {
void ThrowResultError(const Error& error) { throw ResultError(error); }
}  // namespace internal

}  // namespace tidegate
