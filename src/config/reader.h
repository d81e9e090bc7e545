// SPDX-License-Identifier: Apache-2.0
//
// Node -> struct: every problem by its path and position, none of them fatal.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "tidegate/fields.h"

namespace tidegate::config {

struct Problem {
  Position at;
  std::string path;
  std::string message;
  std::string object = {};  ///< of Kubernetes, whose validation says so: `The … "web" is invalid`
};

/// ", did you mean …" for the nearest of `words`, or nothing if none is near.
std::string Nearest(std::string_view word, const std::vector<std::string_view>& words);

enum class ReadMode {
  kFile,     ///< a configuration file: null is no value
  kForeign,  ///< another system's: a key with null is as good as absent
  kValue,    ///< keyword arguments as JSON: null takes an optional value away
  kRecord,   ///< a journal: what is absent is zero, whatever the struct's default is
};

class Reader : public FieldVisitor {
 public:
  /// Both are borrowed. Paths begin with `path`; null: an absent value.
  Reader(const Node* root, std::string path, ReadMode mode, std::vector<Problem>& problems);

  /// Reads the root as a struct whose fields `describe` names.
  template <typename F>
  void Struct(F describe) {
    BeginStruct();
    describe(static_cast<FieldVisitor&>(*this));
    EndStruct();
  }

  void Ignored(std::string_view key) override;
  void Refused(std::string_view key, std::string_view why) override;
  bool reading() const override { return true; }

 protected:
  bool Enter(std::string_view key, const FieldInfo& info) override;
  bool EnterAlternative(std::string_view key, bool active, const FieldInfo& info) override;
  void Leave() override;
  void Value(bool& value, const FieldInfo& info) override;
  void Value(std::int64_t& value, const FieldInfo& info) override;
  void Value(double& value, const FieldInfo& info) override;
  void Value(std::string& value, const FieldInfo& info) override;
  void Value(Duration& value, const FieldInfo& info) override;
  void Value(TimePoint& value, const FieldInfo& info) override;
  void QuantityValue(MilliValue& value, const FieldInfo& info) override;
  void SecondsValue(Duration& value, const FieldInfo& info) override;
  void RatioValue(double& value, const FieldInfo& info) override;
  void EnumValue(std::size_t& index, std::span<const std::string_view> names,
                 const FieldInfo& info) override;
  void BeginStruct() override;
  void EndStruct() override;
  void BeginOptional(bool& present) override;
  void BeginList(std::size_t& size) override;
  void Element(std::size_t index) override;
  void EndList() override;
  void BeginMap(std::vector<std::string>& keys) override;
  void Entry(const std::string& key) override;
  void EndMap() override;

 private:
  struct Place {
    const Node* node = nullptr;
    std::size_t path_size = 0;
    bool secret = false;
    std::size_t entries = 0;  ///< of a map: how many were visited
  };
  struct Object {
    const Node* node = nullptr;  ///< null: absent, or not a map
    std::vector<std::string_view> keys;
    std::set<std::string, std::less<>> passed_over;
    std::vector<Problem> missing;  ///< paths are keys; told in the end, unless a typo explains
    bool type_unknown = false;
  };

  const Member* FindMember(std::string_view key) const;
  void GoTo(const Node* node, std::string_view key, bool secret);
  void Report(Position at, std::string message);
  void ReportKey(Position at, std::string_view key, std::string message);
  /// The scalar here; null after a report. Sets `absent` where a record leaves it out.
  const Node* Scalar(std::string_view want, bool& absent);
  void WrongType(std::string_view want);
  std::string Shown(const Node& node) const;
  bool CheckNumber(double value, const std::string& shown, const FieldInfo& info);
  void UnknownKeys(const Object& object);

  ReadMode mode_;
  std::vector<Problem>& problems_;
  const Node* node_;
  std::string path_;
  bool secret_ = false;
  std::vector<Place> places_;    ///< where Leave, EndList and EndMap go back to
  std::vector<Object> objects_;  ///< the structs that are open
};

}  // namespace tidegate::config
