#include "hardline/base/hash160.hpp"

#include <gtest/gtest.h>

#include "base/vectors.hpp"

namespace hardline {
namespace {

TEST(Hash160, HashesAsTheVectorsSay) {
  const auto vectors = vectors::load().at("blake2b");
  ASSERT_FALSE(vectors.empty());
  for (const auto& vector : vectors) {
    const auto hex = vector.at("message_hex").get<std::string>();
    std::vector<std::uint8_t> message(hex.size() / 2 + 1);  // one more: libsodium wants a pointer for no octets too
    ASSERT_EQ(sodium_hex2bin(message.data(), message.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr), 0);
    message.pop_back();
    EXPECT_EQ(to_hex(blake2b_160(message)), vector.at("first20_of_blake2b256").get<std::string>());
  }
}

TEST(Hash160, ReadsFortyHexDigitsOfEitherCase) {
  const auto bytes = parse_hash160("00ff0000000000000000000000000000000000aB");
  ASSERT_TRUE(bytes);
  EXPECT_EQ((*bytes)[0], 0x00);
  EXPECT_EQ((*bytes)[1], 0xff);
  EXPECT_EQ((*bytes)[19], 0xab);
  EXPECT_EQ(to_hex(*bytes), "00ff0000000000000000000000000000000000ab");
}

TEST(Hash160, RefusesOtherLengthsAndOtherDigits) {
  EXPECT_FALSE(parse_hash160(""));
  EXPECT_FALSE(parse_hash160(std::string(39, '0')));
  EXPECT_FALSE(parse_hash160(std::string(41, '0')));
  for (const char* wrong : {"g", " ", ":", "\n"}) EXPECT_FALSE(parse_hash160(std::string(39, '0') + wrong));
  EXPECT_FALSE(parse_hash160(std::string(40, '\0')));
}

}  // namespace
}  // namespace hardline
