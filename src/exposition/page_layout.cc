// SPDX-License-Identifier: Apache-2.0
#include "exposition/page_layout.h"

#include "exposition/hash.h"
#include "exposition/number.h"

namespace tidegate {

void PageLayout::Add(std::string_view page, std::size_t number_begin, std::size_t line_end) {
  const std::string_view before = page.substr(end_, number_begin - end_);
  lines_.push_back({HashBytes(before), static_cast<std::uint32_t>(before.size())});
  end_ = line_end;
}

void PageLayout::Finish(std::string_view page) {
  const std::string_view rest = page.substr(end_);
  rest_ = {HashBytes(rest), static_cast<std::uint32_t>(rest.size())};
  lines_.shrink_to_fit();
}

bool PageLayout::Read(std::string_view page, PageFormat format, std::vector<double>& values) const {
  if (format != format_ || page.empty() || page.back() != '\n') return false;
  values.resize(lines_.size());
  const char* at = page.data();
  const char* const end = at + page.size();
  double* value = values.data();
  for (const Line& line : lines_) {
    if (static_cast<std::size_t>(end - at) <= line.size) return false;
    if (HashBytes({at, line.size}) != line.hash) return false;
    const NumberEnd number = ParseNumberPrefix(at + line.size, *value++);
    if (number.status != NumberStatus::kOk || *number.end != '\n') return false;
    at = number.end + 1;
  }
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  return rest.size() == rest_.size && HashBytes(rest) == rest_.hash;
}

}  // namespace tidegate
