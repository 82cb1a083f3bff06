#include "hardline/base/text.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(CleanText, KeepsText) {
  EXPECT_EQ(clean_text("Grüße: 日本 🎉", 200), "Grüße: 日本 🎉");
}

TEST(CleanText, MakesSpacesOfControlCharacters) {
  EXPECT_EQ(clean_text(std::string_view("a\0b\tc\r\nd\x1b[e\x7f"
                                        "f",
                                        13),
                       200),
            "a b c  d [e f");
}

TEST(CleanText, MakesSpacesOfC1ControlsAndLineSeparators) {
  EXPECT_EQ(clean_text("a\u0085b\u2028c\u2029d", 200), "a b c d");
  EXPECT_EQ(clean_text("a\u00a0b", 200), "a\u00a0b");  // the first that is no control character
}

TEST(CleanText, LeavesOutMarksThatTurnTheDirection) {
  EXPECT_EQ(clean_text("a\u202eb\u202ac\u2066d\u2069e", 200), "abcde");
}

TEST(CleanText, LeavesOutWhatIsNotUtf8) {
  EXPECT_EQ(clean_text("a\xff\x80z", 200), "az");
  EXPECT_EQ(clean_text("\xc0\xafz", 200), "z");          // overlong, two octets
  EXPECT_EQ(clean_text("\xe0\x80\xafz", 200), "z");      // overlong, three octets
  EXPECT_EQ(clean_text("\xf0\x80\x80\xafz", 200), "z");  // overlong, four octets
  EXPECT_EQ(clean_text("\xed\xa0\x80z", 200), "z");      // a surrogate
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80z", 200), "z");  // beyond U+10FFFF
  EXPECT_EQ(clean_text("z\xe6\x97", 200), "z");          // cut off
}

TEST(CleanText, TakesTheLastCharactersOfEachLength) {
  for (const char* last : {"\x7e", "\u07ff", "\uffff", "\U0010ffff"}) EXPECT_EQ(clean_text(last, 200), last);
}

TEST(CleanText, TrimsTheEnds) {
  EXPECT_EQ(clean_text(" \t a b \r\n", 200), "a b");
}

TEST(CleanText, CutsBetweenCharacters) {
  EXPECT_EQ(clean_text("äöü", 6), "äöü");
  EXPECT_EQ(clean_text("äöü", 5), "äö");
  EXPECT_EQ(clean_text("äöü", 1), "");
}

TEST(CleanText, LeavesNoSpaceWhereItCuts) {
  EXPECT_EQ(clean_text("ab cd", 3), "ab");
}

TEST(VisibleText, LeavesTextAsItIs) {
  EXPECT_EQ(visible_text(" grüße  日本 "), " grüße  日本 ");
}

TEST(VisibleText, ReplacesEachOctetThatIsNotUtf8) {
  EXPECT_EQ(visible_text("a\xff\xfe"
                         "b\xc3"),
            "a\ufffd\ufffdb\ufffd");
}

TEST(VisibleText, ReplacesWhatBreaksLinesOrTurnsDirection) {
  EXPECT_EQ(visible_text(std::string_view("a\n\r\x1b\0z", 6)), "a\ufffd\ufffd\ufffd\ufffdz");
  EXPECT_EQ(visible_text("gpj\u202egnp.exe\u2028"), "gpj\ufffdgnp.exe\ufffd");
}

}  // namespace
}  // namespace hardline
