// SPDX-License-Identifier: Apache-2.0
//
// Who asks: the headers that say so, and what of them must not be shown.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tidegate/export.h"
#include "tidegate/http_options.h"
#include "tidegate/result.h"

namespace tidegate::net {

class TIDEGATE_EXPORT Credentials {
 public:
  /// Reads the files. kUnavailable: one is not there, empty or too long; it may come back.
  static Result<Credentials> Read(const HttpAccess& access);

  const std::map<std::string, std::string>& headers() const { return headers_; }

  /// The text with "***" for each secret in it: a server may repeat what it was sent.
  std::string Redact(std::string text) const;

 private:
  std::map<std::string, std::string> headers_;
  std::vector<std::string> secrets_;
};

}  // namespace tidegate::net
