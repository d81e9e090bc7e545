// SPDX-License-Identifier: Apache-2.0
//
// A page that is read while it arrives: its lines by the layout of the target's last page, or from
// the first difference on by the parser.
//
// It is cut into parts behind lines of samples. Whatever a cut could change the meaning of, and
// what cannot be parsed, lenient rules or not, is left to IngestPage() of the whole page, which
// says what it is and where.
#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "exposition/char_class.h"
#include "series/staged_page.h"

namespace tidegate {
namespace {

// Whether the line may be a sample's: neither empty nor a comment.
bool MayBeSample(std::string_view line) {
  const auto* const first =
      std::find_if(line.begin(), line.end(), [](char c) { return !IsBlank(c); });
  return first != line.end() && *first != '#';
}

// Where the last line of a sample ends among those that begin at `from` or later; 0: there is none.
std::size_t EndOfSamples(std::string_view text, std::size_t from) {
  std::size_t end = text.rfind('\n');
  while (end != std::string_view::npos && end >= from) {
    const std::size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = before + 1;  // npos + 1 is 0: the first line
    if (MayBeSample(text.substr(begin, end - begin))) return end + 1;
    end = before;
  }
  return 0;
}

}  // namespace

class SeriesStore::Impl::PartwisePage final : public IncomingPage {
 public:
  PartwisePage(Impl& store, PageFormat format, Labels target, TimePoint at, PageRules rules)
      : store_(store),
        format_(format),
        target_(std::move(target)),
        at_(at),
        rules_(std::move(rules)),
        known_(store.KnownOf(target_, format, rules_)),
        way_(known_.layout != nullptr ? Way::kKnown : Way::kParsed) {}

  void Append(std::string_view part) override {
    rest_.append(part);
    if (part.find('\n') == std::string_view::npos) return;
    const std::size_t end = EndOfSamples(rest_, other_lines_);
    if (end > 0) {
      std::string& next = parts_.emplace_back(std::move(rest_));
      rest_.assign(next, end);
      next.resize(end);
      Read(false);
    }
    other_lines_ = rest_.rfind('\n') + 1;  // npos + 1 is 0: there are none
  }

  Result<PageSummary> Finish() override {
    parts_.push_back(std::move(rest_));
    Read(true);
    if (way_ == Way::kKnown) {
      const auto known = store_.CommitKnown(known_.layout, target_, values_, ToMillis(at_));
      if (known) return *known;
    }
    if (way_ == Way::kParsed) {
      const std::scoped_lock lock(store_.mutex_);
      return store_.CommitStaged(target_, staged_, ToMillis(at_));
    }
    return store_.IngestPage(Whole(), format_, target_, at_, rules_);
  }

 private:
  enum class Way {
    kKnown,   // as the target's last page, so far
    kParsed,  // staged, so far
    kWhole,   // not before it is there as a whole
  };

  void Read(bool last) {
    if (parts_.back().find('\0') != std::string::npos) way_ = Way::kWhole;
    if (way_ == Way::kKnown) {
      if (known_.layout->ReadPart(parts_.back(), last, values_)) return;
      way_ = Way::kParsed;
      for (std::size_t i = 0; i + 1 < parts_.size(); ++i) Parse(parts_[i], false);
    }
    Parse(parts_.back(), last);
  }

  void Parse(std::string_view part, bool last) {
    if (way_ != Way::kParsed) return;
    if (!parser_) {
      parser_.emplace(part, format_);
      Prepare(format_, *parser_, staged_);
    }
    parser_->NextPart(part, last);
    staged_.Begin(part);
    if (staged_.layout != nullptr) staged_.layout->NextPart();
    const Status read = store_.StageEntries(*parser_, staged_);
    if (!read || staged_.skipped_lines > 0) way_ = Way::kWhole;
    if (last && staged_.layout != nullptr) staged_.layout->Finish(part);
  }

  std::string Whole() const {
    std::string whole;
    for (const std::string& part : parts_) whole += part;
    return whole;
  }

  Impl& store_;
  const PageFormat format_;
  const Labels target_;
  const TimePoint at_;
  const PageRules rules_;
  const Known known_;
  Way way_;
  std::string rest_;               // behind the last line of a sample
  std::size_t other_lines_ = 0;    // bytes at its begin: whole lines, which are not looked at again
  std::deque<std::string> parts_;  // what has been staged points to them
  std::vector<double> values_;     // kKnown
  std::optional<PageParser> parser_;
  StagedPage staged_{rules_, known_};
};

std::unique_ptr<IncomingPage> SeriesStore::Impl::BeginPage(PageFormat format, Labels target,
                                                           TimePoint at, PageRules rules) {
  return std::make_unique<PartwisePage>(*this, format, std::move(target), at, std::move(rules));
}

}  // namespace tidegate
