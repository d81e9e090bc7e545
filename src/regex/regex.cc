// SPDX-License-Identifier: Apache-2.0
#include "regex/regex.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "text/utf8.h"

namespace tidegate {
namespace {

using CharRange = Regex::CharRange;
using CharSet = Regex::CharSet;

constexpr char32_t kMaxCodePoint = 0x10FFFF;
constexpr int kMaxNesting = 100;
constexpr int kMaxRepeat = 1000;
constexpr int kUnbounded = -1;

struct Node {
  enum class Kind { kEmpty, kClass, kAssert, kConcat, kAlternate, kRepeat, kGroup };
  Kind kind = Kind::kEmpty;
  std::uint32_t set = 0;    // of kClass: index into Regex::sets_
  std::uint32_t group = 0;  // of kGroup: its number
  Regex::Assertion assertion = Regex::Assertion::kTextBegin;
  std::vector<std::unique_ptr<Node>> children;
  int min = 0;
  int max = kUnbounded;
  bool greedy = true;
};
using NodePtr = std::unique_ptr<Node>;

NodePtr MakeNode(Node::Kind kind) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  return node;
}

CharSet Normalized(CharSet set) {
  std::sort(set.begin(), set.end());
  CharSet out;
  for (const CharRange& range : set) {
    if (!out.empty() && range.first <= out.back().second + 1) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

CharSet Negated(const CharSet& set) {
  CharSet out;
  char32_t next = 0;
  for (const CharRange& range : Normalized(set)) {
    if (range.first > next) out.emplace_back(next, range.first - 1);
    next = range.second + 1;
  }
  if (next <= kMaxCodePoint) out.emplace_back(next, kMaxCodePoint);
  return out;
}

// Adds the other case of the ASCII letters in `set`.
CharSet CaseFolded(CharSet set) {
  const std::size_t count = set.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto add = [&set, i](char32_t first, char32_t last, int shift) {
      const char32_t low = std::max(set[i].first, first);
      const char32_t high = std::min(set[i].second, last);
      const auto moved = [shift](char32_t c) {
        return static_cast<char32_t>(static_cast<int>(c) + shift);
      };
      if (low <= high) set.emplace_back(moved(low), moved(high));
    };
    add(U'a', U'z', 'A' - 'a');
    add(U'A', U'Z', 'a' - 'A');
  }
  return set;
}

const CharSet kDigits = {{U'0', U'9'}};
const CharSet kSpaces = {{U'\t', U'\n'}, {U'\f', U'\r'}, {U' ', U' '}};
const CharSet kWords = {{U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}};

std::optional<CharSet> PerlClass(char32_t letter) {
  switch (letter) {
    case U'd':
      return kDigits;
    case U'D':
      return Negated(kDigits);
    case U's':
      return kSpaces;
    case U'S':
      return Negated(kSpaces);
    case U'w':
      return kWords;
    case U'W':
      return Negated(kWords);
    default:
      return std::nullopt;
  }
}

std::optional<CharSet> NamedClass(std::string_view name) {
  struct Entry {
    std::string_view name;
    CharSet set;
  };
  static const std::array<Entry, 14> kClasses = {{
      {"alnum", {{U'0', U'9'}, {U'A', U'Z'}, {U'a', U'z'}}},
      {"alpha", {{U'A', U'Z'}, {U'a', U'z'}}},
      {"ascii", {{0, 0x7F}}},
      {"blank", {{U'\t', U'\t'}, {U' ', U' '}}},
      {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
      {"digit", kDigits},
      {"graph", {{U'!', U'~'}}},
      {"lower", {{U'a', U'z'}}},
      {"print", {{U' ', U'~'}}},
      {"punct", {{U'!', U'/'}, {U':', U'@'}, {U'[', U'`'}, {U'{', U'~'}}},
      {"space", {{U'\t', U'\r'}, {U' ', U' '}}},
      {"upper", {{U'A', U'Z'}}},
      {"word", kWords},
      {"xdigit", {{U'0', U'9'}, {U'A', U'F'}, {U'a', U'f'}}},
  }};
  for (const Entry& entry : kClasses) {
    if (entry.name == name) return entry.set;
  }
  return std::nullopt;
}

bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }

}  // namespace

// Reads a pattern into nodes and the nodes into a program.
class RegexCompiler {
 public:
  explicit RegexCompiler(std::string_view pattern) : pattern_(pattern) {}

