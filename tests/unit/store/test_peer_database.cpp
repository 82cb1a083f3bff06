#include "store/peer_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const KeyHash kKey = *KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6");
const KeyHash kOther = *KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d");
const HostPort kA{"203.0.113.1", 7008};
const HostPort kB{"203.0.113.2", 7008};
const HostPort kC{"200:1234::1", 7008};
constexpr PeerDatabase::Time kNow{1'700'000'000s};

class PeerDatabaseTest : public testing::Test {
 protected:
  std::vector<HostPort> hosts(const KeyHash& key = kKey) {
    std::vector<HostPort> hosts;
    for (const auto& remembered : database.addresses(key)) hosts.push_back(remembered.address);
    return hosts;
  }

  PeerDatabase database{":memory:"};
};

TEST_F(PeerDatabaseTest, RemembersInTheOrderOfTheService) {
  database.learn(kKey, {kC, kA, kB}, kNow);
  EXPECT_THAT(hosts(), ElementsAre(kC, kA, kB));
  EXPECT_THAT(hosts(kOther), IsEmpty());
}

TEST_F(PeerDatabaseTest, PutsWhatWorksFirstTheNearestInFront) {
  database.learn(kKey, {kA, kB, kC}, kNow);
  database.worked(kKey, kC, kNow + 1s, 40ms);
  database.worked(kKey, kB, kNow + 2s, 90ms);
  EXPECT_THAT(hosts(), ElementsAre(kC, kB, kA));
  database.worked(kKey, kB, kNow + 3s, 9ms);
  EXPECT_THAT(hosts(), ElementsAre(kB, kC, kA));
}

TEST_F(PeerDatabaseTest, PutsWhatWasNeverTriedBeforeWhatFailed) {
  database.learn(kKey, {kA, kB, kC}, kNow);
  database.worked(kKey, kA, kNow + 1s, 9ms);
  database.failed(kKey, kA, kNow + 2s);
  EXPECT_THAT(hosts(), ElementsAre(kB, kC, kA));
}

TEST_F(PeerDatabaseTest, PutsWhatFailedLongestAgoBeforeOtherFailures) {
  database.learn(kKey, {kA, kB, kC}, kNow);
  database.failed(kKey, kA, kNow + 3s);
  database.failed(kKey, kB, kNow + 1s);
  database.failed(kKey, kC, kNow + 2s);
  EXPECT_THAT(hosts(), ElementsAre(kB, kC, kA));
}

TEST_F(PeerDatabaseTest, KnowsWhichOfTwoEventsInOneSecondCameLast) {
  database.learn(kKey, {kA, kB}, kNow);
  database.failed(kKey, kB, kNow);
  database.worked(kKey, kB, kNow, 9ms);
  EXPECT_THAT(hosts(), ElementsAre(kB, kA));
  database.failed(kKey, kB, kNow);
  EXPECT_THAT(hosts(), ElementsAre(kA, kB));
}

TEST_F(PeerDatabaseTest, KeepsTheTimes) {
  database.learn(kKey, {kA, kB}, kNow);
  database.failed(kKey, kA, kNow + 1s);
  database.worked(kKey, kA, kNow + 2s, 9ms);
  const auto found = database.addresses(kKey);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].learned, kNow);
  EXPECT_EQ(found[0].last_failed, kNow + 1s);
  EXPECT_EQ(found[0].last_worked, kNow + 2s);
  EXPECT_EQ(found[0].round_trip, 9ms);
  EXPECT_EQ(found[1].last_worked, std::nullopt);
  EXPECT_EQ(found[1].last_failed, std::nullopt);
  EXPECT_EQ(found[1].round_trip, std::nullopt);
}

