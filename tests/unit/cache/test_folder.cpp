#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include "cache/child.hpp"
#include "cache/folder_test.hpp"
#include "hardline/net/byte_stream.hpp"

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr auto kNone = std::errc::no_such_file_or_directory;

/// For as long as it lives.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

mode_t mode_of(const fs::path& file) {
  return static_cast<mode_t>(fs::status(file).permissions());
}

// ---- Opening the folder

using OpenFolder = FolderTest;

TEST_F(OpenFolder, MakesItWhereOnlyItIsMissing) {
  const Umask umask(022);
  EXPECT_TRUE(Folder::open(temp / "new/"));
  EXPECT_EQ(mode_of(temp / "new"), 0700u);
}

TEST_F(OpenFolder, DoesNotMakeWhatIsAbove) {
  const auto opened = Folder::open(temp / "missing" / "new");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), kNone);
}

TEST_F(OpenFolder, RefusesAFile) {
  write_file(temp / "file", "");
  const auto opened = Folder::open(temp / "file");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), std::errc::not_a_directory);
}

TEST_F(OpenFolder, LeavesNothingInAFolderThatIsOnlyRead) {
  EXPECT_TRUE(fs::is_empty(site));
}

TEST_F(OpenFolder, SaysPlainlyWhatAnOldKernelLacks) {
  for (const int error : {ENOSYS, EPERM}) {  // EPERM is what a sandbox says
    const auto status = in_child([&] {
      deny(SYS_openat2, error);
      const auto opened = Folder::open(site);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error(), std::errc::function_not_supported);
      EXPECT_THAT(opened.error().message(), testing::HasSubstr("openat2"));
    });
    EXPECT_EQ(status, 0);
  }
}

// ---- Opening what is in it

using OpenFileTest = FolderTest;

TEST_F(OpenFileTest, OpensFilesAndFolders) {
  fs::create_directory(site / "a");
  write_file(site / "a" / "b", "text");
  const auto file = folder.open_file("a/b");
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->is_folder);
  EXPECT_EQ(file->stamp.size, 4u);
  EXPECT_EQ(read(file->fd.get()), "text");
  const auto above = folder.open_file("a");
  ASSERT_TRUE(above);
  EXPECT_TRUE(above->is_folder);
}

TEST_F(OpenFileTest, EmptyNameIsTheFolderItself) {
  const auto file = folder.open_file("");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->is_folder);
}

TEST_F(OpenFileTest, TrailingSlashMakesNoDifference) {
  fs::create_directory(site / "a");
  write_file(site / "file", "text");
  EXPECT_EQ(error_of("a/"), std::error_code());
  EXPECT_EQ(read("file/"), "text");
  EXPECT_EQ(read("file//"), "text");
}

TEST_F(OpenFileTest, StampTellsVersionsApart) {
  write_file(site / "file", "text");
  const auto one = folder.open_file("file")->stamp;
  EXPECT_EQ(folder.open_file("file")->stamp, one);
  EXPECT_FALSE(folder.touch("file", one.modified + 1s));
  const auto touched = folder.open_file("file")->stamp;
  EXPECT_NE(touched, one);
  EXPECT_EQ(touched.modified, one.modified + 1s);
}

TEST_F(OpenFileTest, LinksThatStayInsideAreFollowed) {
  fs::create_directories(site / "a" / "b");
  write_file(site / "a" / "file", "text");
  fs::create_symlink("a/file", site / "down");
  fs::create_symlink("../file", site / "a" / "b" / "up");
  fs::create_directory_symlink("a", site / "folder");
  EXPECT_EQ(read("down"), "text");
  EXPECT_EQ(read("a/b/up"), "text");
  EXPECT_EQ(read("folder/b/up"), "text");
}

