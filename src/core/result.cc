// SPDX-License-Identifier: Apache-2.0
#include "tidegate/result.h"

#include "tidegate/describe.h"

namespace tidegate {

std::string_view ToString(ErrorCode code) noexcept { return NameOf(code); }

ResultError::ResultError(Error error)
    : std::runtime_error(std::string(ToString(error.code)) + ": " + error.message),
      error_(std::move(error)) {}

ResultError::~ResultError() = default;

namespace internal {
void ThrowResultError(const Error& error) { throw ResultError(error); }
}  // namespace internal

}  // namespace tidegate