  Result<Regex> Run() {
    if (pattern_.size() > Regex::kMaxPatternLength) return Wrong("pattern too long");
    const NodePtr root = Alternation(0);
    if (error_.empty() && pos_ < pattern_.size()) Fail("unexpected )");
    if (error_.empty()) Emit(*root);
    if (!error_.empty()) return Wrong(error_);
    Add({.op = Regex::Op::kMatch});
    return std::move(regex_);
  }

 private:
  struct Flags {
    bool fold_case = false;
    bool dot_matches_newline = true;  // as Prometheus compiles them
    bool swap_greedy = false;
  };

  Error Wrong(const std::string& what) const {
    const std::string_view shown = fragment_.value_or(pattern_).substr(0, 200);
    return Error{ErrorCode::kInvalidArgument,
                 "error parsing regexp: " + what + ": `" + std::string(shown) + "`"};
  }
  void Fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }
  // What is wrong is from `begin` up to here, or to `end`.
  void FailFrom(std::size_t begin, std::string what, std::optional<std::size_t> end = {}) {
    if (error_.empty()) fragment_ = pattern_.substr(begin, end.value_or(pos_) - begin);
    Fail(std::move(what));
  }
  bool Done() const { return pos_ >= pattern_.size() || !error_.empty(); }
  bool Accept(std::string_view text) {
    if (pattern_.substr(pos_, text.size()) != text) return false;
    pos_ += text.size();
    return true;
  }
  char32_t Take() {
    const CodePoint point = DecodeUtf8(pattern_.substr(pos_));
    if (!point.valid) Fail("invalid UTF-8");
    pos_ += point.size;
    return point.value;
  }

  NodePtr Alternation(int depth) {
    if (depth > kMaxNesting) Fail("expression nests too deeply");
    const Flags flags = flags_;
    NodePtr node = MakeNode(Node::Kind::kAlternate);
    node->children.push_back(Sequence(depth));
    while (!Done() && Accept("|")) node->children.push_back(Sequence(depth));
    flags_ = flags;
    return node;
  }

  NodePtr Sequence(int depth) {
    NodePtr node = MakeNode(Node::Kind::kConcat);
    while (!Done() && pattern_[pos_] != '|' && pattern_[pos_] != ')') {
      NodePtr atom = Atom(depth);
      if (!Done()) atom = Repeated(std::move(atom));
      node->children.push_back(std::move(atom));
    }
    return node;
  }

  NodePtr ClassNode(CharSet set) {
    NodePtr node = MakeNode(Node::Kind::kClass);
    node->set = static_cast<std::uint32_t>(regex_.sets_.size());
    regex_.sets_.push_back(
        Normalized(flags_.fold_case ? CaseFolded(std::move(set)) : std::move(set)));
    return node;
  }

  static NodePtr AssertNode(Regex::Assertion assertion) {
    NodePtr node = MakeNode(Node::Kind::kAssert);
    node->assertion = assertion;
    return node;
  }

  NodePtr Atom(int depth) {
    if (Accept("(")) return Group(depth);
    if (Accept("[")) return ClassNode(BracketClass());
    if (Accept("\\")) return Escape();
    if (Accept("^")) return AssertNode(Regex::Assertion::kTextBegin);
    if (Accept("$")) return AssertNode(Regex::Assertion::kTextEnd);
    if (Accept(".")) {
      return ClassNode(flags_.dot_matches_newline ? CharSet{{0, kMaxCodePoint}}
                                                  : Negated({{U'\n', U'\n'}}));
    }
    const char c = pattern_[pos_];
    if (c == '*' || c == '+' || c == '?') {
      ++pos_;
      FailFrom(pos_ - 1, "missing argument to repetition operator");
      return MakeNode(Node::Kind::kEmpty);
    }
    const char32_t literal = Take();
    return ClassNode({{literal, literal}});
  }

