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

const char* PageLayout::ReadLine(const Line& line, const char* at, const char* end, double& value) {
  if (static_cast<std::size_t>(end - at) <= line.size) return nullptr;
  if (HashBytes({at, line.size}) != line.hash) return nullptr;
  const NumberEnd number = ParseNumberPrefix(at + line.size, value);
  if (number.status != NumberStatus::kOk || *number.end != '\n') return nullptr;
  return number.end + 1;
}

bool PageLayout::IsRest(const char* at, const char* end) const {
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  return rest.size() == rest_.size && HashBytes(rest) == rest_.hash;
}

bool PageLayout::Read(std::string_view page, PageFormat format, std::vector<double>& values) const {
  if (format != format_ || page.empty() || page.back() != '\n') return false;
  values.resize(lines_.size());
  const char* at = page.data();
  const char* const end = at + page.size();
  double* value = values.data();
  for (const Line& line : lines_) {
    at = ReadLine(line, at, end, *value++);
    if (at == nullptr) return false;
  }
  return IsRest(at, end);
}

bool PageLayout::ReadPart(std::string_view part, bool last, std::vector<double>& values) const {
  const char* at = part.data();
  const char* const end = at + part.size();
  if (part.empty() || part.back() != '\n')
    return last && values.size() == lines_.size() && IsRest(at, end);
  values.reserve(lines_.size());
  while (values.size() < lines_.size() && at != end) {
    double value = 0;
    at = ReadLine(lines_[values.size()], at, end, value);
    if (at == nullptr) return false;
    values.push_back(value);
  }
  return last ? values.size() == lines_.size() && IsRest(at, end) : at == end;
}

}  // namespace tidegate
