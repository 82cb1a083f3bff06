#include "hardline/store/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(SmallFile, IsReadWhole) {
  const TempDir dir;
  const std::string content = std::string(10'000, 'x') + '\0' + "end";
  write_file(dir / "a", content);
  EXPECT_EQ(read_small_file(dir / "a", content.size()), content);
}

TEST(SmallFile, IsRefusedAboveTheLimit) {
  const TempDir dir;
  write_file(dir / "a", "12345");
  EXPECT_EQ(read_small_file(dir / "a", 4).error(), std::errc::file_too_large);
}

TEST(SmallFile, MustBeARegularFile) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_small_file(dir / "fifo", 10));
  EXPECT_EQ(read_small_file(dir.path(), 10).error(), std::errc::is_a_directory);
  EXPECT_EQ(read_small_file(dir / "none", 10).error(), std::errc::no_such_file_or_directory);
}

TEST(RenameToNew, NeverReplaces) {
  const TempDir dir;
  write_file(dir / "a", "new");
  write_file(dir / "b", "old");
  EXPECT_EQ(rename_to_new(dir / "a", dir / "b"), std::errc::file_exists);
  EXPECT_EQ(file_content(dir / "b"), "old");
  EXPECT_FALSE(rename_to_new(dir / "a", dir / "c"));
  EXPECT_EQ(file_content(dir / "c"), "new");
}

TEST(SetAside, CountsOnWhereTheNameIsTaken) {
  const TempDir dir;
  for (const auto* content : {"1", "2", "3"}) {
    write_file(dir / "a", content);
    ASSERT_TRUE(set_aside(dir / "a", ".old"));
  }
  EXPECT_THAT(dir.names(), ElementsAre("a.old", "a.old-2", "a.old-3"));
  EXPECT_EQ(file_content(dir / "a.old-3"), "3");
  EXPECT_EQ(set_aside(dir / "a", ".old").error(), std::errc::no_such_file_or_directory);
}

TEST(NewFile, StaysWhereItIsKept) {
  const TempDir dir;
  {
    NewFile file(dir / "a");
    EXPECT_FALSE(file.write("content", 0640));
    EXPECT_FALSE(fs::exists(dir / "a"));
    EXPECT_FALSE(file.place());
    file.keep();
  }
  EXPECT_THAT(dir.names(), ElementsAre("a"));
  EXPECT_EQ(file_content(dir / "a"), "content");
  EXPECT_EQ(fs::status(dir / "a").permissions(), static_cast<fs::perms>(0640));
}

TEST(NewFile, GoesWhereItIsNotKept) {
  const TempDir dir;
  {
    NewFile written(dir / "a");
    NewFile placed(dir / "b");
    ASSERT_FALSE(written.write("", 0600));
    ASSERT_FALSE(placed.write("", 0600));
    ASSERT_FALSE(placed.place());
  }
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(NewFile, LeavesAnExistingFileAlone) {
  const TempDir dir;
  write_file(dir / "a", "old");
  {
    NewFile file(dir / "a");
    ASSERT_FALSE(file.write("new", 0600));
    EXPECT_EQ(file.place(), std::errc::file_exists);
  }
  EXPECT_THAT(dir.names(), ElementsAre("a"));
  EXPECT_EQ(file_content(dir / "a"), "old");
}

TEST(NewFile, ReplacesAnExistingFileWhereAskedTo) {
  const TempDir dir;
  write_file(dir / "a", "old");
  {
    NewFile file(dir / "a");
    ASSERT_FALSE(file.write("new", 0600));
    EXPECT_FALSE(file.replace());
  }
  EXPECT_THAT(dir.names(), ElementsAre("a"));
  EXPECT_EQ(file_content(dir / "a"), "new");
}

TEST(NewFile, ClearsAwayWhatAKilledMakerLeft) {
  const TempDir dir;
  write_file(dir / ".a.new", "half");
  {
    NewFile file(dir / "a");
    ASSERT_FALSE(file.write("whole", 0600));
    ASSERT_FALSE(file.place());
    file.keep();
  }
  EXPECT_THAT(dir.names(), ElementsAre("a"));
  EXPECT_EQ(file_content(dir / "a"), "whole");
}

}  // namespace
}  // namespace hardline::store
