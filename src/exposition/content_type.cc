// SPDX-License-Identifier: Apache-2.0
#include "exposition/content_type.h"

#include <map>
#include <optional>

namespace tidegate {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// RFC 2045's token characters.
bool IsTokenChar(char c) {
  constexpr std::string_view kSpecials = "()<>@,;:\\\"/[]?=";
  return c > ' ' && c < '\x7F' && kSpecials.find(c) == std::string_view::npos;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += Lower(c);
  return lower;
}

void SkipSpaces(std::string_view& text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
}

bool Accept(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view Token(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && IsTokenChar(text[size])) ++size;
  const std::string_view token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

// A token, or a string in quotes, in which '\' escapes what is no token character.
std::optional<std::string> Value(std::string_view& text) {
  if (text.empty() || text.front() != '"') {
    const std::string_view token = Token(text);
    if (token.empty()) return std::nullopt;
    return std::string(token);
  }
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\r' || text[i] == '\n') return std::nullopt;
    const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] > ' ' &&
                        text[i + 1] < '\x7F' && !IsTokenChar(text[i + 1]);
    value += text[escape ? ++i : i];
  }
  return std::nullopt;
}

// `; name=value` pairs up to the end; a lone ';' may end them. A name may come twice with one
// value.
std::optional<std::map<std::string, std::string>> Parameters(std::string_view text) {
  std::map<std::string, std::string> parameters;
  while (true) {
    SkipSpaces(text);
    if (text.empty()) return parameters;
    if (!Accept(text, ';')) return std::nullopt;
    SkipSpaces(text);
    if (text.empty()) return parameters;
    const std::string name = Lower(Token(text));
    SkipSpaces(text);
    if (name.empty() || !Accept(text, '=')) return std::nullopt;
    SkipSpaces(text);
    std::optional<std::string> value = Value(text);
    if (!value) return std::nullopt;
    const auto [entry, added] = parameters.try_emplace(name, *value);
    if (!added && entry->second != *value) return std::nullopt;
  }
}

// What a peer sent, fit for a message.
std::string Printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string printable(text.substr(0, kLongest));
  for (char& c : printable) {
    if (c < ' ' || c > '~') c = '?';
  }
  return printable;
}

Error Refused(std::string_view content_type, std::string_view why) {
  return Error{ErrorCode::kInvalidArgument,
               "Content-Type \"" + Printable(content_type) + "\" " + std::string(why)};
}

}  // namespace

Result<PageFormat> FormatOf(std::string_view content_type) {
  if (content_type.empty()) return Error{ErrorCode::kInvalidArgument, "no Content-Type"};
  const std::size_t base_size = std::min(content_type.find(';'), content_type.size());
  std::string_view base = content_type.substr(0, base_size);
  SkipSpaces(base);
  while (!base.empty() && IsSpace(base.back())) base.remove_suffix(1);
  const std::string type = Lower(base);
  const auto parameters = Parameters(content_type.substr(base_size));
  if (!parameters) return Refused(content_type, "is malformed");
  if (type == "text/plain") return PageFormat::kText;
  if (type == "application/vnd.google.protobuf") return PageFormat::kProtobuf;
  if (type != "application/openmetrics-text") {
    return Refused(content_type, "is no format for metrics: want text/plain or OpenMetrics");
  }
  const auto version = parameters->find("version");
  if (version != parameters->end() && version->second == "2.0.0") {
    return Refused(content_type, "is OpenMetrics 2.0, which is not supported");
  }
  return PageFormat::kOpenMetrics;
}

}  // namespace tidegate
