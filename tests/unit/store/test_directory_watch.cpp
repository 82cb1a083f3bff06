#include "hardline/store/directory_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/log_capture.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// Long enough for any change to be told.
constexpr auto kPatience = 10s;
/// Long enough for a change to have settled, had there been one.
constexpr auto kQuiet = kSettleTime + 200ms;

class DirectoryWatchTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(services); }

  void start() {
    watch = std::make_unique<DirectoryWatch>(io.executor(), services);
    wait_again();
  }

  void wait_again() {
    answer.reset();
    auto ask = [](DirectoryWatch& asked, std::optional<bool>& answered) -> awaitable<void> {
      const bool changed = co_await asked.changed();
      answered = changed;
    };
    asio::co_spawn(io.context(), ask(*watch, answer), [](std::exception_ptr e) { EXPECT_FALSE(e); });
  }

  void run_for(Clock::duration duration) { io.pass(duration); }

  /// Whether a change is told; then waits for the next one.
  bool told(Clock::duration patience = kPatience) {
    for (const auto deadline = Clock::now() + patience; !answer && Clock::now() < deadline;) io.pass(10ms);
    const bool changed = answer == true;
    if (answer) wait_again();
    return changed;
  }

  bool quiet() { return !told(kQuiet); }

  TempDir dir;
  fs::path services = dir / "services";
  support::TestIo io{support::Time::fake};  // inotify tells of a change before the call that makes it returns
  std::unique_ptr<DirectoryWatch> watch;
  std::optional<bool> answer;
};

TEST_F(DirectoryWatchTest, TellsOfEveryKindOfChange) {
  start();
  EXPECT_TRUE(quiet());
  write_file(services / "a.ini", "1");
  EXPECT_TRUE(told()) << "created";
  write_file(services / "a.ini", "2");
  EXPECT_TRUE(told()) << "written";
  fs::permissions(services / "a.ini", fs::perms::owner_read);
  EXPECT_TRUE(told()) << "mode changed";
  fs::rename(services / "a.ini", services / "a.ini.off");
  EXPECT_TRUE(told()) << "renamed away";
  fs::rename(services / "a.ini.off", services / "b.ini");
  EXPECT_TRUE(told()) << "renamed";
  fs::remove(services / "b.ini");
  EXPECT_TRUE(told()) << "removed";
  EXPECT_TRUE(quiet());
}

TEST_F(DirectoryWatchTest, MindsServiceFilesAndIdentitiesOnly) {
  start();
  for (const auto* name : {"a.ini~", ".a.ini.swp", ".#a.ini", ".a.cert.new", "README", "4913", "a.private.orphan-1"})
    write_file(services / name, "");
  EXPECT_TRUE(quiet());
  for (const auto* name : {"a.ini", "a.ini.cert", "a.ini.cert.private", "a.ini.cert.hash"}) {
    write_file(services / name, "");
    EXPECT_TRUE(told()) << name;
  }
}

TEST_F(DirectoryWatchTest, MindsNoKeyAndNoHashWithoutTheirCertificate) {
  start();
  // As an identity is made, and taken back because its certificate cannot be written.
  for (const auto* name : {"a.cert.private", "a.cert.hash"}) write_file(services / name, "");
  run_for(10ms);
  for (const auto* name : {"a.cert.hash", "a.cert.private"}) fs::remove(services / name);
  EXPECT_TRUE(quiet());
  for (const auto* name : {"a.cert.private", "a.cert.hash", "a.cert"}) write_file(services / name, "");
  EXPECT_TRUE(told());
  fs::remove(services / "a.cert.hash");
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, TellsOfManyChangesOnce) {
  start();
  for (int i = 0; i < 10; ++i) {
    write_file(services / ("a" + std::to_string(i) + ".ini"), "");
    run_for(20ms);
  }
  EXPECT_TRUE(told());
  EXPECT_TRUE(quiet());
}

