// SPDX-License-Identifier: Apache-2.0
#include "net/http_error.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

#include "net/http_client.h"
#include "tidegate/version.h"

namespace tidegate::net {
namespace {

sockaddr_storage Address(const char* text) {
  sockaddr_storage storage{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    std::memcpy(&storage, &v4, sizeof v4);
  } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    std::memcpy(&storage, &v6, sizeof v6);
  }
  return storage;
}

TEST(HttpErrorTest, RefusesAddressesThatHandOutCredentialsOrReachMany) {
  for (const char* bad : {"169.254.169.254", "169.254.0.1", "fe80::1", "224.0.0.1",
                          "239.255.255.250", "255.255.255.255", "ff02::1", "100.100.100.200",
                          "fd00:ec2::254", "::ffff:169.254.169.254"}) {
    EXPECT_FALSE(RefusalOf(Address(bad)).empty()) << bad;
    EXPECT_EQ(AddressText(Address(bad)), bad);
  }
  for (const char* good : {"127.0.0.1", "10.1.2.3", "169.253.255.255", "169.255.0.0", "::1",
                           "fd00::1", "2001:db8::1", "::ffff:10.0.0.1", "100.64.0.1"}) {
    EXPECT_EQ(RefusalOf(Address(good)), "") << good;
  }
}

TEST(HttpErrorTest, EachFailureHasItsCodeAndWords) {
  struct Row {
    TransferFailure failure;
    ErrorCode code;
    const char* message;
  };
  using std::chrono::milliseconds;
  const Row rows[] = {
      {{.code = CURLE_OPERATION_TIMEDOUT, .timeout = milliseconds(700), .connected = true},
       ErrorCode::kDeadlineExceeded,
       "timed out after 700 ms (waiting for the answer)"},
      {{.code = CURLE_OPERATION_TIMEDOUT, .timeout = milliseconds(5)},
       ErrorCode::kDeadlineExceeded,
       "timed out after 5 ms (connecting)"},
      {{.code = CURLE_COULDNT_CONNECT, .os_error = ECONNREFUSED},
       ErrorCode::kUnavailable,
       "connect refused"},
      {{.code = CURLE_COULDNT_CONNECT, .os_error = EMFILE},
       ErrorCode::kUnavailable,
       "connect failed: Too many open files"},
      {{.code = CURLE_COULDNT_CONNECT, .refused_address = "169.254.169.254 refused: link-local"},
       ErrorCode::kPermissionDenied,
       "address 169.254.169.254 refused: link-local"},
      {{.code = CURLE_WRITE_ERROR, .body_limit = 16777216, .body_over_limit = true},
       ErrorCode::kUnavailable,
       "body over 16777216 bytes"},
      {{.code = CURLE_PARTIAL_FILE}, ErrorCode::kUnavailable, "truncated body"},
      {{.code = CURLE_PEER_FAILED_VERIFICATION, .detail = "self-signed certificate"},
       ErrorCode::kPermissionDenied,
       "certificate refused: self-signed certificate"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ErrorOf(row.failure), (Error{row.code, row.message}));
  }
}

TEST(HttpErrorTest, StatusCodesSayWhatToDoNext) {
  EXPECT_TRUE(CheckStatus(200).ok());
  EXPECT_TRUE(CheckStatus(204).ok());
  EXPECT_EQ(CheckStatus(503).error(), (Error{ErrorCode::kUnavailable, "HTTP 503"}));
  EXPECT_EQ(CheckStatus(429).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(CheckStatus(401).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(CheckStatus(404).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(CheckStatus(409).error().code, ErrorCode::kConflict);
  EXPECT_EQ(CheckStatus(400).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CheckStatus(302).error().message, "HTTP 302 (redirects are not followed)");
}

TEST(HttpErrorTest, UrlBracketsOnlyIpv6) {
  EXPECT_EQ(HttpUrl("10.0.0.1", 8002, "/metrics"), "http://10.0.0.1:8002/metrics");
  EXPECT_EQ(HttpUrl("::1", 80, "/"), "http://[::1]:80/");
  EXPECT_EQ(HttpUrl("[::1]", 80, "/"), "http://[::1]:80/");
}

TEST(HttpErrorTest, EncodesWhatIsNoWord) {
  EXPECT_EQ(PercentEncoded("up{a=\"b c\"}/~x-1._"), "up%7Ba%3D%22b%20c%22%7D%2F~x-1._");
  EXPECT_EQ(PercentEncoded("\xc3\xa4"), "%C3%A4");
}

}  // namespace
}  // namespace tidegate::net