  // Behind '('.
  NodePtr Group(int depth) {
    std::optional<std::string> name;
    if (!Accept("?")) {
      name.emplace();
    } else if (Accept("P<") || Accept("<")) {
      const std::size_t end = pattern_.find('>', pos_);
      if (end == std::string_view::npos || end == pos_) Fail("invalid named capture");
      name = std::string(pattern_.substr(pos_, end - pos_));
      pos_ = std::min(end, pattern_.size() - 1) + 1;
    } else if (SetFlags()) {
      return MakeNode(Node::Kind::kEmpty);
    }
    if (!error_.empty()) return MakeNode(Node::Kind::kEmpty);
    NodePtr group = name ? MakeNode(Node::Kind::kGroup) : nullptr;
    if (name) {
      group->group = static_cast<std::uint32_t>(regex_.group_names_.size());
      regex_.group_names_.push_back(*std::move(name));
    }
    const Flags outer = pending_outer_.value_or(flags_);
    pending_outer_.reset();
    NodePtr inner = Alternation(depth + 1);
    flags_ = outer;
    if (!Accept(")")) Fail("missing closing )");
    if (!group) return inner;
    group->children.push_back(std::move(inner));
    return group;
  }

  // Behind "(?": reads flags up to ':' or ')'; true for ')', where they hold for what follows.
  bool SetFlags() {
    const Flags outer = flags_;
    bool on = true;
    while (!Done()) {
      const char c = pattern_[pos_++];
      if (c == ')') return true;
      if (c == ':') {
        pending_outer_ = outer;
        return false;
      }
      if (c == '-' && on) {
        on = false;
      } else if (c == 'i') {
        flags_.fold_case = on;
      } else if (c == 's') {
        flags_.dot_matches_newline = on;
      } else if (c == 'U') {
        flags_.swap_greedy = on;
      } else {
        Fail(c == 'm' ? "the flag m is not supported" : "invalid or unsupported Perl syntax");
      }
    }
    Fail("missing closing )");
    return false;
  }

  // Behind '\' outside a class.
  NodePtr Escape() {
    if (pos_ >= pattern_.size()) {
      FailFrom(pos_, "trailing backslash at end of expression");
      return MakeNode(Node::Kind::kEmpty);
    }
    if (Accept("A")) return AssertNode(Regex::Assertion::kTextBegin);
    if (Accept("z")) return AssertNode(Regex::Assertion::kTextEnd);
    if (Accept("b")) return AssertNode(Regex::Assertion::kWordBoundary);
    if (Accept("B")) return AssertNode(Regex::Assertion::kNotWordBoundary);
    return ClassNode(EscapedSet());
  }

  // Behind '\': a class such as \d, or one character.
  CharSet EscapedSet() {
    if (pos_ >= pattern_.size()) {
      FailFrom(pos_, "trailing backslash at end of expression");
      return {};
    }
    const char32_t c = Take();
    if (std::optional<CharSet> set = PerlClass(c)) return *std::move(set);
    const char32_t literal = EscapedChar(c);
    return {{literal, literal}};
  }

