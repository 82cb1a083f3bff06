#include "hardline/store/peer_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "store/full_disk.hpp"
#include "store/log_capture.hpp"
#include "store/old_database.hpp"
#include "store/sqlite.hpp"
#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const std::string kHash = "03b131fef9459a4a73da0c27e5b9e96362859de6";
const KeyHash kKey = *KeyHash::parse(kHash);
const HostPort kA{"203.0.113.1", 7008};
const HostPort kB{"203.0.113.2", 7008};
const auto kNow = std::chrono::system_clock::time_point(1'700'000'000s);

std::vector<HostPort> hosts(PeerStore& store) {
  asio::io_context io;
  std::vector<HostPort> hosts;
  auto ask = [](PeerStore& asked, std::vector<HostPort>& answer) -> awaitable<void> {
    auto found = co_await asked.addresses(kKey);
    for (const auto& remembered : found) answer.push_back(remembered.address);
  };
  asio::co_spawn(io, ask(store, hosts), [](std::exception_ptr e) { EXPECT_FALSE(e); });
  io.run_for(10s);
  return hosts;
}

class PeerStoreTest : public testing::Test {
 protected:
  /// A store on `file` works, and what it logged matches.
  void expect_working(const testing::Matcher<std::vector<std::string>>& logged) {
    const LogCapture log;
    {
      PeerStore store(file);
      store.learn(kKey, {kA, kB}, kNow);
      EXPECT_THAT(hosts(store), ElementsAre(kA, kB));
    }
    EXPECT_THAT(log.lines(), logged);
  }

  /// The name in the folder that starts so.
  std::string name_that_starts(const std::string& start) {
    for (const auto& name : dir.names())
      if (name.starts_with(start)) return name;
    return "none";
  }

  TempDir dir;
  fs::path file = dir / "peers.db";
};

TEST_F(PeerStoreTest, AnswersInTheOrderOfItsOrders) {
  PeerStore store(file);
  EXPECT_THAT(hosts(store), IsEmpty());
  store.learn(kKey, {kA, kB}, kNow);
  store.worked(kKey, kB, kNow, std::chrono::milliseconds(9));
  EXPECT_THAT(hosts(store), ElementsAre(kB, kA));
  store.failed(kKey, kB, kNow);
  store.learn(kKey, {kA}, kNow);
  EXPECT_THAT(hosts(store), ElementsAre(kA));
}

TEST_F(PeerStoreTest, FinishesItsWritesWhenClosed) {
  {
    PeerStore store(file);
    for (std::uint16_t port = 1; port <= 100; ++port) store.learn(kKey, {{"203.0.113.1", port}}, kNow);
  }
  PeerStore store(file);
  EXPECT_THAT(hosts(store), ElementsAre(HostPort{"203.0.113.1", 100}));
}

TEST_F(PeerStoreTest, HoldsNothingOnceClosed) {
  PeerStore store(file);
  store.learn(kKey, {kA}, kNow);
  store.close();
  store.learn(kKey, {kB}, kNow);
  store.take_over(file);
  EXPECT_THAT(store.visits(), IsEmpty());
  EXPECT_THAT(store.shown(), IsEmpty());
  store.close();
  EXPECT_THAT(hosts(store), IsEmpty());
}

TEST_F(PeerStoreTest, SetsRandomBytesAside) {
  std::mt19937 random(1);
  std::string bytes(10'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  write_file(file, bytes);
  expect_working(ElementsAre(AllOf(StartsWith("warning store: " + file.string()), HasSubstr("peers.db.corrupt-"))));
  EXPECT_EQ(file_content(dir / name_that_starts("peers.db.corrupt-")), bytes);
  expect_working(IsEmpty());
}

TEST_F(PeerStoreTest, SurvivesATruncatedFile) {
  expect_working(IsEmpty());
  const auto whole = file_content(file);
  ASSERT_GT(whole.size(), 8192u);
  for (const std::size_t size : {50ul, 100ul, 4096ul, 5000ul, whole.size() - 4096}) {
    SCOPED_TRACE(size);
    write_file(file, whole.substr(0, size));
    expect_working(ElementsAre(HasSubstr("starting over without remembered addresses")));
  }
  write_file(file, "");
  expect_working(IsEmpty());
}

TEST_F(PeerStoreTest, LeavesNoWriteAheadLogForTheNewFile) {
  fs::create_directory(file);  // not a damaged file: there SQLite would clear the log away itself
  write_file(dir / "peers.db-wal", "stale");
  expect_working(SizeIs(1));
  const auto aside = name_that_starts("peers.db.corrupt-");
  EXPECT_EQ(file_content(dir / (aside + "-wal")), "stale");
}

TEST_F(PeerStoreTest, SetsWhatIsNoFileAside) {
  fs::create_directory(file);
  write_file(file / "inside", "");
  expect_working(ElementsAre(HasSubstr("it is not a file")));
  EXPECT_TRUE(fs::exists(dir / name_that_starts("peers.db.corrupt-") / "inside"));
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  expect_working(ElementsAre(HasSubstr("it is not a file")));
}

TEST_F(PeerStoreTest, SetsANewerVersionsFileAside) {
  Database(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).script("PRAGMA user_version = 99");
  expect_working(
      ElementsAre(AllOf(HasSubstr("newer hardlined"), HasSubstr("version 99"), HasSubstr("peers.db.newer-"))));
  EXPECT_NE(name_that_starts("peers.db.newer-"), "none");
}

TEST_F(PeerStoreTest, WorksFromMemoryWhereItCannotWrite) {
  write_file(dir / "file", "");
  for (const auto& nowhere : {dir / "file/peers.db", fs::path("/proc/peers.db"), dir / "none/peers.db"}) {
    file = nowhere;
    expect_working(ElementsAre(AllOf(StartsWith("warning store: cannot use " + nowhere.string()),
                                     HasSubstr("remembered until the daemon stops"))));
  }
}

TEST_F(PeerStoreTest, WorksFromMemoryOnAFullDisk) {
  const FullDisk full(0);
  expect_working(ElementsAre(HasSubstr("remembered until the daemon stops")));
}

TEST_F(PeerStoreTest, GoesOnWhenTheDiskFillsUp) {
  const LogCapture log;
  PeerStore store(file);
  store.learn(kKey, {kA}, kNow);
  EXPECT_THAT(hosts(store), ElementsAre(kA));
  {
    const FullDisk full(0);
    for (int i = 0; i < 10; ++i) store.learn(kKey, {kB}, kNow);
    EXPECT_THAT(hosts(store), ElementsAre(kA));
  }
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("addresses may not be remembered")));
  store.learn(kKey, {kB}, kNow);
  EXPECT_THAT(hosts(store), ElementsAre(kB));
}

