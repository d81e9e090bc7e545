// SPDX-License-Identifier: Apache-2.0
//
// PageLayout remembers what a page looked like apart from its numbers. The next page of the same
// target nearly always differs in nothing else, and then only its numbers are read.
//
// It keeps a 64-bit hash of what stands in front of each number instead of the text. A target that
// made two texts of equal hash and length would mix up its own series, and nobody else's.
//
// Thread safety: reading is safe from any thread once it is built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tidegate/types.h"

namespace tidegate {

class PageLayout {
 public:
  explicit PageLayout(PageFormat format) : format_(format) {}

  /// The next sample's number begins at `number_begin`, and nothing but a newline follows it: pages
  /// with timestamps or exemplars are not remembered.
  void Add(std::string_view page, std::size_t number_begin, std::size_t line_end);
  /// What follows is another part of the page; the one before ended with a sample's line.
  void NextPart() { end_ = 0; }
  /// There are no more samples.
  void Finish(std::string_view page);

  std::size_t size() const { return lines_.size(); }
  std::size_t bytes() const { return lines_.capacity() * sizeof(Line); }

  /// The numbers of `page`, in the order of the samples, if all else is as it was and they are
  /// well-formed; else false, and `values` is anything.
  bool Read(std::string_view page, PageFormat format, std::vector<double>& values) const;

  /// The same of a page that comes in parts, all but the `last` of which end with a sample's line:
  /// adds the part's numbers to `values`, which has those of the parts before it.
  bool ReadPart(std::string_view part, bool last, std::vector<double>& values) const;

  PageFormat format() const { return format_; }

 private:
  struct Line {
    std::uint64_t hash = 0;
    std::uint32_t size = 0;  // of what is between the line before and the number
  };

  /// The number behind what `line` says, and behind that the next line; null: it is not there.
  static const char* ReadLine(const Line& line, const char* at, const char* end, double& value);
  bool IsRest(const char* at, const char* end) const;

  PageFormat format_;
  std::size_t end_ = 0;  // of the last line that was added
  std::vector<Line> lines_;
  Line rest_;  // what follows the last sample
};

}  // namespace tidegate