  char32_t EscapedChar(char32_t c) {
    constexpr std::u32string_view kLetters = U"aftnrv";
    constexpr std::u32string_view kControls = U"\a\f\t\n\r\v";
    const std::size_t control = kLetters.find(c);
    if (control != std::u32string_view::npos) return kControls[control];
    if (c == U'x') return HexEscape();
    if (IsDigit(c)) return OctalEscape(c);
    const bool letter = (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
    if (letter || c >= 0x80) {
      const bool known = c == U'p' || c == U'P' || c == U'Q';
      FailFrom(pos_ - 2, known ? "this escape is not supported" : "invalid escape sequence");
    }
    return c;
  }

  char32_t HexEscape() {
    const bool braces = Accept("{");
    char32_t value = 0;
    std::size_t digits = 0;
    while (pos_ < pattern_.size() && (braces || digits < 2)) {
      const char c = pattern_[pos_];
      const auto digit = std::string_view("0123456789abcdef")
                             .find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
      if (digit == std::string_view::npos) break;
      value = value * 16 + static_cast<char32_t>(digit);
      ++digits;
      ++pos_;
      if (value > kMaxCodePoint) break;
    }
    const bool closed = !braces || Accept("}");
    if (!closed || digits == 0 || (!braces && digits != 2) || value > kMaxCodePoint) {
      Fail("invalid escape sequence");
    }
    return value;
  }

  // \0 to \377; a lone non-zero digit would be a back reference, which there is not.
  char32_t OctalEscape(char32_t first) {
    const auto octal = [this] {
      return pos_ < pattern_.size() && pattern_[pos_] >= '0' && pattern_[pos_] <= '7';
    };
    if (first > U'7' || (first != U'0' && !octal())) Fail("invalid escape sequence");
    char32_t value = first - U'0';
    for (int i = 0; i < 2 && octal(); ++i) {
      value = value * 8 + static_cast<char32_t>(pattern_[pos_++] - '0');
    }
    return value;
  }

  // Behind '['.
  CharSet BracketClass() {
    const std::size_t begin = pos_ - 1;
    const bool negated = Accept("^");
    CharSet set;
    bool first = true;
    while (true) {
      if (Done()) {
        FailFrom(begin, "missing closing ]", pattern_.size());
        return {};
      }
      if (!first && Accept("]")) break;
      first = false;
      if (!AddNamedClass(set)) AddRange(set);
    }
    if (flags_.fold_case) set = CaseFolded(std::move(set));
    return negated ? Negated(set) : set;
  }

  bool AddNamedClass(CharSet& set) {
    if (pattern_.substr(pos_, 2) != "[:") return false;
    const std::size_t end = pattern_.find(":]", pos_ + 2);
    if (end == std::string_view::npos) return false;
    std::string_view name = pattern_.substr(pos_ + 2, end - pos_ - 2);
    const bool negated = !name.empty() && name.front() == '^';
    if (negated) name.remove_prefix(1);
    const std::optional<CharSet> named = NamedClass(name);
    if (!named) {
      Fail("invalid character class range");
      return true;
    }
    const CharSet added = negated ? Negated(*named) : *named;
    set.insert(set.end(), added.begin(), added.end());
    pos_ = end + 2;
    return true;
  }

  void AddRange(CharSet& set) {
    const std::size_t begin = pos_;
    const CharSet low = Accept("\\") ? EscapedSet() : CharSet{TakeOne()};
    if (Done()) return;
    const bool single = low.size() == 1 && low[0].first == low[0].second;
    const bool range =
        single && pattern_[pos_] == '-' && pos_ + 1 < pattern_.size() && pattern_[pos_ + 1] != ']';
    if (!range) {
      set.insert(set.end(), low.begin(), low.end());
      return;
    }
    ++pos_;
    const CharSet high = Accept("\\") ? EscapedSet() : CharSet{TakeOne()};
    if (high.size() != 1 || high[0].first != high[0].second || high[0].first < low[0].first) {
      FailFrom(begin, "invalid character class range");
      return;
    }
    set.emplace_back(low[0].first, high[0].first);
  }

  CharRange TakeOne() {
    const char32_t c = Take();
    return {c, c};
  }

  NodePtr Repeated(NodePtr atom) {
    std::size_t begin = pos_;
    for (int repeats = 0; !Done(); ++repeats) {
      int min = 0;
      int max = kUnbounded;
      if (Accept("+")) {
        min = 1;
      } else if (Accept("?")) {
        max = 1;
      } else if (!Accept("*") && !Counts(min, max)) {
        return atom;
      }
      if (repeats > 0) {
        FailFrom(begin, "invalid nested repetition operator");
        return atom;
      }
      NodePtr node = MakeNode(Node::Kind::kRepeat);
      node->greedy = Accept("?") == flags_.swap_greedy;
      node->min = min;
      node->max = max;
      node->children.push_back(std::move(atom));
      atom = std::move(node);
    }
    return atom;
  }

  // {n}, {n,} or {n,m}; anything else in braces is text.
  bool Counts(int& min, int& max) {
    const std::size_t begin = pos_;
    if (!Accept("{")) return false;
    const std::optional<int> low = Count();
    std::optional<int> high = low;
    if (low && Accept(",")) high = pattern_.substr(pos_, 1) == "}" ? kUnbounded : Count();
    if (!low || !high || !Accept("}")) {
      pos_ = begin;
      return false;
    }
    if (*low > kMaxRepeat || *high > kMaxRepeat || (*high != kUnbounded && *high < *low)) {
      FailFrom(begin, "invalid repeat count");
    }
    min = *low;
    max = *high;
    return true;
  }

  std::optional<int> Count() {
    const std::size_t begin = pos_;
    int value = 0;
    while (pos_ < pattern_.size() && pattern_[pos_] >= '0' && pattern_[pos_] <= '9') {
      value = std::min(value * 10 + (pattern_[pos_++] - '0'), kMaxRepeat + 1);
    }
    if (pos_ == begin) return std::nullopt;
    return value;
  }

  std::uint32_t Here() const { return static_cast<std::uint32_t>(regex_.program_.size()); }

  std::uint32_t Add(Regex::Instruction instruction) {
    if (regex_.program_.size() >= Regex::kMaxProgramSize) {
      Fail("expression too large");
      return 0;
    }
    regex_.program_.push_back(instruction);
    return Here() - 1;
  }

  void Emit(const Node& node) {
    if (++emitted_ > 4 * Regex::kMaxProgramSize) Fail("expression too large");
    if (!error_.empty()) return;
    switch (node.kind) {
      case Node::Kind::kEmpty:
        return;
      case Node::Kind::kClass:
        Add({.op = Regex::Op::kClass, .first = Here() + 1, .second = node.set});
        return;
      case Node::Kind::kAssert:
        Add({.op = Regex::Op::kAssert, .assertion = node.assertion, .first = Here() + 1});
        return;
      case Node::Kind::kConcat:
        for (const NodePtr& child : node.children) Emit(*child);
        return;
      case Node::Kind::kAlternate:
        EmitAlternate(node);
        return;
      case Node::Kind::kRepeat:
        EmitRepeat(node);
        return;
      case Node::Kind::kGroup:
        Add({.op = Regex::Op::kSave, .first = Here() + 1, .second = 2 * node.group});
        Emit(*node.children.front());
        Add({.op = Regex::Op::kSave, .first = Here() + 1, .second = 2 * node.group + 1});
        return;
    }
  }

  // One way is the next instruction, the other one Here() when it is called.
  void FinishSplit(std::uint32_t split, bool greedy) {
    if (!error_.empty()) return;
    Regex::Instruction& instruction = regex_.program_[split];
    instruction.second = Here();
    if (!greedy) std::swap(instruction.first, instruction.second);
  }

  void EmitAlternate(const Node& node) {
    std::vector<std::uint32_t> jumps;
    for (std::size_t i = 0; i < node.children.size() && error_.empty(); ++i) {
      const bool last = i + 1 == node.children.size();
      const std::uint32_t split = last ? 0 : Add({.op = Regex::Op::kSplit, .first = Here() + 1});
      Emit(*node.children[i]);
      if (last) break;
      jumps.push_back(Add({.op = Regex::Op::kJump}));
      if (error_.empty()) regex_.program_[split].second = Here();
    }
    for (const std::uint32_t jump : jumps) {
      if (error_.empty()) regex_.program_[jump].first = Here();
    }
  }

  void EmitRepeat(const Node& node) {
    const Node& child = *node.children.front();
    for (int i = 0; i < node.min && error_.empty(); ++i) Emit(child);
    if (node.max == kUnbounded) {
      const std::uint32_t split = Add({.op = Regex::Op::kSplit, .first = Here() + 1});
      Emit(child);
      Add({.op = Regex::Op::kJump, .first = split});
      FinishSplit(split, node.greedy);
      return;
    }
    std::vector<std::uint32_t> splits;
    for (int i = node.min; i < node.max && error_.empty(); ++i) {
      splits.push_back(Add({.op = Regex::Op::kSplit, .first = Here() + 1}));
      Emit(child);
    }
    for (const std::uint32_t split : splits) FinishSplit(split, node.greedy);
  }

  std::string_view pattern_;
  std::size_t pos_ = 0;
  Flags flags_;
  std::optional<Flags> pending_outer_;
  std::string error_;
  std::optional<std::string_view> fragment_;  // the part of the pattern that is wrong
  std::size_t emitted_ = 0;                   // nested repeats of nothing must end too
  Regex regex_;
};

Result<Regex> Regex::Compile(std::string_view pattern) { return RegexCompiler(pattern).Run(); }

bool Regex::Holds(Assertion assertion, std::string_view text, std::size_t pos) {
  const auto word = [text](std::size_t i) {
    if (i >= text.size()) return false;
    const char c = text[i];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  switch (assertion) {
    case Assertion::kTextBegin:
      return pos == 0;
    case Assertion::kTextEnd:
      return pos == text.size();
    case Assertion::kWordBoundary:
      return (pos > 0 && word(pos - 1)) != word(pos);
    case Assertion::kNotWordBoundary:
      return (pos > 0 && word(pos - 1)) == word(pos);
  }
  return false;
}

bool Regex::Accepts(const Instruction& instruction, char32_t c) const {
  const CharSet& set = sets_[instruction.second];
  const auto after = std::upper_bound(set.begin(), set.end(), CharRange{c, kMaxCodePoint});
  return after != set.begin() && std::prev(after)->second >= c;
}

// The set of instructions that could run next, without duplicates.
class Regex::Threads {
 public:
  explicit Threads(std::size_t program_size) : added_(program_size, 0) {}

  void Clear() {
    ready_.clear();
    ++round_;
  }
  const std::vector<std::uint32_t>& ready() const { return ready_; }
  bool matched() const { return matched_round_ == round_; }

  // Follows everything from `start` that takes no character.
  void Add(const Regex& regex, std::uint32_t start, std::string_view text, std::size_t pos) {
    pending_.assign(1, start);
    while (!pending_.empty()) {
      const std::uint32_t at = pending_.back();
      pending_.pop_back();
      if (added_[at] == round_) continue;
      added_[at] = round_;
      const Instruction& instruction = regex.program_[at];
      switch (instruction.op) {
        case Op::kClass:
          ready_.push_back(at);
          break;
        case Op::kMatch:
          matched_round_ = round_;
          break;
        case Op::kSplit:
          pending_.push_back(instruction.second);
          pending_.push_back(instruction.first);
          break;
        case Op::kJump:
        case Op::kSave:
          pending_.push_back(instruction.first);
          break;
        case Op::kAssert:
          if (Holds(instruction.assertion, text, pos)) pending_.push_back(instruction.first);
          break;
      }
    }
  }

 private:
  std::vector<std::uint64_t> added_;
  std::vector<std::uint32_t> ready_;
  std::vector<std::uint32_t> pending_;
  std::uint64_t round_ = 1;
  std::uint64_t matched_round_ = 0;
};

bool Regex::FullMatch(std::string_view text) const {
  Threads current(program_.size());
  Threads next(program_.size());
  current.Add(*this, 0, text, 0);
  std::size_t pos = 0;
  while (pos < text.size()) {
    const CodePoint point = DecodeUtf8(text.substr(pos));
    pos += point.size;
    next.Clear();
    for (const std::uint32_t at : current.ready()) {
      if (Accepts(program_[at], point.value)) next.Add(*this, program_[at].first, text, pos);
    }
    if (next.ready().empty() && !next.matched()) return false;
    std::swap(current, next);
  }
  return current.matched();
}

// The same with what the groups have matched so far; the thread that Perl would try first comes
// first.
class Regex::CapturingThreads {
 public:
  using Slots = std::vector<std::size_t>;
  struct Thread {
    std::uint32_t at = 0;
    Slots slots;
  };

  explicit CapturingThreads(std::size_t program_size) : added_(program_size, false) {}

  void Clear() {
    added_.assign(added_.size(), false);
    ready_.clear();
    matched_ = false;
  }
  const std::vector<Thread>& ready() const { return ready_; }
  /// Of the first thread that has matched; null: none has.
  const Slots* match() const { return matched_ ? &match_ : nullptr; }

  void Add(const Regex& regex, std::uint32_t start, Slots slots, std::string_view text,
           std::size_t pos) {
    std::vector<Thread> pending;
    pending.push_back({start, std::move(slots)});
    while (!pending.empty()) {
      Thread thread = std::move(pending.back());
      pending.pop_back();
      if (added_[thread.at]) continue;
      added_[thread.at] = true;
      const Instruction& instruction = regex.program_[thread.at];
      switch (instruction.op) {
        case Op::kClass:
          ready_.push_back(std::move(thread));
          break;
        case Op::kMatch:
          if (!matched_) match_ = std::move(thread.slots);
          matched_ = true;
          break;
        case Op::kSplit:
          pending.push_back({instruction.second, thread.slots});
          pending.push_back({instruction.first, std::move(thread.slots)});
          break;
        case Op::kSave:
          thread.slots[instruction.second] = pos;
          pending.push_back({instruction.first, std::move(thread.slots)});
          break;
        case Op::kAssert:
          if (!Holds(instruction.assertion, text, pos)) break;
          [[fallthrough]];
        case Op::kJump:
          pending.push_back({instruction.first, std::move(thread.slots)});
          break;
      }
    }
  }

 private:
  std::vector<bool> added_;
  std::vector<Thread> ready_;
  Slots match_;
  bool matched_ = false;
};

std::optional<std::vector<std::string_view>> Regex::Groups(std::string_view text) const {
  constexpr std::size_t kUnset = std::string_view::npos;
  CapturingThreads current(program_.size());
  CapturingThreads next(program_.size());
  current.Add(*this, 0, CapturingThreads::Slots(2 * group_names_.size(), kUnset), text, 0);
  std::size_t pos = 0;
  while (pos < text.size()) {
    const CodePoint point = DecodeUtf8(text.substr(pos));
    pos += point.size;
    next.Clear();
    for (const CapturingThreads::Thread& thread : current.ready()) {
      const Instruction& instruction = program_[thread.at];
      if (Accepts(instruction, point.value)) {
        next.Add(*this, instruction.first, thread.slots, text, pos);
      }
    }
    std::swap(current, next);
  }
  if (current.match() == nullptr) return std::nullopt;
  std::vector<std::string_view> groups = {text};
  for (std::size_t i = 2; i < current.match()->size(); i += 2) {
    const std::size_t begin = (*current.match())[i];
    const std::size_t end = (*current.match())[i + 1];
    groups.push_back(end == kUnset ? std::string_view{} : text.substr(begin, end - begin));
  }
  return groups;
}

}  // namespace tidegate
