#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace hardline::cli {
namespace {

using Room = Column::Room;

constexpr Terminal kPipe;

Terminal window(std::size_t columns) {
  return {true, false, columns, 24};
}

Table services() {
  Table table({{"TITLE", Room::cut}, {"NOTE"}, {"LINK", Room::own_line}});
  table.add({"Films of last summer", "paused", "http://films.localhost:7009/"});
  table.add({"Books", "", "http://books.localhost:7009/"});
  return table;
}

TEST(Table, AlignsItsColumns) {
  EXPECT_EQ(services().text(kPipe),
            "TITLE                 NOTE    LINK\n"
            "Films of last summer  paused  http://films.localhost:7009/\n"
            "Books                 -       http://books.localhost:7009/\n");
}

TEST(Table, IsTheSameOnATerminalThatIsWideEnough) {
  EXPECT_EQ(services().text(window(58)), services().text(kPipe));
}

TEST(Table, GivesLinksALineOfTheirOwnWhereThereIsNoRoom) {
  EXPECT_EQ(services().text(window(57)),
            "TITLE                 NOTE\n"
            "Films of last summer  paused\n"
            "  http://films.localhost:7009/\n"
            "Books                 -\n"
            "  http://books.localhost:7009/\n");
}

TEST(Table, CutsTitlesThenAndNeverLinks) {
  EXPECT_EQ(services().text(window(20)),
            "TITLE         NOTE\n"
            "Films of la…  paused\n"
            "  http://films.localhost:7009/\n"
            "Books         -\n"
            "  http://books.localhost:7009/\n");
}

TEST(Table, LeavesOutAColumnThatNobodyFills) {
  Table table({{"TITLE"}, {"NOTE"}, {"LINK"}});
  table.add({"Books", "", "http://books.localhost:7009/"});
  EXPECT_EQ(table.text(kPipe), "TITLE  LINK\nBooks  http://books.localhost:7009/\n");
}

TEST(Table, FillsUpShortRows) {
  Table table({{"A"}, {"B"}});
  table.add({"1"});
  table.add({"1", "2"});
  EXPECT_EQ(table.text(kPipe), "A  B\n1  -\n1  2\n");
}

TEST(Table, HasNoSpacesAtALinesEnd) {
  Table table;
  table.add({"one", ""});
  table.add({"three", "two"});
  EXPECT_EQ(table.text(kPipe, 2), "  one\n  three  two\n");
}

TEST(Table, TakesColoursForNoWidth) {
  Table table({{"A"}, {"B"}});
  table.add({{"good", Tone::good}, "x"});
  EXPECT_EQ(table.text({true, true, 80, 24}), "\x1b[1mA\x1b[0m     \x1b[1mB\x1b[0m\n\x1b[32mgood\x1b[0m  x\n");
}

TEST(Table, LetsNoTitleSpeakToTheTerminal) {
  Table table;
  table.add({"\x1b[2J\x1b]0;owned\x07", "a\nb",
             "\xc2\x9b"
             "1m",
             "\u202Eevil"});
  const auto text = table.text({true, true, 200, 24});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(Table, AlignsWideCharacters) {
  Table table;
  table.add({"映画", "x"});
  table.add({"film", "y"});
  EXPECT_EQ(table.text(kPipe), "映画  x\nfilm  y\n");
}

}  // namespace
}  // namespace hardline::cli
