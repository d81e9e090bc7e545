// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value, or the Error that says why there is none.
//
// Expected failures are values; the library throws only where the caller asks for it, in
// value(). Spelled like std::expected, which this toolchain does not have yet.
//
// Thread safety: plain values.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tidegate/export.h"

namespace tidegate {

/// Chosen by what the caller does next.
enum class ErrorCode {
  kInvalidArgument,   ///< fix the configuration or the call
  kNotFound,          ///< correct the name
  kNoData,            ///< hold
  kUnavailable,       ///< retry at the next tick
  kDeadlineExceeded,  ///< hold this tick; a late answer is dropped
  kConflict,          ///< observe again
  kPermissionDenied,  ///< ask an administrator; do not retry in a loop
  kInternal,          ///< a bug: hold and count
};

/// The code's stable name, such as "NoData"; used in metrics, logs and records.
TIDEGATE_EXPORT std::string_view ToString(ErrorCode code) noexcept;

/// What went wrong. `message` carries the path and the value and never a secret.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

/// Thrown by Result::value() and nothing else.
class TIDEGATE_EXPORT ResultError : public std::runtime_error {
 public:
  explicit ResultError(Error error);
  ~ResultError() override;
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

namespace internal {
[[noreturn]] TIDEGATE_EXPORT void ThrowResultError(const Error& error);
}  // namespace internal

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// REQUIRES: has_value().
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }

  /// The value; throws ResultError if there is none.
  const T& value() const& {
    if (!has_value()) internal::ThrowResultError(error());
    return **this;
  }
  T&& value() && {
    if (!has_value()) internal::ThrowResultError(error());
    return std::move(*std::get_if<0>(&state_));
  }

  /// REQUIRES: !has_value().
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  /// REQUIRES: !ok().
  const Error& error() const { return *error_; }

  friend bool operator==(const Status&, const Status&) = default;

 private:
  std::optional<Error> error_;
};

}  // namespace tidegate