TEST_F(PeerDatabaseTest, ReplacesTheListButKeepsTheHistory) {
  database.learn(kKey, {kA, kB}, kNow);
  database.learn(kOther, {kA}, kNow);
  database.worked(kKey, kB, kNow, 9ms);
  database.learn(kKey, {kC, kB}, kNow + 5s);
  const auto found = database.addresses(kKey);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].address, kB);
  EXPECT_EQ(found[0].last_worked, kNow);
  EXPECT_EQ(found[0].learned, kNow + 5s);
  EXPECT_EQ(found[1].address, kC);
  EXPECT_THAT(hosts(kOther), ElementsAre(kA));
}

TEST_F(PeerDatabaseTest, KeepsLiteralAddressesOnly) {
  database.learn(kKey,
                 {{"example.org", 1},
                  {"localhost", 1},
                  {"0.0.0.0", 1},
                  {"::", 1},
                  {"224.0.0.1", 1},
                  {"ff02::1", 1},
                  {"fe80::1%eth0", 1},
                  {"1.2.3", 1},
                  {"", 1},
                  kA},
                 kNow);
  EXPECT_THAT(hosts(), ElementsAre(kA));
}

TEST_F(PeerDatabaseTest, TakesDifferentSpellingsForTheSame) {
  database.learn(kKey, {{"2001:DB8:0::1", 1}, kA, {"2001:db8::1", 1}}, kNow);
  EXPECT_THAT(hosts(), ElementsAre(HostPort{"2001:db8::1", 1}, kA));
  database.worked(kKey, kA, kNow, 9ms);
  database.worked(kKey, {"2001:0db8::0001", 1}, kNow, 8ms);
  EXPECT_THAT(hosts(), ElementsAre(HostPort{"2001:db8::1", 1}, kA));
}

TEST_F(PeerDatabaseTest, LearnsNothingFromAnEmptyList) {
  database.learn(kKey, {kA}, kNow);
  database.learn(kKey, {}, kNow);
  database.learn(kKey, {{"example.org", 1}}, kNow);
  EXPECT_THAT(hosts(), ElementsAre(kA));
}

TEST_F(PeerDatabaseTest, KeepsTheFirstSixteenOfALongList) {
  std::vector<HostPort> list;
  for (std::uint16_t port = 1; port <= 20; ++port) list.push_back({"203.0.113.1", port});
  database.learn(kKey, list, kNow);
  list.resize(16);
  EXPECT_EQ(hosts(), list);
}

TEST_F(PeerDatabaseTest, PassesOverAFailureOfAnAddressThatItDoesNotKnow) {
  database.failed(kKey, kA, kNow);
  EXPECT_THAT(hosts(), IsEmpty());
}

TEST_F(PeerDatabaseTest, RemembersWhatWorkedThoughItsServiceNeverNamedIt) {
  database.worked(kKey, kA, kNow, 9ms);
  database.worked(kKey, {"example.org", 1}, kNow, 9ms);
  database.learn(kKey, {kB}, kNow + 1s);
  const auto found = database.addresses(kKey);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].address, kA);
  EXPECT_EQ(found[0].learned, kNow);
  EXPECT_FALSE(found[0].named_by_service);
  EXPECT_EQ(found[1].address, kB);
  EXPECT_TRUE(found[1].named_by_service);
}

TEST_F(PeerDatabaseTest, AnAddressThatWorkedIsNamedOnceItsServiceDoesSo) {
  database.worked(kKey, kA, kNow, 9ms);
  database.learn(kKey, {kA}, kNow + 1s);
  EXPECT_TRUE(database.addresses(kKey).at(0).named_by_service);
}

TEST_F(PeerDatabaseTest, ANewListDropsNothingThatWorks) {
  database.learn(kKey, {kA}, kNow);
  database.worked(kKey, kA, kNow + 1s, 9ms);
  database.learn(kKey, {kB}, kNow + 2s);  // by another daemon with the same certificate
  EXPECT_THAT(hosts(), ElementsAre(kA, kB));
  EXPECT_FALSE(database.addresses(kKey).at(0).named_by_service);
}

