// SPDX-License-Identifier: Apache-2.0
#include "path.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "tidegate/result.h"

namespace tidegate::python {

namespace {
constexpr std::size_t kLongestShown = 80;

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row.back();
}
}  // namespace

std::string Path::ToString() const {
  if (parent_ == nullptr) return std::string(name_);
  switch (kind_) {
    case kMember:
      return parent_->ToString() + "." + std::string(name_);
    case kEntry:
      return parent_->ToString() + "[\"" + std::string(name_) + "\"]";
    case kItem:
      break;
  }
  return parent_->ToString() + "[" + std::to_string(index_) + "]";
}

void Fail(const Path& path, const std::string& text) {
  throw ResultError({ErrorCode::kInvalidArgument, path.ToString() + ": " + text});
}

void FailWant(const Path& path, const std::string& want, py::handle got) {
  Fail(path, "want " + want + ", got " + Show(got));
}

void FailUnknown(const Path& path, std::string_view what, std::string_view name,
                 std::span<const std::string_view> known) {
  std::string text = "no ";
  text.append(what).append(" \"").append(name).append("\"");
  if (!known.empty()) text.append("; the nearest is \"").append(Nearest(name, known)).append("\"");
  Fail(path, text);
}

std::string WithArticle(std::string_view noun) {
  const bool vowel =
      !noun.empty() && std::string_view("AEIOUaeiou").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(noun);
}

std::string Show(py::handle value) {
  std::string text;
  if (py::isinstance<py::str>(value)) {
    text = "\"" + value.cast<std::string>() + "\"";
  } else {
    text = py::repr(value).cast<std::string>();
  }
  if (text.size() <= kLongestShown) return text;
  std::size_t cut = kLongestShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return text.substr(0, cut) + "…";
}

std::string_view Nearest(std::string_view name, std::span<const std::string_view> known) {
  return *std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) {
    return EditDistance(name, a) < EditDistance(name, b);
  });
}

}  // namespace tidegate::python
