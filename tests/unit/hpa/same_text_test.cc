// SPDX-License-Identifier: Apache-2.0
#include "hpa/same_text.h"

#include <gtest/gtest.h>

#include <string>

namespace tidegate::hpa {
namespace {

TEST(SameTextTest, SeesEveryByteOfEveryLength) {
  for (std::size_t size = 0; size <= 20; ++size) {
    const std::string text = std::string("replica-of-a-workload").substr(0, size);
    EXPECT_TRUE(SameText(text, std::string(text))) << size;
    EXPECT_FALSE(SameText(text, text + "x")) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = '\0';
      EXPECT_FALSE(SameText(text, other)) << size << " " << at;
    }
  }
}

}  // namespace
}  // namespace tidegate::hpa
