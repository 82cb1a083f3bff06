#include "hardline/lan/lan_listing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lan/fake_lan.hpp"
#include "support/test_io.hpp"

namespace hardline::lan {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kNever = 24h;  // longer than any test

const KeyHash kKey = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6").value();
const KeyHash kOtherKey = KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d").value();

tcp::endpoint at(const std::string& address, std::uint16_t port = 7008) {
  return {asio::ip::make_address(address), port};
}

/// Everything happens soon, but who was heard within the last ten seconds is there.
LanListingTimes fast() {
  return {.search_every = 20ms, .gone_after = 10s, .answer_within = 10ms, .search_pause = 10ms, .news_pause = 5ms};
}

class LanListingTest : public testing::Test {
 protected:
  ~LanListingTest() override {
    if (!listing) return;
    listing->close();
    io.await(tasks.join());
  }

  LanListing& start(LanListingTimes times = fast()) { return listing.emplace(io.executor(), lan, tasks, times); }

  std::vector<KeyHash> keys() {
    std::vector<KeyHash> keys;
    for (const auto& neighbour : listing->neighbours()) keys.push_back(neighbour.key);
    return keys;
  }
  bool has_searched(int times) {
    return io.run_until([&] { return lan.general_searches >= times; });
  }
  static awaitable<void> waiting(Event& event) { co_await event.wait(); }

  support::TestIo io{support::Time::fake};
  TaskGroup tasks{io.executor()};
  FakeLan lan;
  std::optional<LanListing> listing;
};

TEST_F(LanListingTest, SearchesAgainAndAgainWhileSomebodyLooks) {
  const auto token = start().look();
  EXPECT_TRUE(has_searched(4));
}

TEST_F(LanListingTest, SearchesOnceForAGlance) {
  auto times = fast();
  times.search_pause = kNever;
  start(times).glance();
  listing->glance();
  io.settle();
  EXPECT_EQ(lan.general_searches, 1);
}

TEST_F(LanListingTest, DoesNotSearchForAGlanceOnceClosed) {
  start().close();
  listing->glance();
  EXPECT_EQ(lan.general_searches, 0);
}

TEST_F(LanListingTest, DoesNotSearchBeforeSomebodyLooks) {
  lan.knows(kKey, at("192.168.1.2"), 60s);
  start();
  io.settle();
  EXPECT_EQ(lan.general_searches, 0);
  EXPECT_THAT(keys(), ElementsAre(kKey));
}

TEST_F(LanListingTest, StopsWhenTheLastOneLooksAway) {
  auto token = start().look();
  auto other = listing->look();
  EXPECT_TRUE(has_searched(1));
  token.reset();
  EXPECT_TRUE(has_searched(3));
  other.reset();
  EXPECT_TRUE(io.run_until([this] { return tasks.size() == 0; }));
}

TEST_F(LanListingTest, SearchesAgainForOneWhoLooksLater) {
  auto times = fast();
  times.search_every = kNever;
  auto token = start(times).look();
  EXPECT_TRUE(has_searched(1));
  token.reset();
  token = listing->look();
  EXPECT_TRUE(has_searched(2));
}

TEST_F(LanListingTest, SearchesOnceForManyWhoComeAndGo) {
  auto times = fast();
  times.search_every = times.search_pause = kNever;
  start(times);
  for (int i = 0; i < 10; ++i) {
    const auto token = listing->look();
    io.finish_the_moment();
  }
  EXPECT_EQ(lan.general_searches, 1);
}

TEST_F(LanListingTest, ForgetsWhoAnswersNoMore) {
  lan.knows(kKey, at("192.168.1.2"), 20s);
  lan.knows(kOtherKey, at("192.168.1.3"), 20s);
  int searches_at_end = 0;
  lan.when_searched = [&] { lan.hears(kKey, at("192.168.1.2")); };
  const auto token = start().look();
  EXPECT_TRUE(io.run_until([&] {
    searches_at_end = lan.general_searches;
    return keys().size() == 1;
  }));
  EXPECT_THAT(keys(), ElementsAre(kKey));
  EXPECT_GE(searches_at_end, 3);
}

TEST_F(LanListingTest, KeepsWhoWasHeardLatelyHoweverOftenItWasAsked) {
  auto times = fast();
  times.gone_after = kNever;
  lan.knows(kKey, at("192.168.1.2"), 20s);
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(8));
  EXPECT_THAT(keys(), ElementsAre(kKey));
}

