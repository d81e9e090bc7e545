// SPDX-License-Identifier: Apache-2.0
//
// How an HTTP server is talked to that asks who is there.
#pragma once

#include <map>
#include <string>

namespace tidegate {

struct BasicAuth {
  std::string username;       ///< empty: none
  std::string password_file;  ///< read again for each request

  friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};

/// Files in PEM format, looked at again within a minute; those that are empty are not used.
struct TlsFiles {
  std::string ca_file;           ///< whom to trust; empty: the system's authorities
  std::string certificate_file;  ///< of the client …
  std::string key_file;          ///< … and its key

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

/// All of it. What is secret here appears neither in errors nor in dumps.
struct HttpAccess {
  BasicAuth basic_auth{};
  std::string password{};  ///< if basic_auth has no file of it
  std::string authorization_type = "Bearer";
  std::string credentials_file{};  ///< of that type; read again for each request
  std::string credentials{};       ///< if there is no file
  TlsFiles tls{};
  bool insecure_skip_verify = false;  ///< whoever answers is believed, whatever its certificate
  std::map<std::string, std::string> headers{};  ///< sent with each request; may be secret

  friend bool operator==(const HttpAccess&, const HttpAccess&) = default;
};

}  // namespace tidegate
