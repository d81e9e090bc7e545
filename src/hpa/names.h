// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes' rules for names, and its words where they are broken.
//
// A check returns what is wrong, one text a rule; none: it is fine.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hpa/compatibility.h"
#include "tidegate/export.h"

namespace tidegate::hpa {

/// [prefix/]name: a label's key.
TIDEGATE_EXPORT std::vector<std::string> CheckLabelKey(std::string_view value,
                                                       const Compatibility& release);
/// A label's value; may be empty.
TIDEGATE_EXPORT std::vector<std::string> CheckLabelValue(std::string_view value,
                                                         const Compatibility& release);
/// Lower case letters, digits, '-' and '.'; at most 253.
TIDEGATE_EXPORT std::vector<std::string> CheckDnsSubdomain(std::string_view value);
/// Lower case letters, digits and '-'; at most 63.
TIDEGATE_EXPORT std::vector<std::string> CheckDnsLabel(std::string_view value);
/// What can stand between two slashes of a URL: not "." or "..", without '/' and '%'.
TIDEGATE_EXPORT std::vector<std::string> CheckPathSegment(std::string_view value);

/// As Go's %q writes a string.
TIDEGATE_EXPORT std::string GoQuote(std::string_view text);

}  // namespace tidegate::hpa
