// SPDX-License-Identifier: Apache-2.0
//
// How a server is talked to, as Prometheus's configuration says it: basic_auth, authorization,
// tls_config and what goes with them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/node.h"
#include "config/reader.h"
#include "tidegate/fields.h"
#include "tidegate/http_options.h"

namespace tidegate::config {

struct BasicAuthEntry {
  std::string username;
  std::string password;
  std::string password_file;
};

struct AuthorizationEntry {
  std::string type = "Bearer";
  std::string credentials;
  std::string credentials_file;
};

struct TlsEntry {
  TlsFiles files;
  std::string server_name;
  bool insecure_skip_verify = false;
};

struct HeaderEntry {
  std::vector<std::string> values;
  std::vector<std::string> secrets;
};

struct HttpAccessEntry {
  std::optional<BasicAuthEntry> basic_auth;
  std::optional<AuthorizationEntry> authorization;
  std::string bearer_token;
  std::string bearer_token_file;
  TlsEntry tls;
  std::map<std::string, HeaderEntry> headers;
  bool follow_redirects = false;
};

/// The members of a job, or of http_sd_configs, that are about this.
void DescribeAccess(FieldVisitor& v, HttpAccessEntry& s);

/// `root` has them at `path`; relative files are below `directory`.
HttpAccess HttpAccessOf(const HttpAccessEntry& entry, const Node& root, const std::string& path,
                        const std::string& directory, std::vector<Problem>& problems);

/// A path of a file as Prometheus takes it: below `directory` unless it is absolute or empty.
std::string FileBelow(const std::string& directory, const std::string& file);

}  // namespace tidegate::config
