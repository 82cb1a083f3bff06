#include "cli/terminal.hpp"

#include <gtest/gtest.h>

namespace hardline::cli {
namespace {

TEST(Terminal, PaintsOnlyWhereColoursAreShown) {
  EXPECT_EQ((Terminal{true, false, 80, 24}.paint(Tone::good, "yes")), "yes");
  EXPECT_EQ((Terminal{true, true, 80, 24}.paint(Tone::good, "yes")), "\x1b[32myes\x1b[0m");
  EXPECT_EQ((Terminal{true, true, 80, 24}.paint(Tone::plain, "yes")), "yes");
  EXPECT_EQ((Terminal{true, true, 80, 24}.paint(Tone::bad, "")), "");
}

TEST(DisplayWidth, CountsColumnsAndNotOctets) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("Bücher…"), 7u);
}

TEST(DisplayWidth, IsTwoForAnIdeographAndNoneForACombiningMark) {
  EXPECT_EQ(display_width("映画"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
}

TEST(DisplayWidth, CountsWhatIsNoTextAsShown) {
  EXPECT_EQ(display_width("a\xff\xc3"), 3u);
}

TEST(CutToWidth, LeavesWhatFits) {
  EXPECT_EQ(cut_to_width("Bücher", 6), "Bücher");
}

TEST(CutToWidth, EndsInAnEllipsisThatIsCounted) {
  EXPECT_EQ(cut_to_width("Bücherei", 4), "Büc…");
  EXPECT_EQ(cut_to_width("Bücherei", 1), "…");
}

TEST(CutToWidth, DoesNotCutACharacter) {
  EXPECT_EQ(cut_to_width("映画館", 4), "映…");
}

}  // namespace
}  // namespace hardline::cli
