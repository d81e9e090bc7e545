// SPDX-License-Identifier: Apache-2.0
#include "balancers/nginx/upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tidegate {
namespace {

using ::testing::HasSubstr;

NginxOptions Options() {
  NginxOptions options;
  options.upstream = "flower";
  options.upstream_file = "/x/upstream.conf";
  options.pid_file = "/x/nginx.pid";
  return options;
}

TEST(UpstreamTextTest, IsTheSameInWhateverOrderTheyCome) {
  NginxOptions options = Options();
  options.keepalive = 16;
  const std::vector<Endpoint> endpoints = {{"flower-10", "127.0.0.1", 20010, 3},
                                           {"flower-1", "::1", 20001, 1},
                                           {"flower-2", "localhost", 20002, 0}};
  const std::vector<Endpoint> other = {endpoints[2], endpoints[0], endpoints[1]};
  const std::string text = UpstreamText(options, endpoints).value();
  EXPECT_EQ(text,
            "# Written by Tidegate; changes are lost.\n"
            "upstream flower {\n"
            "  zone flower 512k;\n"
            "  least_conn;\n"
            "  server [::1]:20001 max_fails=1 fail_timeout=1s;  # flower-1\n"
            "  server 127.0.0.1:20010 max_fails=1 fail_timeout=1s weight=3;  # flower-10\n"
            "  server localhost:20002 max_fails=1 fail_timeout=1s down;  # flower-2\n"
            "  keepalive 16;\n"
            "}\n");
  EXPECT_EQ(UpstreamText(options, other).value(), text);
}

TEST(UpstreamTextTest, NobodyIsStillABlockWithALine) {
  NginxOptions options = Options();
  options.method.clear();
  EXPECT_EQ(UpstreamText(options, {}).value(),
            "# Written by Tidegate; changes are lost.\n"
            "upstream flower {\n"
            "  zone flower 512k;\n"
            "  server 127.0.0.1:1 down;  # nobody: an upstream needs a line\n"
            "}\n");
}

TEST(UpstreamTextTest, NothingCanBreakOutOfItsPlace) {
  const std::vector<Endpoint> bad_host = {{"a", "127.0.0.1;}", 80, 1}};
  const auto refused = UpstreamText(Options(), bad_host);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{ErrorCode::kInvalidArgument,
                                    "endpoint a: \"127.0.0.1;}:80\" is not an address"}));
  EXPECT_FALSE(UpstreamText(Options(), std::vector<Endpoint>{{"a", "127.0.0.1", 0, 1}}));
  const std::vector<Endpoint> bad_name = {{"a\nserver evil", "127.0.0.1", 80, 1}};
  EXPECT_THAT(UpstreamText(Options(), bad_name).value(), Not(HasSubstr("evil")));
}

TEST(NginxOptionsTest, SayWhatIsWrong) {
  const auto why = [](void (*spoil)(NginxOptions&)) {
    NginxOptions options = Options();
    spoil(options);
    const Status status = CheckNginxOptions(options);
    if (status) return std::string("good");
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    return status.error().message;
  };
  EXPECT_EQ(why([](auto&) {}), "good");
  EXPECT_EQ(why([](auto& o) { o.method = "hash $request_uri consistent"; }), "good");
  EXPECT_THAT(why([](auto& o) { o.method = "least_conn; }"; }), HasSubstr("method: must be one"));
  EXPECT_THAT(why([](auto& o) { o.upstream = "a b"; }), HasSubstr("got \"a b\""));
  EXPECT_EQ(why([](auto& o) { o.upstream_file.clear(); }), "upstreamFile: is missing");
  EXPECT_EQ(why([](auto& o) { o.pid_file.clear(); }), "pidFile: is missing");
  EXPECT_EQ(why([](auto& o) { o.keepalive = -1; }), "keepalive: must not be negative, got -1");
}

}  // namespace
}  // namespace tidegate