TEST_F(PeerStoreTest, SetsAsideWhatIsDamagedWhileItRuns) {
  const LogCapture log;
  PeerStore store(file);
  // A foreign hand takes the tables away.
  Database(file.string(), SQLITE_OPEN_READWRITE).script("DROP TABLE address");
  store.learn(kKey, {kA}, kNow);
  store.learn(kKey, {kB}, kNow);
  EXPECT_THAT(hosts(store), ElementsAre(kB));
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("peers.db.corrupt-")));
}

TEST_F(PeerStoreTest, GoesOnWithoutADatabaseWhereNoneCanBeOpened) {
  const LogCapture log;
  PeerStore store(file);
  store.learn(kKey, {kA}, kNow);
  EXPECT_THAT(hosts(store), ElementsAre(kA));
  Database(file.string(), SQLITE_OPEN_READWRITE).script("DROP TABLE address");
  // From here on SQLite opens nothing, not even in memory.
  const auto refuse = +[](sqlite3*, char**, const void*) { return SQLITE_ERROR; };
  const auto extension = reinterpret_cast<void (*)()>(refuse);
  ASSERT_EQ(sqlite3_auto_extension(extension), SQLITE_OK);
  store.learn(kKey, {kB}, kNow);
  EXPECT_THAT(hosts(store), IsEmpty());
  EXPECT_THAT(store.visits(), IsEmpty());
  store.take_over(file);
  sqlite3_cancel_auto_extension(extension);
  store.learn(kKey, {kB}, kNow);
  EXPECT_THAT(hosts(store), IsEmpty());
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("peers.db.corrupt-"), HasSubstr("cannot use " + file.string()),
                                       HasSubstr("addresses may not be remembered")));
}

TEST_F(PeerStoreTest, KeepsWhatTheVisitLogGivesIt) {
  const Visit visit{kNow, "lan", std::nullopt, ""};
  {
    PeerStore store(file);
    store.write_visits({{kKey, visit}});
    store.write_shown({"nas", kKey, 1});
    EXPECT_THAT(store.visits(), SizeIs(1));
  }
  PeerStore store(file);
  EXPECT_THAT(store.visits(), ElementsAre(std::pair(kKey, visit)));
  EXPECT_THAT(store.shown(), ElementsAre(Shown{"nas", kKey, 1}));
  store.forget_visit(kKey);
  store.forget_shown("nas");
  EXPECT_THAT(store.visits(), IsEmpty());
  EXPECT_THAT(store.shown(), IsEmpty());
}

TEST_F(PeerStoreTest, TakesOverAnOldDatabaseOnce) {
  const auto old = dir / "old.db";
  make_old_database(old, {{"secret-" + kHash, R"({"WANHosts":"203.0.113.1:7008,203.0.113.2:7008"})"}});
  const LogCapture log;
  {
    PeerStore store(file);
    store.take_over(old);
    EXPECT_THAT(hosts(store), ElementsAre(kA, kB));
    store.learn(kKey, {kB}, kNow);
  }
  fs::remove(old);
  make_old_database(old, {{"-f4525bb0fb13c3ed1816607803ee2991997de13d", R"({"WANHosts":"203.0.113.1:7008"})"}});
  PeerStore store(file);
  store.take_over(old);
  EXPECT_THAT(hosts(store), ElementsAre(kB));
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("imported the addresses of 1 service")));
}

TEST_F(PeerStoreTest, MindsNoOldDatabaseThatIsMissingOrBroken) {
  write_file(dir / "old.db", "nonsense");
  const LogCapture log;
  PeerStore store(file);
  store.take_over(dir / "none.db");
  store.take_over(dir / "old.db");
  store.learn(kKey, {kA}, kNow);
  EXPECT_THAT(hosts(store), ElementsAre(kA));
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("cannot import the addresses in " + (dir / "old.db").string())));
  EXPECT_EQ(file_content(dir / "old.db"), "nonsense");
}

}  // namespace
}  // namespace hardline::store