TEST_F(PeerDatabaseTest, ANewListDropsWhatFailedSince) {
  database.learn(kKey, {kA}, kNow);
  database.worked(kKey, kA, kNow, 9ms);
  database.failed(kKey, kA, kNow);
  database.learn(kKey, {kB}, kNow);
  EXPECT_THAT(hosts(), ElementsAre(kB));
}

TEST_F(PeerDatabaseTest, KeepsWhatNobodyNamesForAWeekAfterItLastWorked) {
  database.worked(kKey, kA, kNow, 9ms);
  database.failed(kKey, kA, kNow + 1s);
  database.learn(kKey, {kB}, kNow + days(7));
  EXPECT_THAT(hosts(), ElementsAre(kB, kA));
  database.learn(kKey, {kB}, kNow + days(7) + 1s);
  EXPECT_THAT(hosts(), ElementsAre(kB));
}

TEST_F(PeerDatabaseTest, KeepsTheBestSixteen) {
  std::vector<HostPort> list;
  for (std::uint16_t port = 1; port <= 16; ++port) list.push_back({"203.0.113.1", port});
  database.learn(kKey, list, kNow);
  database.failed(kKey, list[3], kNow);
  database.worked(kKey, kA, kNow, 9ms);
  auto kept = hosts();
  EXPECT_THAT(kept, SizeIs(16));
  EXPECT_EQ(kept.front(), kA);
  EXPECT_THAT(kept, Not(Contains(list[3])));
  database.worked(kKey, kB, kNow, 9ms);
  kept = hosts();
  EXPECT_THAT(kept, SizeIs(16));
  EXPECT_THAT(kept, Not(Contains(list[15]))) << "the last of those never tried";
}

TEST_F(PeerDatabaseTest, ForgetsServicesAfterHalfAYear) {
  database.learn(kKey, {kA, kB}, kNow);
  database.learn(kOther, {kC}, kNow + days(180));
  EXPECT_THAT(hosts(), ElementsAre(kA, kB));
  database.learn(kOther, {kC}, kNow + days(180) + 1s);
  EXPECT_THAT(hosts(), IsEmpty());
  EXPECT_THAT(hosts(kOther), ElementsAre(kC));
}

TEST_F(PeerDatabaseTest, ForgetsNoServiceThatIsReached) {
  database.learn(kKey, {kA, kB}, kNow);
  database.worked(kKey, kA, kNow + days(10), 9ms);
  database.failed(kKey, kB, kNow + days(100));
  database.learn(kOther, {kC}, kNow + days(190));
  EXPECT_THAT(hosts(), ElementsAre(kA, kB));
  database.learn(kOther, {kC}, kNow + days(191));
  EXPECT_THAT(hosts(), IsEmpty());
}

TEST_F(PeerDatabaseTest, TakesOverWhatIsNotKnown) {
  database.learn(kKey, {kA}, kNow);
  EXPECT_FALSE(database.has_taken_over("/old.db"));
  database.take_over("/old.db", {{kKey, {kB}}, {kOther, {kC, {"example.org", 1}}}}, kNow);
  EXPECT_TRUE(database.has_taken_over("/old.db"));
  EXPECT_FALSE(database.has_taken_over("/other.db"));
  EXPECT_THAT(hosts(), ElementsAre(kA));
  EXPECT_THAT(hosts(kOther), ElementsAre(kC));
}

TEST_F(PeerDatabaseTest, KeepsTheLastVisitOfEachService) {
  const Visit reached{kNow, "lan", std::nullopt, ""};
  const Visit missed{kNow, "lan", kNow + 5s, "no answer"};
  const Visit never{std::nullopt, "", kNow, "no source knows where it is"};
  EXPECT_THAT(database.visits(), IsEmpty());
  database.write_visits({{kKey, reached}, {kOther, never}});
  database.write_visits({{kKey, missed}});
  EXPECT_THAT(database.visits(), testing::UnorderedElementsAre(std::pair(kKey, missed), std::pair(kOther, never)));
  database.forget_visit(kKey);
  EXPECT_THAT(database.visits(), ElementsAre(std::pair(kOther, never)));
}

