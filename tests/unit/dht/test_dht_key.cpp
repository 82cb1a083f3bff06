#include "hardline/dht/dht_key.hpp"

#include <gtest/gtest.h>

#include "base/vectors.hpp"

namespace hardline::dht {
namespace {

RollingCode rolling(const std::string& hex) {
  return RollingCode::parse(hex).value();
}

TEST(DhtKey, IsThatOfTheComputedVectors) {
  const auto all = vectors::load();
  int days = 0;
  for (const auto& certificate : all.at("certificates")) {
    for (const auto& day : certificate.at("days")) {
      EXPECT_EQ(DhtKey::of(rolling(day.at("rolling"))).hex(), day.at("dht_infohash"));
      ++days;
    }
  }
  EXPECT_GE(days, 15);
}

TEST(DhtKey, IsOfTheDigitsInLowerCase) {
  EXPECT_EQ(DhtKey::of(rolling("D8706C01C6B7EA109AC7B96F4F5F16D9ABC76B0C")).hex(),
            "4cd7819ebff581d0998d58df3cdd39b55bef9b02");
}

}  // namespace
}  // namespace hardline::dht
