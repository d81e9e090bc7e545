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

void CheckLabels(const api::StringMap& labels, const Compatibility& release, FieldErrors& errors) {
  const std::string field = "metadata.labels";
  for (const auto& [key, value] : labels) {
    errors.InvalidEach(field, GoQuote(key), CheckLabelKey(key, release));
    errors.InvalidEach(field, GoQuote(value), CheckLabelValue(value, release));
  }
}

void CheckAnnotations(const api::StringMap& annotations, const Compatibility& release,
                      FieldErrors& errors) {
  const std::string field = "metadata.annotations";
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations) {
    errors.InvalidEach(field, GoQuote(key), CheckLabelKey(Lower(key), release));
    bytes += key.size() + value.size();
  }
  if (bytes > kAnnotationBytes) errors.TooLong(field, kAnnotationBytes);
}

bool IsGroupVersion(const std::string& text) {
  return std::count(text.begin(), text.end(), '/') < 2 && text != "/" &&
         (text.empty() || text.back() != '/');
}

// As encoding/json writes it.
std::string Printed(const api::OwnerReference& owner) {
  std::string text = "{\"apiVersion\":" + GoJsonString(owner.api_version) +
                     ",\"kind\":" + GoJsonString(owner.kind) +
                     ",\"name\":" + GoJsonString(owner.name) +
                     ",\"uid\":" + GoJsonString(owner.uid);
  const auto flag = [&](std::string_view name, std::optional<bool> value) {
    if (value) text += ",\"" + std::string(name) + (*value ? "\":true" : "\":false");
  };
  flag("controller", owner.controller);
  flag("blockOwnerDeletion", owner.block_owner_deletion);
  return text + "}";
}

void CheckOwner(const api::OwnerReference& owner, const std::string& field, FieldErrors& errors) {
  if (owner.api_version.empty()) {
    errors.Required(field + ".apiVersion", "must not be empty");
  } else if (!IsGroupVersion(owner.api_version)) {
    errors.Invalid(field + ".apiVersion", GoQuote(owner.api_version),
                   "must be <group>/<version> or <version>");
  }
  if (owner.kind.empty()) errors.Required(field + ".kind", "must not be empty");
  if (owner.name.empty()) errors.Required(field + ".name", "must not be empty");
  if (owner.uid.empty()) errors.Required(field + ".uid", "must not be empty");
}

// What the releases before say, about any entry.
void CheckOwnerAsBefore(const api::OwnerReference& owner, const std::string& field,
                        FieldErrors& errors) {
  const std::string& version = owner.api_version;
  if (version.empty() || !IsGroupVersion(version)) {
    errors.Invalid(field + ".apiVersion", GoQuote(version), "version must not be empty");
  }
  const auto present = [&](const char* name, const std::string& value, const std::string& text) {
    if (value.empty()) errors.Invalid(field + name, text, "must not be empty");
  };
  present(".kind", owner.kind, GoQuote(owner.kind));
  present(".name", owner.name, GoQuote(owner.name));
  present(".uid", owner.uid, GoJsonString(owner.uid));
}

void CheckManagedFields(const std::vector<api::ManagedFieldsEntry>& entries,
                        const Compatibility& release, FieldErrors& errors) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const api::ManagedFieldsEntry& entry = entries[i];
    const std::string field = "metadata.managedFields[" + std::to_string(i) + "]";
    const bool known = entry.operation == "Apply" || entry.operation == "Update";
    if (!known && !release.declares_metadata) {
      errors.Invalid(field + ".operation", GoJsonString(entry.operation),
                     "must be `Apply` or `Update`");
    } else if (entry.operation.empty()) {
      errors.Required(field + ".operation", "must not be empty");
    } else if (!known) {
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

void CheckOwners(const std::vector<api::OwnerReference>& owners, const Compatibility& release,
                 FieldErrors& errors) {
  const std::string field = "metadata.ownerReferences";
  std::string controller;  // the first that says it is one
  std::string all;
  for (const api::OwnerReference& owner : owners) all += (all.empty() ? "" : ",") + Printed(owner);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const api::OwnerReference& owner = owners[i];
    const std::string entry =
        release.declares_metadata ? field + "[" + std::to_string(i) + "]" : field;
    (release.declares_metadata ? CheckOwner : CheckOwnerAsBefore)(owner, entry, errors);
    const bool core = owner.api_version == "v1" || owner.api_version == "/v1";
    if (core && owner.kind == "Event") {
      errors.Invalid(entry, Printed(owner), "/v1, Kind=Event is disallowed from being an owner");
    }
    if (!owner.controller.value_or(false)) continue;
    const std::string name = owner.kind + "/" + owner.name;
    if (!controller.empty()) {
      errors.Invalid(field, "[" + all + "]",
                     "Only one reference can have Controller set to true. Found \"true\" in "
                     "references for " +
                         controller + " and " + name);
    } else {
      controller = name;
    }
  }
}

void CheckFinalizers(const std::vector<std::string>& finalizers, const Compatibility& release,
                     FieldErrors& errors) {
  const std::string field = "metadata.finalizers";
  std::string all;
  for (const std::string& each : finalizers) {
    errors.InvalidEach(field, GoQuote(each), CheckLabelKey(each, release));
    all += (all.empty() ? "" : ",") + GoJsonString(each);
  }
  const auto has = [&](std::string_view name) {
    return std::find(finalizers.begin(), finalizers.end(), name) != finalizers.end();
  };
  if (has("orphan") && has("foregroundDeletion")) {
    errors.Invalid(field, "[" + all + "]",
                   "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

void CheckCommon(const api::ObjectMeta& meta, const Compatibility& release, FieldErrors& errors) {
  CheckLabels(meta.labels, release, errors);
  CheckAnnotations(meta.annotations, release, errors);
  CheckOwners(meta.owner_references, release, errors);
}

template <typename T>
void CheckSame(const T& value, const T& old, const std::string& field, const std::string& printed,
               FieldErrors& errors) {
  if (value != old) errors.Invalid(field, printed, kImmutable);
}

}  // namespace

void CheckObjectMeta(const api::ObjectMeta& meta, bool path_segment, const Compatibility& release,
                     FieldErrors& errors) {
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
  CheckCommon(meta, release, errors);
  CheckFinalizers(meta.finalizers, release, errors);
  CheckManagedFields(meta.managed_fields, release, errors);
}

void CheckFinalizerNames(const api::ObjectMeta& meta, FieldErrors& errors) {
  for (std::size_t i = 0; i < meta.finalizers.size(); ++i) {
    const std::string& name = meta.finalizers[i];
    if (name.find('/') != std::string::npos) continue;
    if (name == "kubernetes" || name == "orphan" || name == "foregroundDeletion") continue;
    errors.Invalid("metadata.finalizers[" + std::to_string(i) + "]", GoQuote(name),
                   "name is neither a standard finalizer name nor is it fully qualified");
  }
}

void CheckObjectMetaUpdate(const api::ObjectMeta& meta, const api::ObjectMeta& old,
                           const Compatibility& release, FieldErrors& errors) {
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
  CheckCommon(meta, release, errors);
  CheckManagedFields(meta.managed_fields, release, errors);
}

}  // namespace tidegate::hpa
