// SPDX-License-Identifier: Apache-2.0
//
// How an HTTP server is talked to that asks who is there.
#pragma once

#include <string>

namespace tidegate {

struct BasicAuth {
  std::string username;       ///< empty: none
  std::string password_file;  ///< read again for each request
};

/// Files in PEM format, looked at again within a minute; those that are empty are not used.
struct TlsFiles {
  std::string ca_file;           ///< whom to trust; empty: the system's authorities
  std::string certificate_file;  ///< of the client …
  std::string key_file;          ///< … and its key
};

}  // namespace tidegate
