// SPDX-License-Identifier: Apache-2.0
//
// Whatever the text: no crash, and what parses without a problem is dumped to a text that parses
// to the same dump; what decodes as a record encodes to a line that decodes to the same line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tidegate/config.h"
#include "tidegate/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tidegate::ParsedConfig parsed = tidegate::ParseConfig(text, "fuzz.yaml");
  if (parsed.problems.empty()) {
    const std::string dump = tidegate::DumpConfig(parsed.config);
    const tidegate::ParsedConfig again = tidegate::ParseConfig(dump, "dump.yaml");
    if (!again.problems.empty() || tidegate::DumpConfig(again.config) != dump) std::abort();
  }
  const tidegate::Result<tidegate::TickRecord> record = tidegate::DecodeTick(text);
  if (record) {
    const std::string line = tidegate::EncodeTick(*record);
    const tidegate::Result<tidegate::TickRecord> again = tidegate::DecodeTick(line);
    if (!again || tidegate::EncodeTick(*again) != line) std::abort();
  }
  return 0;
}
