// SPDX-License-Identifier: Apache-2.0
#include "serve/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::serve {
namespace {

TEST(AddressTest, ParsesWhatCanBeListenedOn) {
  EXPECT_EQ(*ParseListenAddress("127.0.0.1:9464"),
            (ListenAddress{"127.0.0.1", "127.0.0.1", 9464, true}));
  EXPECT_EQ(*ParseListenAddress("LocalHost:0"), (ListenAddress{"localhost", "127.0.0.1", 0, true}));
  EXPECT_EQ(*ParseListenAddress(":1"), (ListenAddress{"", "0.0.0.0", 1, false}));
  EXPECT_EQ(*ParseListenAddress("10.0.0.7:65535"),
            (ListenAddress{"10.0.0.7", "10.0.0.7", 65535, false}));
  EXPECT_TRUE(ParseListenAddress("127.9.9.9:1")->loopback);
}

TEST(AddressTest, SaysWhatIsWrongWithTheOthers) {
  for (const char* bad : {"", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                          "127.0.0.1:-1", "[::1]:9464", "example.com:80", "127.0.0.1:80 "}) {
    const Result<ListenAddress> address = ParseListenAddress(bad);
    ASSERT_FALSE(address.has_value()) << bad;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(address.error().message, ::testing::HasSubstr("\"" + std::string(bad) + "\""));
  }
}

TEST(AddressTest, HostHeadersOfLoopback) {
  const ListenAddress address = *ParseListenAddress("127.0.0.1:9464");
  for (const char* good : {"127.0.0.1:9464", "127.0.0.1", "localhost:9464", "LOCALHOST",
                           "[::1]:9464", "localhost:19464"}) {
    EXPECT_TRUE(HostAllowed(good, address)) << good;
  }
  for (const char* bad : {"", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil",
                          "10.0.0.1:9464", "localhost:x", "[::1", "::1", "localhost:94:64"}) {
    EXPECT_FALSE(HostAllowed(bad, address)) << bad;
  }
}

TEST(AddressTest, HostHeadersOfAnOpenAddress) {
  const ListenAddress address = *ParseListenAddress(":9464");
  EXPECT_TRUE(HostAllowed("10.0.0.1:9464", address));
  EXPECT_TRUE(HostAllowed("[2001:db8::1]:9464", address));
  EXPECT_FALSE(HostAllowed("evil.example:9464", address));
  EXPECT_FALSE(HostAllowed("", address));
}

}  // namespace
}  // namespace tidegate::serve
