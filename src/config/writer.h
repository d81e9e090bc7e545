// SPDX-License-Identifier: Apache-2.0
//
// Struct -> JSON text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/fields.h"

namespace tidegate::config {

enum class WriteMode {
  kFull,    ///< every field at its value; secrets as "***"
  kRecord,  ///< exact and compact: fields that are zero or empty are left out
};

class JsonWriter : public FieldVisitor {
 public:
  explicit JsonWriter(WriteMode mode) : mode_(mode) {}

  /// Writes the struct whose fields `describe` names, as the root or the next element.
  template <typename F>
  std::string Struct(F describe) {
    force_ = true;
    BeginStruct();
    describe(static_cast<FieldVisitor&>(*this));
    EndStruct();
    return std::move(out_);
  }

 protected:
  bool Enter(std::string_view key, const FieldInfo& info) override;
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
  void BeginStruct() override { Open('{'); }
  void EndStruct() override { Close('}'); }
  void BeginOptional(bool& present) override;
  void BeginList(std::size_t& size) override;
  void Element(std::size_t index) override;
  void EndList() override { Close(']'); }
  void BeginMap(std::vector<std::string>& keys) override;
  void Entry(const std::string& key) override;
  void EndMap() override { Close('}'); }

 private:
  struct OpenField {
    std::size_t start = 0;  ///< where the key begins in the text
    bool was_empty = false;
    bool secret = false;
  };
  struct OpenValue {
    bool empty = true;
    bool force = false;
  };

  void Emit(std::string_view text, bool zero);
  void Open(char bracket);
  void Close(char bracket);
  void Separate();

  WriteMode mode_;
  std::string out_;
  bool force_ = false;  ///< the next value is written even if it is zero
  bool omit_ = false;   ///< the field that is being written is left out
  bool secret_ = false;
  std::vector<OpenField> fields_;
  std::vector<OpenValue> containers_;
};

}  // namespace tidegate::config
