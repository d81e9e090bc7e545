// SPDX-License-Identifier: Apache-2.0
#include "promql/labels.h"

#include <algorithm>

#include "exposition/char_class.h"
#include "promql/literals.h"
#include "promql/xxhash.h"

namespace tidegate::promql {
namespace {

constexpr StringId kOwn = StringId{1} << 31U;  // ids from here on are not the store's

// A length, then the text: one byte, or 255 and three.
void AppendSized(std::string_view text, std::string& out) {
  constexpr std::size_t kLong = 255;
  if (text.size() < kLong) {
    out += static_cast<char>(text.size());
  } else {
    out += static_cast<char>(kLong);
    for (unsigned shift = 0; shift < 24; shift += 8) {
      out += static_cast<char>((text.size() >> shift) & 0xFFU);
    }
  }
  out += text;
}

}  // namespace

void LabelSpace::Reset(const Reader& reader) {
  reader_ = &reader;
  own_ids_.clear();
  own_texts_.clear();
  own_labels_.clear();
  type_label_ = Intern("__type__");
  unit_label_ = Intern("__unit__");
}

StringId LabelSpace::Intern(std::string_view text) {
  if (text.empty()) return 0;
  if (const std::optional<StringId> id = reader_->Find(text)) return *id;
  if (const auto own = own_ids_.find(text); own != own_ids_.end()) return own->second;
  const StringId id = kOwn + static_cast<StringId>(own_texts_.size());
  own_ids_.emplace(own_texts_.emplace_back(text), id);
  return id;
}

std::string_view LabelSpace::Text(StringId id) const {
  return id < kOwn ? reader_->Text(id) : std::string_view(own_texts_[id - kOwn]);
}

LabelNames LabelSpace::Names(const std::vector<std::string>& names) {
  LabelNames set;
  for (const std::string& name : names) {
    if (name == kMetricNameLabel) {
      set.metric = true;
    } else {
      set.ids.push_back(Intern(name));
    }
  }
  return set;
}

StringId LabelSpace::Get(const Row& row, StringId name) const {
  for (const LabelPair& pair : row.labels) {
    if (pair.name == name) return pair.value;
  }
  return 0;
}

StringId LabelSpace::Get(const Row& row, std::string_view name) {
  return name == kMetricNameLabel ? row.metric : Get(row, Intern(name));
}

template <typename Keeps>
std::span<const LabelPair> LabelSpace::Filtered(std::span<const LabelPair> labels, Keeps keeps) {
  const auto kept = std::count_if(labels.begin(), labels.end(), keeps);
  if (kept == 0) return {};
  if (static_cast<std::size_t>(kept) == labels.size()) return labels;
  std::vector<LabelPair>& own = own_labels_.emplace_back();
  own.reserve(static_cast<std::size_t>(kept));
  std::copy_if(labels.begin(), labels.end(), std::back_inserter(own), keeps);
  return own;
}

Row LabelSpace::Keep(const Row& row, const LabelNames& names) {
  return {names.metric ? row.metric : 0,
          Filtered(row.labels, [&names](const LabelPair& pair) { return names.Has(pair.name); })};
}

Row LabelSpace::Drop(const Row& row, const LabelNames& names) {
  return {0, Filtered(row.labels, [this, &names](const LabelPair& pair) {
            return pair.name != type_label_ && pair.name != unit_label_ && !names.Has(pair.name);
          })};
}

Row LabelSpace::Without(const Row& row, const LabelNames& names) {
  return {names.metric ? 0 : row.metric,
          Filtered(row.labels, [&names](const LabelPair& pair) { return !names.Has(pair.name); }),
          row.drop_name};
}

Row LabelSpace::WithoutName(const Row& row) { return Drop(row, {}); }

Row LabelSpace::With(const Row& row, std::string_view name, std::string_view value) {
  const StringId value_id = Intern(value);
  if (name == kMetricNameLabel) return {value_id, row.labels, row.drop_name};
  const StringId name_id = Intern(name);
  std::vector<LabelPair>& own = own_labels_.emplace_back();
  own.reserve(row.labels.size() + 1);
  bool placed = value_id == 0;
  for (const LabelPair& pair : row.labels) {
    if (pair.name == name_id) continue;
    if (!placed && name < Text(pair.name)) {
      own.push_back({name_id, value_id});
      placed = true;
    }
    own.push_back(pair);
  }
  if (!placed) own.push_back({name_id, value_id});
  return {row.metric, own, row.drop_name};
}

// Calls visit(name, value) in the order of the names, __name__ among them.
template <typename Visit>
void LabelSpace::InOrder(const Row& row, Visit visit) const {
  bool named = row.metric == 0;
  for (const LabelPair& pair : row.labels) {
    const std::string_view name = Text(pair.name);
    if (!named && kMetricNameLabel < name) {
      visit(kMetricNameLabel, Text(row.metric));
      named = true;
    }
    visit(name, Text(pair.value));
  }
  if (!named) visit(kMetricNameLabel, Text(row.metric));
}

Labels LabelSpace::ToLabels(const Row& row) const {
  Labels labels;
  InOrder(row, [&labels](std::string_view name, std::string_view value) {
    labels.emplace_hint(labels.end(), name, value);
  });
  return labels;
}

bool LabelSpace::Same(const Row& row, const Labels& labels) const {
  if (labels.size() != row.labels.size() + (row.metric != 0 ? 1 : 0)) return false;
  auto expected = labels.begin();
  bool same = true;
  InOrder(row, [&](std::string_view name, std::string_view value) {
    same = same && expected->first == name && expected->second == value;
    ++expected;
  });
  return same;
}

namespace {

/// The labels of a row one by one, __name__ at its place.
class Walk {
 public:
  Walk(const LabelSpace& space, const Row& row) : space_(space), row_(row) {
    named_ = row.metric == 0;
  }

  bool Done() const { return named_ && next_ == row_.labels.size(); }
  std::pair<std::string_view, std::string_view> Take() {
    const bool labels_left = next_ < row_.labels.size();
    const std::string_view name =
        labels_left ? space_.Text(row_.labels[next_].name) : std::string_view{};
    if (!named_ && (!labels_left || kMetricNameLabel < name)) {
      named_ = true;
      return {kMetricNameLabel, space_.Text(row_.metric)};
    }
    return {name, space_.Text(row_.labels[next_++].value)};
  }

 private:
  const LabelSpace& space_;
  const Row& row_;
  std::size_t next_ = 0;
  bool named_ = false;
};

}  // namespace

bool LabelSpace::Before(const Row& a, const Row& b) const {
  Walk left(*this, a);
  Walk right(*this, b);
  while (!left.Done() && !right.Done()) {
    const auto x = left.Take();
    const auto y = right.Take();
    if (x != y) return x < y;
  }
  return left.Done() && !right.Done();
}

std::string LabelSpace::Show(const Row& row) const {
  std::string text = "{";
  InOrder(row, [&text](std::string_view name, std::string_view value) {
    if (text.size() > 1) text += ", ";
    text += IsLegacyName(name, kLabelPart) ? std::string(name) : GoQuote(name);
    text += "=" + GoQuote(value);
  });
  return text + "}";
}

std::uint64_t LabelSpace::Hash(const Row& row) const {
  std::string encoded;
  InOrder(row, [&encoded](std::string_view name, std::string_view value) {
    AppendSized(name, encoded);
    AppendSized(value, encoded);
  });
  return XxHash64(encoded);
}

}  // namespace tidegate::promql
