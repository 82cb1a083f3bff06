#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "cache/child.hpp"
#include "cache/folder_test.hpp"
#include "store/full_disk.hpp"

namespace hardline::cache {
namespace {

/// Whether this process may mount what no other sees: as root, or as the root of a user namespace of its own.
bool has_own_mounts() {
  if (::unshare(CLONE_NEWNS) == 0) return true;
  const auto user = "0 " + std::to_string(::geteuid()) + " 1";
  const auto group = "0 " + std::to_string(::getegid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_file("/proc/self/uid_map", user);
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/gid_map", group);
  return ::geteuid() == 0 && ::getegid() == 0;
}

class NewContentTest : public FolderTest {};

TEST_F(NewContentTest, IsMadeWhereNoRequestCanNameIt) {
  const auto made = content("text");
  EXPECT_EQ(count_new(), 1u);
  EXPECT_EQ(fs::status(site / ".hardline-new").permissions(), fs::perms::owner_all);
}

TEST_F(NewContentTest, CanBeReadWhileItGrows) {
  auto made = content("one, ");
  EXPECT_EQ(read(made.fd()), "one, ");
  EXPECT_FALSE(made.append("two"));
  EXPECT_EQ(read(made.fd()), "one, two");
}

TEST_F(NewContentTest, IsRemovedWithItsObject) {
  { const auto made = content("text"); }
  EXPECT_EQ(count_new(), 0u);
}

TEST_F(NewContentTest, ReadersMayOutliveIt) {
  std::shared_ptr<const UniqueFd> reader;
  {
    const auto made = content("text");
    reader = made.shared_fd();
  }
  EXPECT_EQ(read(reader->get()), "text");
}

TEST_F(NewContentTest, AssignmentRemovesTheOneBefore) {
  auto made = content("one");
  made = content("two");
  EXPECT_EQ(count_new(), 1u);
  EXPECT_EQ(read(made.fd()), "two");
  const auto moved = std::move(made);
  EXPECT_EQ(read(moved.fd()), "two");
  EXPECT_EQ(count_new(), 1u);
}

TEST_F(NewContentTest, FolderInTheMakingIsNeverALink) {
  fs::create_directory_symlink(outside, site / ".hardline-new");
  EXPECT_FALSE(folder.create());
  EXPECT_TRUE(Folder::open(site));
  EXPECT_EQ(file_content(outside / "secret"), "secret");
}

TEST_F(NewContentTest, OrphansAreClearedAwayAtTheStart) {
  { const auto made = content("makes the folder"); }
  write_file(site / ".hardline-new" / "0123456789abcdef.new", "half a fi");
  open(site);
  EXPECT_EQ(count_new(), 0u);
}

TEST_F(NewContentTest, FilesOfAnotherMakingAreLeftAlone) {
  { const auto made = content("makes the folder"); }
  write_file(site / ".hardline-new" / "notes.txt", "somebody's");
  open(site);
  EXPECT_EQ(count_new(), 1u);
}

TEST_F(NewContentTest, LiveOnesOfThisProcessAreKept) {
  const auto made = content("text");
  open(site);
  EXPECT_EQ(count_new(), 1u);
}

TEST_F(NewContentTest, LiveOnesOfAnotherProcessAreKeptUntilItIsKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto made = content("text");
    [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
    while (true) ::pause();
  }
  char x = 0;
  ASSERT_EQ(::read(ready[0], &x, 1), 1);
  open(site);
  EXPECT_EQ(count_new(), 1u);

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  open(site);
  EXPECT_EQ(count_new(), 0u);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(NewContentTest, NoneIsTakenForAnOrphanWhileItIsMade) {
  std::atomic<bool> done = false;
  std::thread starting([&] {
    while (!done) open(site);
  });
  int lost = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto made = content("");
    struct stat status;
    lost += ::fstat(made.fd(), &status) != 0 || status.st_nlink != 1;
  }
  done = true;
  starting.join();
  EXPECT_EQ(lost, 0);
}

TEST_F(NewContentTest, WorksWhereFilesCannotBeLocked) {
  EXPECT_EQ(in_child([this] {
              deny(SYS_flock, ENOLCK);
              EXPECT_EQ(read(content("text").fd()), "text");
            }),
            0);
}

TEST_F(NewContentTest, WhatDidNotFitCanBeReadUpToThere) {
  auto made = content("some text, ");
  {
    const store::FullDisk full(20);
    EXPECT_EQ(made.append("and then more than there is room for"), std::errc::file_too_large);
  }
  EXPECT_EQ(read(made.fd()), "some text, ");
}

TEST_F(NewContentTest, WhatLacksAPieceIsNeitherContinuedNorPlaced) {
  auto made = content("");
  {
    const store::FullDisk full(4);
    ASSERT_TRUE(made.append("a piece"));
  }
  EXPECT_EQ(made.append("the next"), std::errc::file_too_large);
  EXPECT_FALSE(folder.place(std::move(made), "x", content("{}"), "x.headers", false));
  EXPECT_FALSE(fs::exists(site / "x"));
  EXPECT_EQ(count_new(), 0u);
}

TEST_F(NewContentTest, FullDiskLeavesTheOldPairAndNothingElse) {
  const auto disk = temp / "disk";
  fs::create_directory(disk);
  const auto status = in_child([&] {
    if (!has_own_mounts()) ::_exit(kSkipped);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k,mode=700") != 0) ::_exit(kSkipped);
    folder = open(disk);
    ASSERT_TRUE(place("old", "x"));
    {
      auto made = content("new, ");
      EXPECT_EQ(made.append(std::string(1 << 20, 'x')), std::errc::no_space_on_device);
      EXPECT_EQ(read(made.fd()), "new, ");
      EXPECT_FALSE(folder.place(std::move(made), "x", content("of new"), "x.headers", false));
    }
    EXPECT_EQ(read("x"), "old");
    EXPECT_EQ(read("x.headers"), "of old");
    EXPECT_TRUE(fs::is_empty(disk / ".hardline-new"));
    EXPECT_TRUE(place("new", "x"));
    ::umount(disk.c_str());
  });
  if (status == kSkipped) GTEST_SKIP() << "needs a mount of its own: root, or a user namespace";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace hardline::cache
