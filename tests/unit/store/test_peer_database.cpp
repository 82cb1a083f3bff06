#include "hardline/store/peer_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;
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

TEST_F(PeerDatabaseTest, PutsWhatWorkedLastFirst) {
  database.learn(kKey, {kA, kB, kC}, kNow);
  database.worked(kKey, kB, kNow + 1s);
  database.worked(kKey, kC, kNow + 2s);
  EXPECT_THAT(hosts(), ElementsAre(kC, kB, kA));
}

TEST_F(PeerDatabaseTest, KeepsTheTimes) {
  database.learn(kKey, {kA, kB}, kNow);
  database.worked(kKey, kA, kNow + 1s);
  database.failed(kKey, kA, kNow + 2s);
  const auto found = database.addresses(kKey);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].learned, kNow);
  EXPECT_EQ(found[0].last_worked, kNow + 1s);
  EXPECT_EQ(found[0].last_failed, kNow + 2s);
  EXPECT_EQ(found[1].last_worked, std::nullopt);
  EXPECT_EQ(found[1].last_failed, std::nullopt);
}

TEST_F(PeerDatabaseTest, ReplacesTheListButKeepsTheHistory) {
  database.learn(kKey, {kA, kB}, kNow);
  database.learn(kOther, {kA}, kNow);
  database.worked(kKey, kB, kNow);
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
  database.worked(kKey, kA, kNow);
  database.worked(kKey, {"2001:0db8::0001", 1}, kNow + 1s);
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

TEST_F(PeerDatabaseTest, PassesOverAnAddressThatWasNotLearned) {
  database.worked(kKey, kA, kNow);
  database.failed(kKey, kA, kNow);
  EXPECT_THAT(hosts(), IsEmpty());
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
  database.worked(kKey, kA, kNow + days(10));
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
  EXPECT_EQ(version.integer(0), 1);
}

TEST(PeerDatabaseFile, OfANewerVersionIsRefusedUntouched) {
  const TempDir dir;
  const auto file = (dir / "peers.db").string();
  Database(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).script("PRAGMA user_version = 2; CREATE TABLE t (a);");
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
