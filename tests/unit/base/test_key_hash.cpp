#include "hardline/base/key_hash.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

#include "base/vectors.hpp"

namespace hardline {
namespace {

TEST(KeyHash, RefusesWhatIsNotFortyHexDigits) {
  EXPECT_FALSE(KeyHash::parse(""));
  EXPECT_FALSE(KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de"));
  EXPECT_FALSE(KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de67"));
  EXPECT_FALSE(KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859deg"));
}

TEST(KeyHash, ReadsEitherCaseAndWritesLowerCase) {
  const auto key = KeyHash::parse("03B131FEF9459A4A73DA0C27E5B9E96362859DE6");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->hex(), "03b131fef9459a4a73da0c27e5b9e96362859de6");
  EXPECT_EQ(key->brief(), "03b131fe");
}

TEST(KeyHash, OfACertificateIsAsTheVectorsSay) {
  const auto certificates = vectors::load().at("certificates");
  ASSERT_FALSE(certificates.empty());
  for (const auto& certificate : certificates) {
    const auto der = vectors::certificate_der(certificate.at("file").get<std::string>());
    EXPECT_EQ(der.size(), certificate.at("der_bytes").get<std::size_t>());
    EXPECT_EQ(KeyHash::of_certificate(der).hex(), certificate.at("keyhash").get<std::string>());
  }
}

TEST(KeyHash, IsAKeyOfHashTables) {
  const auto one = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6");
  const auto other = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de7");
  const std::unordered_set<KeyHash> keys{*one, *one, *other};
  EXPECT_EQ(keys.size(), 2U);
}

}  // namespace
}  // namespace hardline