TEST_F(OpenFileTest, NothingLeadsOut) {
  fs::create_directory(site / "a");
  write_file(site / "file", "text");
  fs::create_symlink(outside / "secret", site / "absolute");
  fs::create_symlink("../outside/secret", site / "relative");
  fs::create_symlink("relative", site / "chain");
  fs::create_symlink("../chain", site / "a" / "chain");
  fs::create_directory_symlink("../outside", site / "folder");
  fs::create_directory_symlink("..", site / "up");
  fs::create_symlink(site / "file", site / "absolute-inside");
  fs::create_symlink("/proc/self/root/etc/passwd", site / "magic");
  fs::create_symlink("/proc/self/cwd", site / "cwd");
  for (const std::string name : {
           "..",
           "../outside/secret",
           "../site/file",
           "a/../../outside/secret",
           "a/..//../outside/secret",
           "./../outside/secret",
           "/etc/passwd",
           "/",
           "//",
           "//etc/passwd",
           "absolute",
           "absolute/",
           "relative",
           "chain",
           "a/chain",
           "folder",
           "folder/",
           "folder/secret",
           "up",
           "up/outside/secret",
           "a/../up/outside/secret",
           "absolute-inside",
           "magic",
           "cwd",
           "cwd/anything",
       }) {
    EXPECT_EQ(error_of(name), kNone) << name;
  }
  EXPECT_EQ(error_of(outside / "secret"), kNone);
  EXPECT_EQ(error_of(site / "file"), kNone);
}

TEST_F(OpenFileTest, NeverFollowsMagicLinks) {
  folder = open("/proc/self");
  EXPECT_EQ(error_of("status"), std::error_code());
  for (const std::string name : {"root", "root/etc/passwd", "cwd", "exe", "fd/0", "task/self/root", "ns/mnt"})
    EXPECT_EQ(error_of(name), kNone) << name;
}

