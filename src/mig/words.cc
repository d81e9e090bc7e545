// SPDX-License-Identifier: Apache-2.0
#include "mig/words.h"

#include <algorithm>

#include "text/utf8.h"

namespace tidegate {
namespace {

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

bool Control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::string_view Entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

}  // namespace

std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !Continues(c); }));
}

std::string Cut(std::string_view text, std::size_t width) {
  if (Columns(text) <= width) return std::string(text);
  while (!text.empty() && Columns(text) >= width) text.remove_suffix(1);
  return std::string(text) + (width > 0 ? "…" : "");
}

std::string Visible(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), Control, '?');
  return out;
}

std::string Escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const std::string_view entity = Entity(text[0]);
    if (!point.valid || Control(text[0])) {
      out += "\xEF\xBF\xBD";
    } else if (!entity.empty()) {
      out += entity;
    } else {
      out += text.substr(0, point.size);
    }
    text.remove_prefix(point.size);
  }
  return out;
}

std::string LabelOf(const Fleet& fleet, const DeviceRow& row) {
  const Device& device = fleet.device(row.devices.front());
  const bool has_node = device.node.empty() || device.id.rfind(device.node, 0) == 0;
  std::string label = Visible(has_node ? device.id : device.node + "/" + device.id);
  if (row.devices.size() > 1) label += " x " + std::to_string(row.devices.size());
  return label;
}

std::string NoteOf(const Fleet& fleet, const DeviceRow& row) {
  if (row.added) return "to add";
  switch (fleet.device(row.devices.front()).state) {
    case DeviceState::kCordoned:
      return "cordoned";
    case DeviceState::kDraining:
      return "draining";
    case DeviceState::kOpen:
      break;
  }
  return "";
}

}  // namespace tidegate
