// SPDX-License-Identifier: Apache-2.0
#include "net/credentials.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <utility>

namespace tidegate::net {
namespace {

constexpr std::size_t kLongestSecret = 64u << 10;
/// What is shorter hides nothing, and would tear every text apart.
constexpr std::size_t kShortestSecret = 4;

std::string Base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::string_view three = text.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8U | (j < three.size() ? static_cast<unsigned char>(three[j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= three.size() ? kDigits[bits >> (18U - 6U * j) & 63U] : '=';
    }
  }
  return out;
}

/// The first line of the file; that of a mounted secret often ends in a newline.
Result<std::string> ReadSecret(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kLongestSecret + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (text.size() > kLongestSecret) return Error{ErrorCode::kUnavailable, file + ": is too long"};
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  if (text.empty()) return Error{ErrorCode::kUnavailable, file + ": is empty or cannot be read"};
  return text;
}

}  // namespace

Result<Credentials> Credentials::Read(const HttpAccess& access) {
  Credentials credentials;
  for (const auto& [name, value] : access.headers) {
    credentials.headers_[name] = value;
    credentials.secrets_.push_back(value);
  }
  const auto authorize = [&](const std::string& scheme, const std::string& secret) {
    credentials.headers_["Authorization"] = scheme + " " + secret;
    credentials.secrets_.push_back(secret);
  };
  if (!access.credentials_file.empty()) {
    auto token = ReadSecret(access.credentials_file);
    if (!token) return token.error();
    authorize(access.authorization_type, *token);
  } else if (!access.credentials.empty()) {
    authorize(access.authorization_type, access.credentials);
  }
  if (!access.basic_auth.username.empty()) {
    std::string password = access.password;
    if (!access.basic_auth.password_file.empty()) {
      auto read = ReadSecret(access.basic_auth.password_file);
      if (!read) return read.error();
      password = *std::move(read);
    }
    credentials.secrets_.push_back(password);
    authorize("Basic", Base64(access.basic_auth.username + ":" + password));
  }
  return credentials;
}

std::string Credentials::Redact(std::string text) const {
  for (const std::string& secret : secrets_) {
    if (secret.size() < kShortestSecret) continue;
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace tidegate::net