TEST_F(PeerDatabaseTest, KeepsWhatWasShownInItsOrder) {
  EXPECT_THAT(database.shown(), IsEmpty());
  database.write_shown({"wiki", kKey, 1});
  database.write_shown({"nas", kKey, 2});
  database.write_shown({"wiki", kOther, 3});
  EXPECT_THAT(database.shown(), ElementsAre(Shown{"nas", kKey, 2}, Shown{"wiki", kOther, 3}));
  database.forget_shown("nas");
  EXPECT_THAT(database.shown(), ElementsAre(Shown{"wiki", kOther, 3}));
}

TEST(PeerDatabaseFile, IsFoundAgain) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  PeerDatabase(file).learn(kKey, {kA}, kNow);
  EXPECT_THAT(PeerDatabase(file).addresses(kKey), SizeIs(1));
}

TEST(PeerDatabaseFile, IsInWalModeAndSaysItsVersion) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  PeerDatabase open(file);
  Database raw(file, SQLITE_OPEN_READONLY);
  auto mode = raw.query("PRAGMA journal_mode");
  ASSERT_TRUE(mode.next());
  EXPECT_EQ(mode.bytes(0), "wal");
  auto version = raw.query("PRAGMA user_version");
  ASSERT_TRUE(version.next());
  EXPECT_EQ(version.integer(0), 3);
}

TEST(PeerDatabaseFile, OfTheFirstVersionKeepsWhatItKnew) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  {
    Database old(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    old.script(
        "CREATE TABLE address ("
        "  key BLOB NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,"
        "  rank INTEGER, learned INTEGER NOT NULL, last_worked INTEGER, last_failed INTEGER,"
        "  PRIMARY KEY (key, host, port)) WITHOUT ROWID;"
        "CREATE TABLE taken_over (file TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
        "PRAGMA user_version = 1; PRAGMA journal_mode = WAL;");
    const auto insert = [&old](std::int64_t rank, const char* worked, const char* failed) {
      old.run(std::string("INSERT INTO address VALUES (?1, '203.0.113.1', ?2, ?2, 5, ") + worked + ", " + failed + ")",
              kKey.bytes(), rank);
    };
    insert(1, "NULL", "NULL");
    insert(2, "NULL", "9");
    insert(3, "7", "8");
    insert(4, "8", "7");
    insert(5, "9", "NULL");
  }
  PeerDatabase database(file);
  std::vector<std::uint16_t> ports;
  for (const auto& known : database.addresses(kKey)) {
    ports.push_back(known.address.port);
    EXPECT_EQ(known.learned, PeerDatabase::Time(5s));
    EXPECT_TRUE(known.named_by_service);
    EXPECT_EQ(known.round_trip, std::nullopt);
  }
  EXPECT_THAT(ports, ElementsAre(5, 4, 1, 3, 2));
}

TEST(PeerDatabaseFile, OfTheSecondVersionKeepsWhatItKnew) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  PeerDatabase(file).learn(kKey, {kA}, kNow);
  Database(file, SQLITE_OPEN_READWRITE).script("DROP TABLE visit; DROP TABLE shown; PRAGMA user_version = 2");
  PeerDatabase database(file);
  EXPECT_THAT(database.addresses(kKey), SizeIs(1));
  database.write_shown({"nas", kKey, 1});
  EXPECT_THAT(database.shown(), SizeIs(1));
}

TEST(PeerDatabaseFile, OfANewerVersionIsRefusedUntouched) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  Database(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).script("PRAGMA user_version = 4; CREATE TABLE t (a);");
  const auto before = file_content(file);
  EXPECT_THROW(PeerDatabase{file}, NewerSchema);
  EXPECT_EQ(file_content(file), before);
}

TEST(PeerDatabaseFile, WithOtherTablesIsRefused) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  Database(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).script("PRAGMA user_version = 1; CREATE TABLE t (a);");
  EXPECT_THROW(PeerDatabase{file}, SqliteError);
}

}  // namespace
}  // namespace hardline::store
