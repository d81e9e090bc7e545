// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "hpa/field_errors.h"
#include "hpa/names.h"

namespace tidegate::hpa {
namespace {

constexpr std::size_t kAnnotationBytes = std::size_t{256} << 10U;
constexpr std::size_t kFieldManagerBytes = 128;
constexpr std::size_t kSubresourceBytes = 256;
constexpr std::string_view kNotNegative = "must be greater than or equal to 0";
constexpr std::string_view kImmutable = "field is immutable";

/// A generated name gets letters behind it, so its prefix may end in a dash.
std::string WithoutTrailingDash(const std::string& prefix) {
  if (prefix.size() < 2 || prefix.back() != '-') return prefix;
  return prefix.substr(0, prefix.size() - 2) + "a";
}

std::vector<std::string> CheckPathPrefix(const std::string& prefix) {
  return prefix == "." || prefix == ".." ? std::vector<std::string>() : CheckPathSegment(prefix);
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void CheckLabels(const api::StringMap& labels, FieldErrors& errors) {
  const std::string field = "metadata.labels";
  for (const auto& [key, value] : labels) {
    errors.InvalidEach(field, GoQuote(key), CheckLabelKey(key));
    errors.InvalidEach(field, GoQuote(value), CheckLabelValue(value));
  }
}

void CheckAnnotations(const api::StringMap& annotations, FieldErrors& errors) {
  const std::string field = "metadata.annotations";
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations) {
    errors.InvalidEach(field, GoQuote(key), CheckLabelKey(Lower(key)));
    bytes += key.size() + value.size();
  }
  if (bytes > kAnnotationBytes) errors.TooLong(field, kAnnotationBytes);
}

void CheckOwner(const api::OwnerReference& owner, const std::string& field, FieldErrors& errors) {
  const std::string& version = owner.api_version;
  const bool known = std::count(version.begin(), version.end(), '/') < 2 && version != "/" &&
                     (version.empty() || version.back() != '/');
  if (version.empty()) {
    errors.Required(field + ".apiVersion", "must not be empty");
  } else if (!known) {
    errors.Invalid(field + ".apiVersion", GoQuote(version),
                   "must be <group>/<version> or <version>");
  }
  if (owner.kind.empty()) errors.Required(field + ".kind", "must not be empty");
  if (owner.name.empty()) errors.Required(field + ".name", "must not be empty");
  if (owner.uid.empty()) errors.Required(field + ".uid", "must not be empty");
}

void CheckManagedFields(const std::vector<api::ManagedFieldsEntry>& entries, FieldErrors& errors) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const api::ManagedFieldsEntry& entry = entries[i];
    const std::string field = "metadata.managedFields[" + std::to_string(i) + "]";
    if (entry.operation.empty()) {
      errors.Required(field + ".operation", "must not be empty");
    } else if (entry.operation != "Apply" && entry.operation != "Update") {
      errors.NotSupported(field + ".operation", entry.operation, {"Apply", "Update"});
    }
    if (!entry.fields_type.empty() && entry.fields_type != "FieldsV1") {
      errors.Invalid(field + ".fieldsType", GoQuote(entry.fields_type), "must be `FieldsV1`");
    }
    if (entry.manager.size() > kFieldManagerBytes) {
      errors.TooLong(field + ".manager", kFieldManagerBytes);
    }
    if (entry.subresource.size() > kSubresourceBytes) {
      errors.TooLong(field + ".subresource", kSubresourceBytes);
    }
  }
}

void CheckOwners(const api::ObjectMeta& meta, FieldErrors& errors) {
  for (std::size_t i = 0; i < meta.owner_references.size(); ++i) {
    CheckOwner(meta.owner_references[i], "metadata.ownerReferences[" + std::to_string(i) + "]",
               errors);
  }
}

void CheckCommon(const api::ObjectMeta& meta, FieldErrors& errors) {
  CheckLabels(meta.labels, errors);
  CheckAnnotations(meta.annotations, errors);
  CheckOwners(meta, errors);
}

template <typename T>
void CheckSame(const T& value, const T& old, const std::string& field, const std::string& printed,
               FieldErrors& errors) {
  if (value != old) errors.Invalid(field, printed, kImmutable);
}

}  // namespace

void CheckObjectMeta(const api::ObjectMeta& meta, bool path_segment, FieldErrors& errors) {
  if (!meta.generate_name.empty()) {
    errors.InvalidEach("metadata.generateName", GoQuote(meta.generate_name),
                       path_segment ? CheckPathPrefix(meta.generate_name)
                                    : CheckDnsSubdomain(WithoutTrailingDash(meta.generate_name)));
  }
  if (meta.name.empty()) {
    errors.Required("metadata.name", "name or generateName is required");
  } else {
    errors.InvalidEach("metadata.name", GoQuote(meta.name),
                       path_segment ? CheckPathSegment(meta.name) : CheckDnsSubdomain(meta.name));
  }
  if (meta.name_space.empty()) {
    errors.Required("metadata.namespace", "");
  } else {
    errors.InvalidEach("metadata.namespace", GoQuote(meta.name_space),
                       CheckDnsLabel(meta.name_space));
  }
  if (meta.generation < 0) errors.Invalid("metadata.generation", meta.generation, kNotNegative);
  CheckCommon(meta, errors);
  for (const std::string& finalizer : meta.finalizers) {
    errors.InvalidEach("metadata.finalizers", GoQuote(finalizer), CheckLabelKey(finalizer));
  }
  CheckManagedFields(meta.managed_fields, errors);
}

void CheckObjectMetaUpdate(const api::ObjectMeta& meta, const api::ObjectMeta& old,
                           FieldErrors& errors) {
  if (meta.resource_version.empty()) {
    errors.Invalid("metadata.resourceVersion", GoQuote(""), "must be specified for an update");
  }
  if (meta.generation < 0) errors.Invalid("metadata.generation", meta.generation, kNotNegative);
  if (meta.generation < old.generation) {
    errors.Invalid("metadata.generation", meta.generation, "must not be decremented");
  }
  CheckSame(meta.name, old.name, "metadata.name", GoQuote(meta.name), errors);
  CheckSame(meta.name_space, old.name_space, "metadata.namespace", GoQuote(meta.name_space),
            errors);
  CheckSame(meta.uid, old.uid, "metadata.uid", GoJsonString(meta.uid), errors);
  CheckCommon(meta, errors);
  CheckManagedFields(meta.managed_fields, errors);
}

}  // namespace tidegate::hpa
