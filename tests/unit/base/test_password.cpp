#include "hardline/base/password.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <set>

namespace hardline {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(Streamable<std::string> && !Streamable<Password>, "a password must not be printable by accident");
static_assert(!fmt::is_formattable<Password>::value, "a password must not be loggable by accident");

TEST(Password, IsReadAsLowerCase) {
  EXPECT_EQ(Password::parse("AbC!7")->reveal(), "abc!7");
}

TEST(Password, RefusesWhatSeparatesInNamesUrlsAndJson) {
  for (const char* text : {"", "a-b", "a.b", "a/b", "a:b", "a\"b", "a\\b", "a b", "a\tb", "a\nb", "\x7f", "\xc3\xa4"})
    EXPECT_FALSE(Password::parse(text)) << text;
  EXPECT_FALSE(Password::parse(std::string_view("a\0b", 3)));
}

TEST(Password, AcceptsOneCharacterToTheLongest) {
  EXPECT_TRUE(Password::parse("a"));
  EXPECT_TRUE(Password::parse(std::string(23, 'a')));  // as old documentation promised
  EXPECT_TRUE(Password::parse(std::string(Password::kMaxLength, 'a')));
  EXPECT_FALSE(Password::parse(std::string(Password::kMaxLength + 1, 'a')));
}

TEST(Password, FitsInAHostUnlessItWouldEndIt) {
  for (const char* text : {"a", "secret7", "it's_(1)!", "a=b&c;d,e~f"})
    EXPECT_TRUE(Password::parse(text)->fits_in_host()) << text;
  for (const char c : std::string("#%<>?@[]^|"))
    EXPECT_FALSE(Password::parse(std::string("a") + c + "b")->fits_in_host()) << c;
}

TEST(Password, LeavesRoomForTheKeyInALabel) {
  EXPECT_EQ(Password::kMaxInLabel + 1 + 40, 63U);
}

TEST(Password, IsGeneratedAsOldPeersDo) {
  std::set<std::string> seen;
  std::set<char> last_characters;
  for (int i = 0; i < 200; ++i) {
    const auto text = Password::generate().reveal();
    EXPECT_THAT(text, testing::MatchesRegex("[a-z2-7]{13}"));
    EXPECT_EQ(Password::parse(text)->reveal(), text);
    seen.insert(text);
    last_characters.insert(text.back());
  }
  EXPECT_EQ(seen.size(), 200U);
  // 64 bits are 12 characters and 4 bits: the last character has its lowest bit clear (RFC 4648 section 6).
  for (char c : last_characters) EXPECT_NE(std::string("acegikmoqsuwy246").find(c), std::string::npos) << c;
}

TEST(Password, MatchesItselfWithoutCaseAndNothingElse) {
  const auto password = *Password::parse("secret");
  EXPECT_TRUE(password.matches(*Password::parse("SECRET")));
  for (const char* other : {"secreu", "tecret", "secre", "secrets", "s"})
    EXPECT_FALSE(password.matches(*Password::parse(other))) << other;
}

}  // namespace
}  // namespace hardline
