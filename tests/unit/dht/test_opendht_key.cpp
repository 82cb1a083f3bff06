#include <gtest/gtest.h>
#include <opendht/infohash.h>

#include "hardline/dht/dht_key.hpp"

namespace hardline::dht {
namespace {

TEST(DhtKey, IsWhatOpenDhtMakesOfTheDigits) {
  const std::string digits = "d8706c01c6b7ea109ac7b96f4f5f16d9abc76b0c";
  EXPECT_EQ(DhtKey::of(RollingCode::parse(digits).value()).hex(), ::dht::InfoHash::get(digits).toString());
}

}  // namespace
}  // namespace hardline::dht
