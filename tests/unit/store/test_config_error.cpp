#include "hardline/store/config_error.hpp"

#include <gtest/gtest.h>

namespace hardline::store {
namespace {

TEST(ConfigError, NamesFileLineKeyAndProblem) {
  const ConfigError error("/etc/a.ini", 3, "port", "must be 1 to 65535");
  EXPECT_STREQ(error.what(), "/etc/a.ini:3: port: must be 1 to 65535");
  EXPECT_EQ(error.file(), "/etc/a.ini");
  EXPECT_EQ(error.line(), 3);
  EXPECT_EQ(error.key(), "port");
  EXPECT_EQ(error.problem(), "must be 1 to 65535");
}

TEST(ConfigError, LeavesOutWhatIsNotAtFault) {
  EXPECT_STREQ(ConfigError("/etc/a.ini", 0, "", "cannot be read").what(), "/etc/a.ini: cannot be read");
  EXPECT_STREQ(ConfigError("/etc/a.ini", 0, "port", "is missing").what(), "/etc/a.ini: port: is missing");
}

}  // namespace
}  // namespace hardline::store
