#include "hardline/base/origin_address.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(OriginAddress, IsWrittenForPeople) {
  EXPECT_EQ(to_string(OriginAddress(HostPort{"192.0.2.1", 80})), "192.0.2.1:80");
  EXPECT_EQ(to_string(OriginAddress(HostPort{"::1", 80})), "[::1]:80");
  EXPECT_EQ(to_string(OriginAddress(UnixPath{"/run/wiki.sock"})), "unix:/run/wiki.sock");
}

}  // namespace
}  // namespace hardline
