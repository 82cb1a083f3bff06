#include "hardline/store/visit_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/full_disk.hpp"
#include "store/log_capture.hpp"
#include "store/sqlite.hpp"
#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::HasSubstr;
using testing::SizeIs;

const KeyHash kKey = *KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6");
const KeyHash kOther = *KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d");
constexpr Visit::Time kNow{1'700'000'000s};
const Keeper kBrowser{7009, "one"};
const Keeper kOtherBrowser{7009, "two"};

KeyHash key_number(unsigned number) {
  Hash160Bytes bytes{};
  bytes[0] = static_cast<std::uint8_t>(number >> 8);
  bytes[1] = static_cast<std::uint8_t>(number);
  return KeyHash(bytes);
}

class VisitLogTest : public testing::Test {
 protected:
  void open(Visit::Time now = kNow) {
    store.emplace((dir / "peers.db").string());
    log.emplace(*store, now);
  }
  void open_again(Visit::Time now = kNow) {
    log.reset();
    store.reset();
    open(now);
  }
  /// As if the process had been killed: what was not handed over is lost.
  void open_after_a_crash() {
    store->close();
    open_again();
  }

  /// To kBrowser, and last.
  bool is_shown(std::string_view label, const KeyHash& key) const {
    const bool is_known = log->may_hold_another(label, kBrowser, key == kKey ? kOther : kKey);
    return is_known && !log->may_hold_another(label, kBrowser, key);
  }

  Visit visit(const KeyHash& key = kKey) {
    const auto* found = log->visit(key);
    if (!found) ADD_FAILURE() << "no visit";
    return found ? *found : Visit();
  }

  TempDir dir;
  std::optional<PeerStore> store;
  std::optional<VisitLog> log;
};

TEST_F(VisitLogTest, KnowsNothingOfWhatNobodyTried) {
  open();
  EXPECT_EQ(log->visit(kKey), nullptr);
  EXPECT_FALSE(log->may_hold_another("nas", kBrowser, kKey));
}

TEST_F(VisitLogTest, KnowsAtOnceHowItWent) {
  open();
  log->reached(kKey, "lan", kNow);
  EXPECT_EQ(visit(), (Visit{kNow, "lan", {}, ""}));
  log->missed(kKey, "no source knows where it is", kNow + 1s);
  EXPECT_EQ(visit(), (Visit{kNow, "lan", kNow + 1s, "no source knows where it is"}));
  log->reached(kKey, "dht", kNow + 2s);
  EXPECT_EQ(visit(), (Visit{kNow + 2s, "dht", {}, ""}));
  log->missed(kOther, "no answer", kNow);
  EXPECT_EQ(visit(kOther), (Visit{{}, "", kNow, "no answer"}));
}

TEST_F(VisitLogTest, IsFoundAgain) {
  open();
  log->reached(kKey, "lan", kNow);
  log->missed(kKey, "no answer", kNow + 1s);
  log->missed(kOther, "no source knows where it is", kNow);
  log->show("nas", kBrowser, kKey);
  log->show("wiki", kBrowser, kKey);
  log->show("nas", kBrowser, kOther);
  open_again();
  EXPECT_EQ(visit(), (Visit{kNow, "lan", kNow + 1s, "no answer"}));
  EXPECT_EQ(visit(kOther), (Visit{{}, "", kNow, "no source knows where it is"}));
  EXPECT_TRUE(is_shown("nas", kOther));
  EXPECT_TRUE(is_shown("wiki", kKey));
}

TEST_F(VisitLogTest, IsFlushedBeforeItsStoreCloses) {
  open();
  log->reached(kKey, "lan", kNow);
  log->reached(kKey, "lan", kNow + 1s);
  log->flush();
  store->close();
  open_again();
  EXPECT_EQ(visit().reached, kNow + 1s);
}

TEST_F(VisitLogTest, WritesTheSameAgainOnlyNowAndThen) {
  open();
  log->reached(kKey, "lan", kNow);
  log->reached(kKey, "lan", kNow + VisitLog::kWriteEvery - 1s);
  open_after_a_crash();
  EXPECT_EQ(visit().reached, kNow);
  log->reached(kKey, "lan", kNow + 10min);
  log->reached(kKey, "lan", kNow + 10min + VisitLog::kWriteEvery);
  open_after_a_crash();
  EXPECT_EQ(visit().reached, kNow + 10min + VisitLog::kWriteEvery);
}

TEST_F(VisitLogTest, WritesNewsAtOnce) {
  open();
  log->reached(kKey, "lan", kNow);
  log->reached(kKey, "dht", kNow + 1s);
  open_after_a_crash();
  EXPECT_EQ(visit(), (Visit{kNow + 1s, "dht", {}, ""}));
  log->reached(kKey, "dht", kNow + 2s);
  log->missed(kKey, "no answer", kNow + 3s);
  open_after_a_crash();
  EXPECT_EQ(visit(), (Visit{kNow + 2s, "dht", kNow + 3s, "no answer"}));
  log->missed(kKey, "no answer", kNow + 4s);
  log->reached(kKey, "dht", kNow + 5s);
  open_after_a_crash();
  EXPECT_EQ(visit(), (Visit{kNow + 5s, "dht", {}, ""}));
}

TEST_F(VisitLogTest, WritesWhenTheClockWasSetBack) {
  open();
  log->reached(kKey, "lan", kNow);
  log->reached(kKey, "lan", kNow - days(1));
  open_after_a_crash();
  EXPECT_EQ(visit().reached, kNow - days(1));
}

TEST_F(VisitLogTest, WritesWhatWasNeverReachedAtTheEndOnly) {
  open();
  log->missed(kKey, "no source knows where it is", kNow);
  log->missed(kKey, "no source knows where it is", kNow + 1h);
  open_after_a_crash();
  EXPECT_EQ(log->visit(kKey), nullptr);
}

TEST_F(VisitLogTest, KeepsABoundedCleanProblem) {
  open();
  log->missed(kKey, "bad\r\n\x1b[31mnews " + std::string(1000, 'x'), kNow);
  EXPECT_THAT(visit().problem, SizeIs(VisitLog::kMaxProblem));
  EXPECT_EQ(visit().problem.substr(0, 14), "bad   [31mnews");
}

TEST_F(VisitLogTest, ForgetsAfterHalfAYear) {
  open();
  log->reached(kKey, "lan", kNow);
  log->reached(kOther, "lan", kNow);
  log->missed(kOther, "no answer", kNow + 1s);
  open_again(kNow + days(180));
  EXPECT_TRUE(log->visit(kKey));
  open_again(kNow + days(180) + 1s);
  EXPECT_FALSE(log->visit(kKey));
  EXPECT_TRUE(log->visit(kOther)) << "it was tried since";
  open_again(kNow);
  EXPECT_FALSE(log->visit(kKey)) << "for good";
}

TEST_F(VisitLogTest, ForgetsWhatWasNeverReachedFirst) {
  open();
  log->reached(kKey, "lan", kNow - 1h);
  for (unsigned i = 0; i < VisitLog::kMaxVisits; ++i) log->missed(key_number(i), "no answer", kNow + i * 1s);
  EXPECT_TRUE(log->visit(kKey));
  EXPECT_FALSE(log->visit(key_number(0))) << "the oldest of them";
  EXPECT_TRUE(log->visit(key_number(1)));
  open_again();
  log->missed(kOther, "no answer", kNow + 2h);
  open_again();
  EXPECT_TRUE(log->visit(kKey));
  EXPECT_TRUE(log->visit(kOther));
  EXPECT_FALSE(log->visit(key_number(1))) << "on disk, too";
  EXPECT_TRUE(log->visit(key_number(2)));
}

TEST_F(VisitLogTest, ShowsABoundedNumberOfLabels) {
  open();
  for (std::size_t i = 0; i <= VisitLog::kMaxShown; ++i) log->show("n" + std::to_string(i), kBrowser, kKey);
  EXPECT_FALSE(is_shown("n0", kKey));
  open_again();
  EXPECT_FALSE(is_shown("n0", kKey));
  EXPECT_TRUE(is_shown("n1", kKey));
  log->show("n1", kBrowser, kKey);    // no news
  log->show("n2", kBrowser, kOther);  // makes it the youngest
  log->show("one more", kBrowser, kKey);
  log->show("and more", kBrowser, kKey);
  open_again();
  EXPECT_FALSE(is_shown("n1", kKey));
  EXPECT_TRUE(is_shown("n2", kOther));
  EXPECT_FALSE(is_shown("n3", kKey));
  EXPECT_TRUE(is_shown("n4", kKey));
}

TEST_F(VisitLogTest, TellsBrowsersApart) {
  open();
  log->show("nas", kBrowser, kKey);
  log->show("nas", kOtherBrowser, kKey);
  log->show("nas", kBrowser, kOther);
  EXPECT_FALSE(log->may_hold_another("nas", kBrowser, kOther));
  EXPECT_TRUE(log->may_hold_another("nas", kOtherBrowser, kOther));
  log->show("nas", kOtherBrowser, kOther);
  EXPECT_FALSE(log->may_hold_another("nas", kOtherBrowser, kOther));
  EXPECT_FALSE(log->may_hold_another("nas-2", kBrowser, kKey)) << "another label";
}

TEST_F(VisitLogTest, TakesABrowserThatIsNotKnownForTheLastOne) {
  open();
  log->show("nas", kBrowser, kKey);
  EXPECT_TRUE(log->may_hold_another("nas", kOtherBrowser, kOther));
  log->show("nas", kBrowser, kOther);
  EXPECT_FALSE(log->may_hold_another("nas", kOtherBrowser, kOther));
}

TEST_F(VisitLogTest, HasEachPortToldButKnowsThatCookiesGoByNone) {
  const Keeper by_proxy{80, kBrowser.browser};
  open();
  log->show("nas", kBrowser, kKey);
  EXPECT_TRUE(log->may_hold_another("nas", by_proxy, kOther)) << "a cookie of the other port's";
  log->show("nas", by_proxy, kOther);
  EXPECT_FALSE(log->may_hold_another("nas", by_proxy, kOther));
  EXPECT_TRUE(log->may_hold_another("nas", kBrowser, kOther)) << "storage, of this port";
  log->show("nas", kBrowser, kOther);
  EXPECT_FALSE(log->may_hold_another("nas", kBrowser, kOther));
  EXPECT_FALSE(log->may_hold_another("nas", by_proxy, kOther));
}

TEST_F(VisitLogTest, NoticesACookieThatCameBackAtAnotherPort) {
  const Keeper by_proxy{80, kBrowser.browser};
  open();
  log->show("nas", by_proxy, kOther);
  log->show("nas", kBrowser, kKey);
  EXPECT_TRUE(log->may_hold_another("nas", by_proxy, kOther));
  log->show("nas", by_proxy, kOther);
  open_again();
  EXPECT_FALSE(log->may_hold_another("nas", by_proxy, kOther));
}

TEST_F(VisitLogTest, KnowsWhatOlderVersionsWroteWithoutABrowser) {
  open();
  store->write_shown({"nas", kKey, 1});
  open_again();
  EXPECT_TRUE(log->may_hold_another("nas", kBrowser, kOther));
  EXPECT_FALSE(log->may_hold_another("nas", kBrowser, kKey));
  log->show("nas", kBrowser, kOther);
  EXPECT_FALSE(log->may_hold_another("nas", kBrowser, kOther));
}

TEST_F(VisitLogTest, LetsInventedBrowsersDriveOutTheirOwnLabelsAlone) {
  open();
  log->show("wiki", kBrowser, kKey);
  log->show("nas", kBrowser, kKey);
  for (std::size_t i = 0; i < VisitLog::kMaxShown; ++i) log->show("nas", {7009, "n" + std::to_string(i)}, kOther);
  EXPECT_TRUE(is_shown("wiki", kKey));
  EXPECT_TRUE(log->may_hold_another("nas", kBrowser, kKey)) << "it is as one that is not known";
  EXPECT_THAT(store->shown(), SizeIs(1 + VisitLog::kMaxKeepers));
}

TEST_F(VisitLogTest, GoesOnInMemoryWhereItCannotWrite) {
  const LogCapture lines;
  open();
  {
    const FullDisk full(0);
    log->reached(kKey, "lan", kNow);
    log->show("nas", kBrowser, kKey);
    log->flush();
    store->close();
  }
  EXPECT_THAT(lines.lines(), testing::ElementsAre(HasSubstr("peers.db")));
  EXPECT_EQ(visit(), (Visit{kNow, "lan", {}, ""}));
  EXPECT_TRUE(is_shown("nas", kKey));
}

TEST_F(VisitLogTest, BeginsAnewWhereTheFileIsDamaged) {
  open();
  log->reached(kKey, "lan", kNow);
  log.reset();
  store.reset();
  write_file(dir / "peers.db", std::string(10'000, 'x'));
  const LogCapture lines;
  open();
  EXPECT_THAT(lines.lines(), testing::ElementsAre(HasSubstr("peers.db.corrupt-")));
  EXPECT_EQ(log->visit(kKey), nullptr);
  log->reached(kKey, "lan", kNow);
  open_again();
  EXPECT_TRUE(log->visit(kKey));
}

TEST_F(VisitLogTest, PassesOverWhatAForeignHandHasWritten) {
  open();
  log->reached(kKey, "lan", kNow);
  log->flush();
  store->close();
  Database((dir / "peers.db").string(), SQLITE_OPEN_READWRITE)
      .script(
          "INSERT INTO visit VALUES (x'00', 1, 'lan', NULL, ''), (zeroblob(20), NULL, '', NULL, '');"
          "INSERT INTO shown VALUES ('nas', 'text', 1)");
  open_again();
  EXPECT_TRUE(log->visit(kKey));
  EXPECT_EQ(log->visit(key_number(0)), nullptr) << "it has no time at all";
  EXPECT_FALSE(log->may_hold_another("nas", kBrowser, kKey));
}

}  // namespace
}  // namespace hardline::store
