// SPDX-License-Identifier: Apache-2.0
//
// How the checks of an object report: a list of errors, and how values look in them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hpa/api.h"
#include "hpa/validation.h"

namespace tidegate::hpa {

/// A string as encoding/json writes it, which is how values of named string types are shown.
TIDEGATE_EXPORT std::string GoJsonString(std::string_view text);

class FieldErrors {
 public:
  void Required(std::string field, std::string_view detail) {
    Add(std::move(field), FieldError::Type::kRequired, "", detail);
  }
  void Forbidden(std::string field, std::string_view detail) {
    Add(std::move(field), FieldError::Type::kForbidden, "", detail);
  }
  void TooLong(std::string field, std::size_t bytes) {
    Add(std::move(field), FieldError::Type::kTooLong, "",
        "may not be more than " + std::to_string(bytes) + " bytes");
  }
  /// `value` is what is printed: GoQuote() of a string, GoJsonString() of a named string type.
  void Invalid(std::string field, std::string value, std::string_view detail) {
    Add(std::move(field), FieldError::Type::kInvalid, std::move(value), detail);
  }
  void Invalid(std::string field, std::int64_t value, std::string_view detail) {
    Invalid(std::move(field), std::to_string(value), detail);
  }
  void InvalidEach(const std::string& field, const std::string& value,
                   const std::vector<std::string>& details) {
    for (const std::string& detail : details) Invalid(field, value, detail);
  }
  void NotSupported(std::string field, std::string_view value,
                    std::initializer_list<std::string_view> supported);

  std::vector<FieldError> Take() { return std::move(errors_); }

 private:
  void Add(std::string field, FieldError::Type type, std::string value, std::string_view detail) {
    errors_.push_back({std::move(field), type, std::move(value), std::string(detail)});
  }

  std::vector<FieldError> errors_;
};

/// metadata of a new object; `path_segment`: the name has to be no more than a path segment.
void CheckObjectMeta(const api::ObjectMeta& meta, bool path_segment, const Compatibility& release,
                     FieldErrors& errors);
/// Finalizers without a prefix have to be Kubernetes' own.
void CheckFinalizerNames(const api::ObjectMeta& meta, FieldErrors& errors);
/// What an update of metadata may not do.
void CheckObjectMetaUpdate(const api::ObjectMeta& meta, const api::ObjectMeta& old,
                           const Compatibility& release, FieldErrors& errors);

}  // namespace tidegate::hpa