TEST_F(OpenFileTest, OpensNoFifo) {
  ASSERT_EQ(::mkfifo((site / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of("fifo"), kNone);  // nor waits for its writer
}

TEST_F(OpenFileTest, OpensNoSocket) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (site / "socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error_of("socket"), kNone);
}

TEST_F(OpenFileTest, OpensNoDevice) {
  folder = open("/dev");
  for (const std::string name : {"null", "zero", "tty"}) EXPECT_EQ(error_of(name), kNone) << name;
}

TEST_F(OpenFileTest, WhatIsNotThereIsNotThere) {
  write_file(site / "file", "text");
  fs::create_symlink("loop", site / "loop");
  fs::create_symlink("gone", site / "dangling");
  for (const std::string name : {"missing", "missing/below", "file/below", "file/.", "loop", "loop/x", "dangling"})
    EXPECT_EQ(error_of(name), kNone) << name;
}

TEST_F(OpenFileTest, NulIsInNoName) {
  write_file(site / "file", "text");
  EXPECT_EQ(error_of(std::string("file\0", 5)), kNone);
  EXPECT_EQ(error_of(std::string("file\0.html", 10)), kNone);
  EXPECT_EQ(error_of(std::string("\0", 1)), kNone);
  EXPECT_EQ(error_of(std::string("file\0/", 6)), kNone);
}

TEST_F(OpenFileTest, LongNamesAreAnErrorLikeAnyOther) {
  EXPECT_EQ(error_of(std::string(300, 'a')), std::errc::filename_too_long);
  std::string deep;
  while (deep.size() < 10'000) deep += "a/";
  EXPECT_TRUE(error_of(deep));
}

TEST_F(OpenFileTest, LinkThatIsSwappedMeanwhileNeverLeadsOut) {
  // Three names, each of which leads inside and outside by turns.
  write_file(site / "file", "inside");
  fs::create_directory(site / "folder");
  write_file(site / "folder" / "secret", "inside");
  fs::create_directory_symlink(outside, site / "other");
  std::atomic<bool> done = false;
  std::thread swapping([&] {
    const auto link = [&](const char* to, const char* name) {
      fs::create_symlink(to, site / "next");
      fs::rename(site / "next", site / name);
    };
    while (!done) {
      link("file", "flip");
      ::renameat2(AT_FDCWD, (site / "folder").c_str(), AT_FDCWD, (site / "other").c_str(), RENAME_EXCHANGE);
      link("../outside/secret", "flip");
      fs::create_directories(site / "a" / "b");
      link("a/b/../../file", "winding");
      fs::rename(site / "a" / "b", temp / "b");  // where `../..` is somewhere else
      fs::rename(temp / "b", site / "a" / "b");
    }
  });
  std::map<std::string, int> seen;
  for (int i = 0; i < 10'000; ++i)
    for (const auto* name : {"flip", "folder/secret", "winding"}) {
      const auto file = folder.open_file(name);
      if (!file) continue;
      std::array<char, 8> buffer{};
      const auto n = ::pread(file->fd.get(), buffer.data(), buffer.size(), 0);
      ++seen[std::string(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0)];
    }
  done = true;
  swapping.join();
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_GT(seen["inside"], 0);
}

TEST_F(OpenFileTest, LinkThatLeadsUpIsFoundWhateverIsRenamedElsewhere) {
  fs::create_directories(site / "a" / "b");
  write_file(site / "file", "text");
  std::string winding = "../../";  // long, so that renames come in between
  for (int i = 0; i < 50; ++i) winding += "a/b/../../";
  fs::create_symlink(winding + "file", site / "a" / "b" / "link");
  constexpr int kRenames = 3000;
  write_file(temp / "one", "");
  std::atomic<bool> done = false;
  std::thread renaming([&done, one = temp / "one", two = temp / "two"] {
    for (int i = 0; i < kRenames; i += 2) {
      std::rename(one.c_str(), two.c_str());
      std::rename(two.c_str(), one.c_str());
      std::this_thread::sleep_for(100us);  // one after the other, no lookup would ever come to its end
    }
    done = true;
  });
  int failed = 0;
  while (!done) failed += bool(error_of("a/b/link"));
  renaming.join();
  EXPECT_EQ(failed, 0);
}

// ---- Without waiting

using NeverWait = FolderTest;

TEST_F(NeverWait, OpensWhatIsInMemory) {
  write_file(site / "file", "text");
  const auto held = folder.open_file("file");
  ASSERT_TRUE(held);
  const auto file = folder.open_file("file", Disk::never_wait);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->stamp, held->stamp);
}

TEST_F(NeverWait, NameThatWasNeverLookedUpWouldBlock) {
  const auto file = folder.open_file("missing", Disk::never_wait);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(), would_block());
  EXPECT_EQ(error_of("missing"), kNone);
}

TEST_F(NeverWait, OldKernelAlwaysWouldBlock) {
  write_file(site / "file", "text");
  const auto status = in_child([this] {
    deny(SYS_openat2, EAGAIN);
    EXPECT_EQ(folder.open_file("file", Disk::never_wait).error(), would_block());
    EXPECT_EQ(folder.open_file("file/", Disk::never_wait).error(), would_block());
  });
  EXPECT_EQ(status, 0);
}

TEST_F(NeverWait, LeadsOutNoMoreThanWaiting) {
  fs::create_symlink("../outside/secret", site / "link");
  EXPECT_FALSE(folder.open_file("link", Disk::never_wait));
  EXPECT_FALSE(folder.open_file("../outside/secret", Disk::never_wait));
}

TEST_F(OpenFileTest, LookupThatIsDisturbedForEverFailsWithoutClaimingToWait) {
  const auto status = in_child([this] {
    deny(SYS_openat2, EAGAIN);
    EXPECT_EQ(error_of("file"), std::errc::device_or_resource_busy);
  });
  EXPECT_EQ(status, 0);
}

// ---- Reading

class ReadAt : public FolderTest {
 protected:
  Result<std::size_t> read(std::uint64_t offset, Disk disk = Disk::may_wait) {
    return read_at(file->fd.get(), buffer, offset, disk);
  }

  ReadAt() {
    write_file(site / "file", "0123456789");
    file = folder.open_file("file");
  }

  Result<OpenFile> file;
  std::array<std::byte, 4> buffer{};
};

TEST_F(ReadAt, ReadsFromTheOffset) {
  EXPECT_EQ(read(3), 4u);
  EXPECT_EQ(buffer[0], std::byte('3'));
  EXPECT_EQ(read(8), 2u);
}

TEST_F(ReadAt, EndOfTheFileAndBeyondIsZero) {
  for (const auto offset :
       {std::uint64_t{10}, std::uint64_t{1} << 40, (std::uint64_t{1} << 63) - 2, (std::uint64_t{1} << 63) - 1,
        std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    const auto n = read(offset);
    ASSERT_TRUE(n) << offset << ": " << n.error().message();
    EXPECT_EQ(*n, 0u) << offset;
  }
}

TEST_F(ReadAt, NothingIsReadIntoNothing) {
  EXPECT_EQ(read_at(file->fd.get(), {}, 0, Disk::may_wait), 0u);
}

TEST_F(ReadAt, FolderIsAnError) {
  const auto above = folder.open_file("");
  EXPECT_EQ(read_at(above->fd.get(), buffer, 0, Disk::may_wait).error(), std::errc::is_a_directory);
}

TEST_F(ReadAt, NeverWaitReadsWhatIsInMemory) {
  ASSERT_EQ(read(0), 4u);
  const auto n = read(3, Disk::never_wait);
  if (!n && n.error() == would_block()) GTEST_SKIP() << "this file system cannot read without waiting";
  ASSERT_TRUE(n) << n.error().message();
  EXPECT_EQ(*n, 4u);
  EXPECT_EQ(buffer[0], std::byte('3'));
}

TEST_F(ReadAt, WhatCannotBeReadWithoutWaitingWouldBlock) {
  for (const int error : {EAGAIN, EOPNOTSUPP, ENOSYS}) {
    const auto status = in_child([&] {
      deny(SYS_preadv2, error);
      EXPECT_EQ(read(0, Disk::never_wait).error(), would_block());
      EXPECT_EQ(read(0, Disk::may_wait), 4u);
    });
    EXPECT_EQ(status, 0);
  }
}

// ---- Listing

class ListFolder : public FolderTest {
 protected:
  std::vector<std::string> names(const std::string& of, std::size_t most = 100) {
    const auto opened = folder.open_file(of);
    const auto entries = Folder::list(opened->fd, most).value();
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(entry.name + (entry.is_folder ? "/" : ""));
    return names;
  }
};

TEST_F(ListFolder, NamesFilesAndFolders) {
  fs::create_directory(site / "a");
  write_file(site / "file", "text");
  EXPECT_THAT(names(""), UnorderedElementsAre("a/", "file"));
  EXPECT_THAT(names("a"), ElementsAre());
}

TEST_F(ListFolder, TellsSizesAndTimes) {
  write_file(site / "file", "text");
  const FileTime then(1'500'000'000s);
  ASSERT_FALSE(folder.touch("file", then));
  const auto entries = Folder::list(folder.open_file("")->fd, 10).value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].size, 4u);
  EXPECT_EQ(entries[0].modified, then);
}

TEST_F(ListFolder, LeavesOutWhatIsHiddenOrCannotBeOpened) {
  write_file(site / ".hidden", "");
  ASSERT_EQ(::mkfifo((site / "fifo").c_str(), 0600), 0);
  fs::create_symlink("gone", site / "dangling");
  EXPECT_THAT(names(""), ElementsAre());
}

TEST_F(ListFolder, ShowsLinksThatStayBelow) {
  fs::create_directory(site / "a");
  write_file(site / "a" / "file", "text");
  fs::create_symlink("a/file", site / "link");
  fs::create_directory_symlink("a", site / "folder");
  fs::create_symlink("../outside/secret", site / "out");
  fs::create_symlink(outside, site / "absolute");
  EXPECT_THAT(names(""), UnorderedElementsAre("a/", "link", "folder/"));
}

TEST_F(ListFolder, EndsAtTheMost) {
  for (int i = 0; i < 10; ++i) write_file(site / std::to_string(i), "");
  EXPECT_EQ(names("", 4).size(), 4u);
  EXPECT_EQ(names("", 10).size(), 10u);
}

TEST_F(ListFolder, CanBeRepeatedWithTheSameDescriptor) {
  write_file(site / "file", "text");
  const auto opened = folder.open_file("");
  EXPECT_EQ(Folder::list(opened->fd, 10)->size(), 1u);
  EXPECT_EQ(Folder::list(opened->fd, 10)->size(), 1u);
}

TEST_F(ListFolder, FileHasNoList) {
  write_file(site / "file", "text");
  EXPECT_EQ(Folder::list(folder.open_file("file")->fd, 10).error(), std::errc::not_a_directory);
}

// ---- Placing

using PlaceContent = FolderTest;

TEST_F(PlaceContent, PutsThePairInPlace) {
  const auto stamp = place("text", "x@http");
  ASSERT_TRUE(stamp);
  EXPECT_EQ(read("x@http"), "text");
  EXPECT_EQ(read("x@http.headers"), "of text");
  EXPECT_EQ(folder.open_file("x@http")->stamp, *stamp);
  EXPECT_EQ(count_new(), 0u);
}

TEST_F(PlaceContent, ReplacesThePairBefore) {
  for (const bool keep_always : {false, true}) {
    ASSERT_TRUE(place("old", "x", keep_always));
    const auto reader = folder.open_file("x");
    ASSERT_TRUE(place("new", "x", keep_always));
    EXPECT_EQ(read("x"), "new");
    EXPECT_EQ(read("x.headers"), "of new");
    EXPECT_EQ(read(reader->fd.get()), "old");  // who reads it, reads it to its end
  }
}

TEST_F(PlaceContent, MakesTheFoldersThatAreMissing) {
  ASSERT_TRUE(place("text", "a/b/c/x"));
  EXPECT_EQ(read("a/b/c/x"), "text");
  ASSERT_TRUE(place("more", "a/b//d/x"));
  EXPECT_EQ(read("a/b/d/x"), "more");
}

TEST_F(PlaceContent, FollowsLinksThatStayInside) {
  fs::create_directories(site / "a" / "b");
  fs::create_directory_symlink("../c", site / "a" / "link");
  fs::create_directory(site / "c");
  ASSERT_TRUE(place("text", "a/link/d/x"));
  EXPECT_EQ(read("c/d/x"), "text");
}

TEST_F(PlaceContent, NothingIsPlacedOutside) {
  fs::create_directory_symlink("../outside", site / "link");
  fs::create_directory_symlink(outside, site / "absolute");
  fs::create_directory_symlink("../outside/new", site / "dangling");
  for (const std::string name : {"link/x", "link/new/x", "absolute/x", "dangling/x", "../outside/x"}) {
    EXPECT_FALSE(place("text", name)) << name;
    EXPECT_TRUE(folder.place(content("text"), name)) << name;
    EXPECT_FALSE(folder.remove(name)) << name;
  }
  EXPECT_FALSE(folder.remove("link/secret"));
  EXPECT_TRUE(folder.touch("link/secret", FileTime()));
  EXPECT_EQ(std::distance(fs::directory_iterator(outside), fs::directory_iterator()), 1);
  EXPECT_EQ(file_content(outside / "secret"), "secret");
  EXPECT_EQ(count_new(), 0u);
}

TEST_F(PlaceContent, LinkIsReplacedAndNotWhereItLeadsTo) {
  for (const bool keep_always : {false, true}) {
    fs::create_symlink("../outside/secret", site / "link");
    ASSERT_TRUE(place("text", "link", keep_always));
    EXPECT_EQ(read("link"), "text");
    EXPECT_EQ(file_content(outside / "secret"), "secret");
    fs::remove(site / "link");
  }
}

TEST_F(PlaceContent, BelowAFileIsNoPlace) {
  write_file(site / "file", "text");
  for (const std::string name : {"file/x", "file/a/x"})
    EXPECT_EQ(place("text", name).error(), std::errc::not_a_directory);
  EXPECT_EQ(read("file"), "text");
}

TEST_F(PlaceContent, InPlaceOfAFolderIsNoPlace) {
  fs::create_directory(site / "a");
  EXPECT_FALSE(place("text", "a"));
  EXPECT_FALSE(place("text", "a", true));
  EXPECT_FALSE(fs::exists(site / "a.headers"));
}

TEST_F(PlaceContent, RefusesWhatIsNoName) {
  fs::create_directory(site / "a");
  for (const std::string name : {"", "/", "/x", "a/", ".", "..", "a/.", "a/.."}) {
    EXPECT_EQ(place("text", name).error(), std::errc::invalid_argument) << name;
    EXPECT_EQ(folder.remove(name), std::errc::invalid_argument) << name;
  }
  EXPECT_EQ(place("text", std::string("x\0y", 3)).error(), std::errc::invalid_argument);
}

TEST_F(PlaceContent, WhatFailsLeavesTheOldPair) {
  ASSERT_TRUE(place("old", "x"));
  EXPECT_FALSE(folder.place(content("new"), "x", content("of new"), "missing/../../x.headers", false));
  EXPECT_EQ(read("x"), "old");
  EXPECT_EQ(read("x.headers"), "of old");
}

TEST_F(PlaceContent, SidecarThatCannotBePlacedLeavesNoBody) {
  ASSERT_TRUE(place("old", "x"));
  fs::remove(site / "x.headers");
  fs::create_directory(site / "x.headers");
  EXPECT_FALSE(place("new", "x"));
  EXPECT_EQ(error_of("x"), kNone);
  EXPECT_EQ(count_new(), 0u);
}

TEST_F(PlaceContent, SidecarIsReplacedAlone) {
  ASSERT_TRUE(place("text", "a/x"));
  EXPECT_FALSE(folder.place(content("newer"), "a/x.headers"));
  EXPECT_EQ(read("a/x"), "text");
  EXPECT_EQ(read("a/x.headers"), "newer");
}

TEST_F(PlaceContent, UmaskSaysWhoMayReadIt) {
  {
    const Umask umask(022);
    ASSERT_TRUE(place("text", "a/x"));
    EXPECT_EQ(mode_of(site / "a"), 0755u);
    EXPECT_EQ(mode_of(site / "a" / "x"), 0644u);
    EXPECT_EQ(mode_of(site / "a" / "x.headers"), 0644u);
  }
  const Umask umask(077);
  ASSERT_TRUE(place("text", "b/x"));
  EXPECT_EQ(mode_of(site / "b"), 0700u);
  EXPECT_EQ(mode_of(site / "b" / "x"), 0600u);
}

TEST_F(PlaceContent, FileThatSomebodyMadeKeepsItsMode) {
  write_file(site / "x", "by hand");
  fs::permissions(site / "x", fs::perms(0664));
  ASSERT_TRUE(place("text", "x", true));
  EXPECT_EQ(mode_of(site / "x"), 0664u);
}

TEST_F(PlaceContent, FolderThatIsEmptiedMeanwhileIsMadeAgain) {
  std::atomic<bool> done = false;
  std::thread removing([&] {
    while (!done) {
      folder.remove("a/b/other");
      folder.remove("a/b/x");
    }
  });
  int failed = 0;
  for (int i = 0; i < 200; ++i) failed += bool(folder.place(content("text"), "a/b/x"));
  done = true;
  removing.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(PlaceContent, StartOfAnotherProcessDisturbsNothing) {
  std::atomic<bool> done = false;
  std::thread starting([&] {
    while (!done) open(site);
  });
  int failed = 0;
  for (int i = 0; i < 100; ++i) failed += !place("text", "x");
  done = true;
  starting.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(read("x"), "text");
}

/// Kills a process at each system call of a place() in turn, and collects what is then found in place.
class KilledMidway : public FolderTest {
 protected:
  void kill_at_each_step(const std::string& name, bool keep_always) {
    for (int step = 1; step < 500; ++step) {
      ASSERT_TRUE(place("old", name, keep_always));
      const auto ending = killed_at(step, [&](const std::function<void()>& begin) {
        auto body = content("new");
        auto sidecar = content("of new");
        begin();
        folder.place(std::move(body), name, std::move(sidecar), name + ".headers", keep_always).has_value();
      });
      if (ending == Ending::cannot_trace) GTEST_SKIP() << "this process may not trace another";
      open(site);
      EXPECT_EQ(count_new(), 0u) << "killed at system call " << step;
      found.insert(
          {error_of(name) ? "none" : read(name), error_of(name + ".headers") ? "none" : read(name + ".headers")});
      if (ending == Ending::ended) return;
    }
    FAIL() << "does not end";
  }

  std::set<std::pair<std::string, std::string>> found;
};

TEST_F(KilledMidway, PairIsOldOrNewOrWithoutBody) {
  kill_at_each_step("a/x@http", false);
  if (IsSkipped()) return;
  EXPECT_THAT(found, UnorderedElementsAre(std::pair("old", "of old"), std::pair("none", "of old"),
                                          std::pair("none", "of new"), std::pair("new", "of new")));
}

TEST_F(KilledMidway, FileThatIsKeptAlwaysIsNeverMissing) {
  kill_at_each_step("a/x", true);
  if (IsSkipped()) return;
  EXPECT_THAT(found, UnorderedElementsAre(std::pair("old", "of old"), std::pair("old", "none"),
                                          std::pair("new", "none"), std::pair("new", "of new")));
}

// ---- Touching and removing

using TouchFile = FolderTest;

TEST_F(TouchFile, SetsWhenItWasModified) {
  write_file(site / "file", "text");
  for (const FileTime time : {FileTime(1'500'000'000s), FileTime(1'500'000'000s + 123'456'789ns), FileTime(1500ms)}) {
    ASSERT_FALSE(folder.touch("file", time));
    EXPECT_EQ(folder.open_file("file")->stamp.modified, time);
  }
}

TEST_F(TouchFile, WhatIsNotThereIsAnError) {
  EXPECT_EQ(folder.touch("missing", FileTime()), kNone);
}

TEST_F(TouchFile, TimesBeforeTheEpochAndFarAheadAreRead) {
  write_file(site / "file", "text");
  ASSERT_FALSE(folder.touch("file", FileTime(-1500ms)));
  EXPECT_EQ(folder.open_file("file")->stamp.modified, FileTime(-1500ms));
  const timespec far[] = {{0, UTIME_OMIT}, {std::numeric_limits<std::int64_t>::max(), 0}};
  if (::utimensat(AT_FDCWD, (site / "file").c_str(), far, 0) != 0) GTEST_SKIP() << "not a time of this file system";
  EXPECT_GT(folder.open_file("file")->stamp.modified, FileTime(1'500'000'000s));
}

using RemoveFile = FolderTest;

TEST_F(RemoveFile, RemovesTheFoldersThatAreEmptyThen) {
  fs::create_directories(site / "a" / "b" / "c");
  write_file(site / "a" / "b" / "c" / "x", "");
  write_file(site / "a" / "stays", "");
  EXPECT_FALSE(folder.remove("a/b/c/x"));
  EXPECT_FALSE(fs::exists(site / "a" / "b"));
  EXPECT_TRUE(fs::exists(site / "a" / "stays"));
  EXPECT_FALSE(folder.remove("a/stays"));
  EXPECT_FALSE(fs::exists(site / "a"));
  EXPECT_TRUE(fs::exists(site));
}

TEST_F(RemoveFile, NeverRemovesTheFolderItself) {
  write_file(site / "x", "");
  EXPECT_FALSE(folder.remove("x"));
  EXPECT_TRUE(fs::is_directory(site));
}

TEST_F(RemoveFile, WhereThereIsNoneItIsNoError) {
  write_file(site / "file", "");
  fs::create_directories(site / "a" / "b");
  for (const std::string name : {"missing", "missing/below", "file/below", "a/b/missing"})
    EXPECT_FALSE(folder.remove(name)) << name;
  EXPECT_TRUE(fs::exists(site / "file"));
}

TEST_F(RemoveFile, LinkGoesAndNotWhereItLeadsTo) {
  fs::create_directory(site / "a");
  write_file(site / "a" / "x", "");
  fs::create_directory_symlink("a", site / "link");
  fs::create_symlink("../outside/secret", site / "out");
  EXPECT_FALSE(folder.remove("out"));
  EXPECT_TRUE(fs::exists(outside / "secret"));
  EXPECT_FALSE(folder.remove("link/x"));
  EXPECT_TRUE(fs::is_symlink(site / "link"));
}

TEST_F(RemoveFile, FolderIsNoFile) {
  fs::create_directories(site / "a" / "b");
  EXPECT_EQ(folder.remove("a/b"), std::errc::is_a_directory);
  EXPECT_TRUE(fs::exists(site / "a" / "b"));
}

// ---- Walking

class WalkFolder : public FolderTest {
 protected:
  std::map<std::string, std::uint64_t> walk() {
    std::map<std::string, std::uint64_t> found;
    folder.walk([&](const std::string& name, std::uint64_t size, FileTime) { found[name] = size; });
    return found;
  }
};

TEST_F(WalkFolder, VisitsEveryFileBelow) {
  fs::create_directories(site / "a" / "b");
  write_file(site / "x", "1");
  write_file(site / "a" / "y", "22");
  write_file(site / "a" / "b" / "z", "333");
  EXPECT_THAT(walk(), ElementsAre(std::pair("a/b/z", 3u), std::pair("a/y", 2u), std::pair("x", 1u)));
}

TEST_F(WalkFolder, LeavesOutWhatIsHiddenAndLinks) {
  const auto made = content("in the making");
  fs::create_directory(site / ".git");
  write_file(site / ".git" / "config", "");
  write_file(site / ".hidden", "");
  fs::create_directory_symlink(outside, site / "folder");
  fs::create_symlink("../outside/secret", site / "file");
  ASSERT_EQ(::mkfifo((site / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(walk(), ElementsAre());
}

TEST_F(WalkFolder, LastUseIsTheLaterOfReadingAndModification) {
  write_file(site / "read", "");
  write_file(site / "modified", "");
  const timespec read[] = {{2000, 0}, {1000, 0}};
  const timespec modified[] = {{1000, 0}, {3000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (site / "read").c_str(), read, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, (site / "modified").c_str(), modified, 0), 0);
  std::map<std::string, FileTime> used;
  folder.walk([&](const std::string& name, std::uint64_t, FileTime time) { used[name] = time; });
  EXPECT_EQ(used["read"], FileTime(2000s));
  EXPECT_EQ(used["modified"], FileTime(3000s));
}

TEST_F(WalkFolder, DeepFoldersCostNoDescriptors) {
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "a/";
  ASSERT_TRUE(place("text", deep + "x"));
  rlimit before;
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{64, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const auto found = walk();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(found, ElementsAre(std::pair(deep + "x", 4u), std::pair(deep + "x.headers", 7u)));
  EXPECT_FALSE(folder.remove(deep + "x.headers"));
  EXPECT_FALSE(folder.remove(deep + "x"));
  EXPECT_FALSE(fs::exists(site / "a"));
}

TEST_F(WalkFolder, PassesOverWhatVanishesMeanwhile) {
  write_file(site / "stays", "text");
  std::atomic<bool> done = false;
  std::thread changing([&] {
    while (!done) {
      fs::create_directories(site / "a" / "b");
      write_file(site / "a" / "b" / "x", "text");
      fs::remove_all(site / "a");
    }
  });
  int missed = 0;
  for (int i = 0; i < 500; ++i) missed += !walk().contains("stays");
  done = true;
  changing.join();
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace hardline::cache