TEST_F(LanListingTest, GivesTheLastSearchTimeForAnAnswer) {
  auto times = fast();
  times.answer_within = kNever;
  lan.knows(kKey, at("192.168.1.2"), 20s);
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(8));
  EXPECT_THAT(keys(), ElementsAre(kKey));
}

TEST_F(LanListingTest, HasAServiceOnceWithAllItsMachines) {
  lan.knows(kKey, at("192.168.1.3", 7009), 1s, "New title");
  lan.knows(kKey, at("192.168.1.2"), 2s, "Old title");
  lan.knows(kKey, at("192.168.1.3", 7008), 3s, "Older title");
  start();
  const auto neighbours = listing->neighbours();
  ASSERT_THAT(neighbours, SizeIs(1));
  EXPECT_EQ(neighbours[0].title, "New title");
  EXPECT_THAT(neighbours[0].machines, ElementsAre(at("192.168.1.3", 7009), at("192.168.1.2")));
  EXPECT_EQ(neighbours[0].heard_ago, 1s);
}

TEST_F(LanListingTest, IsSortedByTitleThenKey) {
  const auto third = KeyHash::parse("5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b").value();
  lan.knows(third, at("192.168.1.2"), 1s, "b");
  lan.knows(kOtherKey, at("192.168.1.2"), 2s, "A");
  lan.knows(kKey, at("192.168.1.2"), 3s, "a");
  start();
  EXPECT_THAT(keys(), ElementsAre(kKey, kOtherKey, third));
}

TEST_F(LanListingTest, TellsWhoWasHeard) {
  auto times = fast();
  times.search_every = kNever;
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(1));
  for (int i = 0; i < 2; ++i) {  // the second time is news as well: it is fresh
    auto told = io.start(waiting(listing->changed()));
    io.finish_the_moment();
    lan.hears(kKey, at("192.168.1.2"));
    told.get();
    EXPECT_THAT(keys(), ElementsAre(kKey));
  }
}

TEST_F(LanListingTest, TellsWhoIsGone) {
  lan.knows(kKey, at("192.168.1.2"), 20s);
  const auto token = start().look();
  bool gone = false;
  while (!gone) {
    auto told = io.start(waiting(listing->changed()));
    told.get();
    gone = keys().empty();
  }
}

TEST_F(LanListingTest, PausesBetweenNewsOfATalkativeNeighbour) {
  auto times = fast();
  times.search_every = times.news_pause = kNever;
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(1));
  lan.hears(kKey, at("192.168.1.2"));  // told at once, which begins the pause
  io.settle();
  auto told = io.start(waiting(listing->changed()));
  io.finish_the_moment();
  for (std::uint16_t port = 1; port < 100; ++port) lan.hears(kKey, at("192.168.1.2", port));
  io.settle();
  EXPECT_FALSE(told.done());
}

TEST_F(LanListingTest, SearchesForOneWhoGlancesAndHearsTheAnswers) {
  auto times = fast();
  times.search_every = kNever;
  lan.when_searched = [&] { lan.hears(kKey, at("192.168.1.2")); };
  start(times).glance();
  EXPECT_TRUE(io.run_until([this] { return !lan.searched.empty(); }));
  EXPECT_EQ(lan.general_searches, 1);
  EXPECT_TRUE(io.run_until([this] { return tasks.size() == 0; }));
}

TEST_F(LanListingTest, AsksEachOnceForThePasswordThatAListIsNotTold) {
  lan.when_searched = [&] { lan.hears(kKey, at("192.168.1.2")); };
  const auto token = start().look();
  EXPECT_TRUE(has_searched(4));
  EXPECT_THAT(lan.searched, ElementsAre(kKey));
  EXPECT_FALSE(listing->neighbours().at(0).password);
  lan.announce_with_password(kKey, at("192.168.1.2"), *Password::parse("abc"));
  lan.hears(kKey, at("192.168.1.2"));
  ASSERT_TRUE(listing->neighbours().at(0).password);
  EXPECT_EQ(listing->neighbours().at(0).password->reveal(), "abc");
}

