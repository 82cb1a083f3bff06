#include "hardline/dashboard/qr_code.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace hardline::dashboard {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kLink = "http://ab234567cdefg-0123456789abcdef0123456789abcdef01234567.localhost:7009/";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Characters, not octets.
std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// That these codes say what they should is shown by zbarimg, in tests/e2e.

TEST(QrSvg, IsBlackOnWhiteWhateverThePagesColours) {
  const auto svg = qr_svg(kLink).value();
  EXPECT_THAT(svg, StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "));
  EXPECT_THAT(svg, HasSubstr("fill=\"#fff\""));
  EXPECT_THAT(svg, Not(HasSubstr("currentColor")));
}

TEST(QrSvg, ShortTextIsTheSmallestCodeWithFourModulesAround) {
  const auto svg = qr_svg("a").value();
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 29 29\"")) << "21 modules";
  EXPECT_THAT(svg, HasSubstr("d=\"M4 4h7v1H4z")) << "the top of the first finder pattern";
}

TEST(QrSvg, ALinkIsSmallEnoughForAPage) {
  EXPECT_LT(qr_svg(kLink)->size(), 12'000U);
}

TEST(QrSvg, HoldsNothingOfTheTextItself) {
  EXPECT_THAT(*qr_svg("<script>"), Not(HasSubstr("script")));
}

TEST(QrSvg, ThereIsNoneOfNothingAndNoneOfTooMuch) {
  EXPECT_FALSE(qr_svg(""));
  EXPECT_TRUE(qr_svg(std::string(kMaxQrText, 'x')));
  EXPECT_FALSE(qr_svg(std::string(kMaxQrText + 1, 'x')));
}

TEST(QrSvg, TakesEveryOctet) {
  EXPECT_NE(qr_svg(std::string("a\0b", 3)), qr_svg("a"));
}

TEST(QrTerminal, HasTwoRowsOfModulesToALineAndAllLinesAreOfOneWidth) {
  const auto lines = lines_of(qr_terminal("a", false).value());
  ASSERT_EQ(lines.size(), 15U) << "29 rows";
  for (const auto& line : lines) EXPECT_EQ(width_of(line), 29U);
}

TEST(QrTerminal, WithoutColourLettersAreTheWhite) {
  const auto lines = lines_of(qr_terminal("a", false).value());
  std::string white;
  for (int i = 0; i < 29; ++i) white += "█";
  EXPECT_EQ(lines.front(), white) << "the quiet zone";
  EXPECT_THAT(lines[2], StartsWith("████ ▄▄▄▄▄ █")) << "the first finder pattern";
}

TEST(QrTerminal, WithColourLettersAreTheBlack) {
  const auto lines = lines_of(qr_terminal("a", true).value());
  EXPECT_EQ(lines.front(), "\x1b[30;107m" + std::string(29, ' ') + "\x1b[0m");
  EXPECT_THAT(lines[2], StartsWith("\x1b[30;107m    █▀▀▀▀▀█ "));
}

TEST(QrTerminal, WithoutColourThereIsNoEscape) {
  EXPECT_THAT(*qr_terminal(kLink, false), Not(HasSubstr("\x1b")));
}

TEST(QrTerminal, ThereIsNoneOfNothingAndNoneOfTooMuch) {
  EXPECT_FALSE(qr_terminal("", true));
  EXPECT_FALSE(qr_terminal(std::string(kMaxQrText + 1, 'x'), true));
}

}  // namespace
}  // namespace hardline::dashboard
