#include "store/quantity.hpp"

#include <gtest/gtest.h>

namespace hardline::store {
namespace {

TEST(Quantity, CountsOctetsWithoutAUnit) {
  EXPECT_EQ(parse_octets("0"), 0u);
  EXPECT_EQ(parse_octets("268435456"), 268435456u);
  EXPECT_EQ(parse_octets("900B"), 900u);
}

TEST(Quantity, CountsInTheUnitThatIsAskedFor) {
  EXPECT_EQ(parse_octets("1200", 1 << 20), 1200u << 20);
  EXPECT_EQ(parse_octets("1200k", 1 << 20), 1200u << 10) << "a unit that is written wins";
}

TEST(Quantity, HasUnitsOf1024InAnyCaseAndSpelling) {
  for (const auto* kilo : {"3k", "3K", "3kb", "3KB", "3KiB", "3 kib"}) EXPECT_EQ(parse_octets(kilo), 3072u) << kilo;
  for (const auto* mega : {"2m", "2M", "2MB", "2mib"}) EXPECT_EQ(parse_octets(mega), 2u << 20) << mega;
  for (const auto* giga : {"1g", "1G", "1GB", "1GiB"}) EXPECT_EQ(parse_octets(giga), 1u << 30) << giga;
  EXPECT_EQ(parse_octets("1T"), 1ULL << 40);
}

TEST(Quantity, MayHaveADecimalPoint) {
  EXPECT_EQ(parse_octets("1.5k"), 1536u);
  EXPECT_EQ(parse_octets("0.25 MB"), 262144u);
}

TEST(Quantity, IsNeverRoundedToNothing) {
  EXPECT_EQ(parse_octets("0.000000001k"), 1u);
}

TEST(Quantity, RefusesWhatIsNoAmount) {
  for (const auto* bad : {"", "k", ".5k", "1.", "1.k", "-1", "+1", "1,5k", "1e3", "0x10", "1kk", "1bk", "1 k B",
                          "1.2.3", " 1", "1k ", "1.0000000001", "1mb/s", "ten"})
    EXPECT_EQ(parse_octets(bad), std::nullopt) << bad;
}

TEST(Quantity, RefusesMoreThan63Bits) {
  EXPECT_EQ(parse_octets("9223372036854775807"), 9223372036854775807u);
  for (const auto* bad : {"9223372036854775808", "18446744073709551615", "18446744073709551616", "8388608T",
                          "17179869184G", "99999999999999999999999k"})
    EXPECT_EQ(parse_octets(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace hardline::store
