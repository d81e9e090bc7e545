// SPDX-License-Identifier: Apache-2.0
//
// What the API server does with a HorizontalPodAutoscaler before it stores it: fields that users
// cannot set are reset, then everything that is wrong is listed, in the server's order and words.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hpa/api.h"
#include "hpa/compatibility.h"
#include "tidegate/export.h"

namespace tidegate::hpa {

struct TIDEGATE_EXPORT FieldError {
  enum class Type { kRequired, kInvalid, kNotSupported, kForbidden, kTooLong };

  std::string field;  ///< "spec.metrics[0].type"
  Type type = Type::kInvalid;
  std::string value;  ///< as printed; "" where the type has none
  std::string detail;

  /// Without the field: "Invalid value: 0: must be greater than zero".
  std::string Body() const;
  /// The line that a user sees.
  std::string ToString() const { return field + ": " + Body(); }

  friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// "FieldValueInvalid" and so on, as in a Status's causes.
TIDEGATE_EXPORT std::string_view ToString(FieldError::Type type);

/// What the server resets before it validates.
TIDEGATE_EXPORT void PrepareForCreate(api::HorizontalPodAutoscaler& hpa,
                                      const Compatibility& release);
TIDEGATE_EXPORT void PrepareForUpdate(api::HorizontalPodAutoscaler& hpa,
                                      const api::HorizontalPodAutoscaler& old,
                                      const Compatibility& release);

/// Everything that is wrong; empty: accepted.
TIDEGATE_EXPORT std::vector<FieldError> ValidateCreate(const api::HorizontalPodAutoscaler& hpa,
                                                       const Compatibility& release);
TIDEGATE_EXPORT std::vector<FieldError> ValidateUpdate(const api::HorizontalPodAutoscaler& hpa,
                                                       const api::HorizontalPodAutoscaler& old,
                                                       const Compatibility& release);

}  // namespace tidegate::hpa