TEST_F(DirectoryWatchTest, WaitsUntilChangesHaveSettled) {
  start();
  write_file(services / "a.ini", "");
  const auto written = Clock::now();
  EXPECT_TRUE(told());
  EXPECT_EQ(Clock::now() - written, kSettleTime);
}

TEST_F(DirectoryWatchTest, IsNotHeldUpByADirectoryThatNeverSettles) {
  start();
  const auto begun = Clock::now();
  while (!answer && Clock::now() < begun + kPatience) {
    write_file(services / "a.ini", "");
    run_for(20ms);
  }
  EXPECT_EQ(answer, true);
  EXPECT_GE(Clock::now() - begun, kLongestSettleTime);
}

TEST_F(DirectoryWatchTest, RemembersWhatHappensWhileNobodyWaits) {
  watch = std::make_unique<DirectoryWatch>(io.executor(), services);
  write_file(services / "a.ini", "");
  wait_again();
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, OutlivesTheDirectory) {
  start();
  fs::remove(services);
  EXPECT_TRUE(told());
  fs::create_directory(services);
  EXPECT_TRUE(told());
  write_file(services / "a.ini", "");
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, FollowsTheNameNotTheDirectory) {
  start();
  fs::rename(services, dir / "old");
  EXPECT_TRUE(told());
  write_file(dir / "old/a.ini", "");
  EXPECT_TRUE(quiet());
  fs::rename(dir / "old", services);
  EXPECT_TRUE(told());
  write_file(services / "b.ini", "");
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, WaitsForADirectoryToAppear) {
  services = dir / "x/y/services";
  start();
  fs::create_directory(dir / "x");
  fs::create_directory(dir / "other");
  EXPECT_TRUE(quiet());
  fs::create_directories(services);
  EXPECT_TRUE(told());
  write_file(services / "a.ini", "");
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, WaitsForADirectoryWhoseParentGoes) {
  services = dir / "x/services";
  fs::create_directory(dir / "x");
  start();
  fs::remove(dir / "x");
  EXPECT_TRUE(quiet());
  fs::create_directories(services);
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, TakesAnOverflowingQueueForAChange) {
  const auto limit = std::stoi(file_content("/proc/sys/fs/inotify/max_queued_events"));
  if (limit > 100'000) GTEST_SKIP() << "would take long: fs.inotify.max_queued_events is " << limit;
  start();
  run_for(10ms);
  for (const auto* name : {"a", "b"}) write_file(services / name, "");
  // Two files in turn: the kernel joins events that are alike.
  for (int i = 0; i <= limit; ++i) fs::permissions(services / (i % 2 ? "a" : "b"), fs::perms::owner_read);
  EXPECT_TRUE(told());
  EXPECT_TRUE(quiet());
  write_file(services / "a.ini", "");
  EXPECT_TRUE(told());
}

TEST_F(DirectoryWatchTest, EndsWhenClosed) {
  start();
  run_for(10ms);
  watch->close();
  run_for(kPatience);
  EXPECT_EQ(answer, false);
  wait_again();
  run_for(kPatience);
  EXPECT_EQ(answer, false);
}

TEST_F(DirectoryWatchTest, EndsWhenClosedWhileChangesSettle) {
  start();
  write_file(services / "a.ini", "");
  run_for(10ms);
  watch.reset();
  run_for(kPatience);
  EXPECT_EQ(answer, false);
}

TEST_F(DirectoryWatchTest, LooksForItselfWhereInotifyCannot) {
  const LogCapture log;
  fs::remove(services);
  fs::create_symlink("services", services);  // a link to itself, which nobody can watch
  start();
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("cannot watch " + services.string())));

  fs::remove(services);
  fs::create_directory(services);
  write_file(services / "a.ini", "1");
  EXPECT_TRUE(told());
  write_file(services / "a.ini", "22");
  EXPECT_TRUE(told());
  fs::remove(services / "a.ini");
  EXPECT_TRUE(told());
  write_file(services / "README", "");
  EXPECT_FALSE(told(1500ms));
  watch->close();
  run_for(kPatience);
  EXPECT_EQ(answer, false);
}

}  // namespace
}  // namespace hardline::store
