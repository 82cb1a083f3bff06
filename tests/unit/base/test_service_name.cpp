#include "hardline/base/service_name.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

const std::string kKey = "03b131fef9459a4a73da0c27e5b9e96362859de6";

TEST(ServiceName, ReadsPasswordAndKey) {
  const auto name = ServiceName::parse("abc234defg567-" + kKey);
  ASSERT_TRUE(name && name->password);
  EXPECT_EQ(name->password->reveal(), "abc234defg567");
  EXPECT_EQ(name->key.hex(), kKey);
}

TEST(ServiceName, ReadsAKeyAloneWithAndWithoutADash) {
  for (const auto& label : {kKey, "-" + kKey}) {
    const auto name = ServiceName::parse(label);
    ASSERT_TRUE(name) << label;
    EXPECT_FALSE(name->password);
    EXPECT_EQ(name->label(), kKey);
  }
}

TEST(ServiceName, ReadsEitherCaseAndWritesLowerCase) {
  EXPECT_EQ(ServiceName::parse("PASS-03B131FEF9459A4A73DA0C27E5B9E96362859DE6")->label(), "pass-" + kKey);
}

TEST(ServiceName, RefusesOtherLabels) {
  for (const auto& label : {std::string(), std::string("-"), std::string("wiki"), "a-b-" + kKey, "--" + kKey,
                            kKey + "-", kKey + "-pass", "pass" + kKey, "pass-" + kKey + "0", "pa.ss-" + kKey})
    EXPECT_FALSE(ServiceName::parse(label)) << label;
}

TEST(ServiceName, MakesTheUrlToOpen) {
  EXPECT_EQ(ServiceName::parse("pass-" + kKey)->url(7009), "http://pass-" + kKey + ".localhost:7009/");
}

TEST(ServiceName, MakesNoUrlThatLeadsElsewhere) {
  for (const std::string password : {"3232235777#", "10@evil", "a?", "a%2e", "<b>", "[", "]", "^", "|"})
    EXPECT_EQ(ServiceName::parse(password + "-" + kKey)->url(7009), "http://" + kKey + ".localhost:7009/") << password;
  EXPECT_EQ(ServiceName::parse("it's_(1)!-" + kKey)->url(7009), "http://it's_(1)!-" + kKey + ".localhost:7009/");
}

}  // namespace
}  // namespace hardline
