// SPDX-License-Identifier: Apache-2.0
#include "config/http_access.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "config/documents.h"
#include "config/scalars.h"

namespace tidegate::config {

constexpr std::string_view kNoCounterpart = "has no counterpart";
constexpr std::string_view kGiveFile = "has no counterpart; give a file";

static void Describe(FieldVisitor& v, BasicAuthEntry& s) {
  v.Field("username", s.username);
  v.Field("password", s.password, {.secret = true});
  v.Field("password_file", s.password_file);
  for (const char* key : {"username_file", "username_ref", "password_ref"}) {
    v.Refused(key, kNoCounterpart);
  }
}

static void Describe(FieldVisitor& v, AuthorizationEntry& s) {
  v.Field("type", s.type);
  v.Field("credentials", s.credentials, {.secret = true});
  v.Field("credentials_file", s.credentials_file);
  v.Refused("credentials_ref", kNoCounterpart);
}

static void Describe(FieldVisitor& v, TlsEntry& s) {
  v.Field("ca_file", s.files.ca_file);
  v.Field("cert_file", s.files.certificate_file);
  v.Field("key_file", s.files.key_file);
  v.Field("server_name", s.server_name);
  v.Field("insecure_skip_verify", s.insecure_skip_verify);
  for (const char* key : {"ca", "cert", "key"}) v.Refused(key, kGiveFile);
  for (const char* key : {"ca_ref", "cert_ref", "key_ref", "max_version"}) {
    v.Refused(key, kNoCounterpart);
  }
  v.Ignored("min_version");  // TLS 1.2 is the least here
}

static void Describe(FieldVisitor& v, HeaderEntry& s) {
  v.Field("values", s.values);
  v.Field("secrets", s.secrets, {.secret = true});
  v.Refused("files", kNoCounterpart);
}

namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

class Translator {
 public:
  Translator(const HttpAccessEntry& entry, const Node& root, std::string path,
             const std::string& directory, std::vector<Problem>& problems)
      : entry_(entry),
        root_(root),
        path_(std::move(path)),
        directory_(directory),
        problems_(problems) {}

  HttpAccess Translate() {
    CheckAlternatives();
    HttpAccess out;
    if (entry_.basic_auth) AddBasic(*entry_.basic_auth, out);
    if (entry_.authorization) AddAuthorization(*entry_.authorization, out);
    if (!entry_.bearer_token.empty()) out.credentials = entry_.bearer_token;
    if (!entry_.bearer_token_file.empty()) out.credentials_file = File(entry_.bearer_token_file);
    out.tls = {.ca_file = File(entry_.tls.files.ca_file),
               .certificate_file = File(entry_.tls.files.certificate_file),
               .key_file = File(entry_.tls.files.key_file)};
    out.insecure_skip_verify = entry_.tls.insecure_skip_verify;
    CheckTls();
    for (const auto& [name, header] : entry_.headers) AddHeader(name, header, out);
    if (entry_.follow_redirects) {
      Report("follow_redirects", "has no counterpart: redirects are not followed");
    }
    return out;
  }

 private:
  void Report(const std::string& key, std::string message) {
    const std::string path = path_ + "." + key;
    problems_.push_back({Locate(&root_, path), path, std::move(message)});
  }

  std::string File(const std::string& file) const { return FileBelow(directory_, file); }

  /// Prometheus's rules and texts.
  void CheckAlternatives() {
    const bool token = !entry_.bearer_token.empty();
    const bool token_file = !entry_.bearer_token_file.empty();
    if (token && token_file) {
      Report("bearer_token", "at most one of bearer_token & bearer_token_file must be configured");
    } else if (entry_.basic_auth && (token || token_file)) {
      Report("basic_auth",
             "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be "
             "configured");
    } else if (entry_.authorization && (token || token_file)) {
      Report("authorization",
             "authorization is not compatible with bearer_token & bearer_token_file");
    } else if (entry_.authorization && entry_.basic_auth) {
      Report("authorization",
             "at most one of basic_auth, oauth2 & authorization must be configured");
    }
  }

  void AddBasic(const BasicAuthEntry& from, HttpAccess& out) {
    if (!from.password.empty() && !from.password_file.empty()) {
      Report("basic_auth",
             "at most one of basic_auth password, password_file & password_ref must be configured");
    }
    out.basic_auth = {.username = from.username, .password_file = File(from.password_file)};
    out.password = from.password;
  }

  void AddAuthorization(const AuthorizationEntry& from, HttpAccess& out) {
    if (!from.credentials.empty() && !from.credentials_file.empty()) {
      Report("authorization",
             "at most one of authorization credentials & credentials_file must be configured");
    }
    if (Lower(from.type) == "basic") {
      Report("authorization.type",
             "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
    }
    if (!from.type.empty()) out.authorization_type = from.type;
    out.credentials = from.credentials;
    out.credentials_file = File(from.credentials_file);
  }

  void CheckTls() {
    if (!entry_.tls.server_name.empty()) {
      Report("tls_config.server_name",
             "has no counterpart: the certificate has to be of the address that is talked to");
    }
  }

  void AddHeader(const std::string& name, const HeaderEntry& from, HttpAccess& out) {
    if (from.values.size() + from.secrets.size() != 1) {
      return Report("http_headers", "want one value or secret of " + JsonString(name));
    }
    out.headers[name] = from.values.empty() ? from.secrets.front() : from.values.front();
  }

  const HttpAccessEntry& entry_;
  const Node& root_;
  const std::string path_;
  const std::string& directory_;
  std::vector<Problem>& problems_;
};

}  // namespace

void DescribeAccess(FieldVisitor& v, HttpAccessEntry& s) {
  const auto optional = [&](const char* key, auto& value) {
    v.Nested(key, [&] { Describe(v, value.emplace()); });
  };
  optional("basic_auth", s.basic_auth);
  optional("authorization", s.authorization);
  v.Field("bearer_token", s.bearer_token, {.secret = true});
  v.Field("bearer_token_file", s.bearer_token_file);
  v.Nested("tls_config", [&] { Describe(v, s.tls); });
  v.Field("follow_redirects", s.follow_redirects);
  v.Field("http_headers", s.headers);
  v.Ignored("enable_http2");
  v.Refused("oauth2", kNoCounterpart);
  for (const char* key : {"proxy_url", "proxy_from_environment", "proxy_connect_header"}) {
    v.Refused(key, "has no counterpart: targets are talked to without a proxy");
  }
  v.Ignored("no_proxy");
}

HttpAccess HttpAccessOf(const HttpAccessEntry& entry, const Node& root, const std::string& path,
                        const std::string& directory, std::vector<Problem>& problems) {
  return Translator(entry, root, path, directory, problems).Translate();
}

std::string FileBelow(const std::string& directory, const std::string& file) {
  if (file.empty() || file.front() == '/' || directory.empty()) return file;
  return directory + "/" + file;
}

}  // namespace tidegate::config