TEST_F(LanListingTest, AsksAgainForThePasswordOfOneWhoWasGone) {
  auto times = fast();
  times.gone_after = 10ms;
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(1));
  lan.hears(kKey, at("192.168.1.2"));
  lan.announce_with_password(kKey, at("192.168.1.2"), *Password::parse("abc"));
  EXPECT_TRUE(io.run_until([&] { return keys().empty(); }));
  const auto searches = lan.general_searches;
  EXPECT_TRUE(has_searched(searches + 2));
  lan.hears(kKey, at("192.168.1.2"));
  EXPECT_THAT(lan.searched, ElementsAre(kKey, kKey));
  EXPECT_FALSE(listing->neighbours().at(0).password);
}

TEST_F(LanListingTest, LetsNoOtherMachineReplaceAPassword) {
  const auto token = start().look();
  EXPECT_TRUE(has_searched(1));
  lan.hears(kKey, at("192.168.1.2"));
  lan.hears(kKey, at("192.168.1.66"));
  const auto password = [this] { return listing->neighbours().at(0).password->reveal(); };
  lan.announce_with_password(kKey, at("192.168.1.2"), *Password::parse("abc"));
  lan.announce_with_password(kKey, at("192.168.1.66"), *Password::parse("wrong"));
  EXPECT_EQ(password(), "abc");
  lan.announce_with_password(kKey, at("192.168.1.2"), *Password::parse("new"));
  EXPECT_EQ(password(), "new");
}

TEST_F(LanListingTest, AsksWhoIsLeftWhenTheMachineThatToldAPasswordIsGone) {
  auto times = fast();
  times.gone_after = 10ms;
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(1));
  lan.when_searched = [&] { lan.hears(kKey, at("192.168.1.66")); };
  lan.hears(kKey, at("192.168.1.2"));
  lan.announce_with_password(kKey, at("192.168.1.2"), *Password::parse("abc"));
  EXPECT_TRUE(io.run_until([this] { return lan.searched.size() == 2; }));
  EXPECT_FALSE(listing->neighbours().at(0).password);
  lan.announce_with_password(kKey, at("192.168.1.66"), *Password::parse("other"));
  EXPECT_EQ(listing->neighbours().at(0).password->reveal(), "other");
}

TEST_F(LanListingTest, TakesNoPasswordThatWouldLeadALinkElsewhere) {
  const auto token = start().look();
  EXPECT_TRUE(has_searched(1));
  lan.hears(kKey, at("192.168.1.66"));
  lan.announce_with_password(kKey, at("192.168.1.66"), *Password::parse("3232235777#"));
  EXPECT_FALSE(listing->neighbours().at(0).password);
}

TEST_F(LanListingTest, LeavesPlaceForOtherSearchesHoweverManyServicesThereAre) {
  auto times = fast();
  times.search_every = kNever;
  const auto token = start(times).look();
  EXPECT_TRUE(has_searched(1));
  for (unsigned i = 0; i < 1000; ++i)
    lan.hears(KeyHash::parse(std::string(36, '0') + std::to_string(1000 + i)).value(), at("192.168.1.2"));
  EXPECT_THAT(lan.searched, SizeIs(LanListing::kKeysAsked));
}

TEST_F(LanListingTest, EndsWhenItIsClosedThoughSomebodyLooks) {
  const auto token = start().look();
  EXPECT_TRUE(has_searched(1));
  auto told = io.start(waiting(listing->changed()));
  io.finish_the_moment();
  listing->close();
  told.get();
  EXPECT_TRUE(io.run_until([this] { return tasks.size() == 0; }));
  const auto another = listing->look();
  io.settle();
  EXPECT_EQ(tasks.size(), 0u);
}

TEST_F(LanListingTest, MayGoBeforeItsLookers) {
  auto token = start().look();
  listing.reset();
  io.await(tasks.join());
  token.reset();
}

}  // namespace
}  // namespace hardline::lan
