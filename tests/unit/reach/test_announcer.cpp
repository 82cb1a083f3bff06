#include "hardline/reach/announcer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "hardline/base/errc.hpp"
#include "hardline/rt/event.hpp"
#include "support/test_io.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;
using testing::AllOf;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const KeyHash kKey = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6").value();
const KeyHash kOtherKey = KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d").value();
constexpr auto* kHosts = "81.2.69.160:7008";
constexpr auto* kNewHosts = "89.160.20.112:7008";

const system_clock::time_point kNoon = system_clock::time_point(std::chrono::days(20000) + 12h);
system_clock::time_point now;

dht::DhtKey key_of(const KeyHash& key, std::uint64_t day = 20000) {
  return dht::DhtKey::of(RollingCode::of(key, day));
}

/// What is in the network, whoever put it there.
using Values = std::multimap<dht::DhtKey, std::string>;

/// A DHT that does what its test says.
template <class Base>
class FakeDht : public Base {
 public:
  FakeDht(Executor executor, std::string name, Values& values) : changed(executor), values_(values), name_(name) {}

  std::string name() const override { return name_; }

  awaitable<std::error_code> put(dht::DhtKey key, std::string value, dht::Dht::Deadline deadline) override {
    puts.emplace_back(key, value);
    ++running;
    most_at_once = std::max(most_at_once, running);
    while (hangs && Clock::now() < deadline) co_await changed.wait_until(deadline);
    --running;
    if (hangs) co_return make_error_code(Errc::timed_out);
    if (refuses) co_return make_error_code(std::errc::connection_refused);
    if (!forgets) values_.emplace(key, value);
    co_return std::error_code();
  }

  awaitable<std::error_code> get(dht::DhtKey key, std::shared_ptr<dht::Lookup> lookup,
                                 dht::Dht::Deadline deadline) override {
    gets.push_back(key);
    while (hangs && !lookup->stopped() && Clock::now() < deadline) co_await changed.wait_until(deadline);
    if (hangs) co_return make_error_code(Errc::timed_out);
    if (refuses) co_return make_error_code(std::errc::connection_refused);
    if (is_blind) co_return std::error_code();
    const auto [first, last] = values_.equal_range(key);
    for (auto at = first; at != last; ++at) lookup->offer(at->second);
    co_return lookup->stopped() ? make_error_code(Errc::cancelled) : std::error_code();
  }

  bool is_touched() const { return !puts.empty() || !gets.empty(); }

  bool hangs = false;     ///< answers at the deadline
  bool refuses = false;   ///< answers at once that it cannot
  bool forgets = false;   ///< takes a value, and does nothing with it
  bool is_blind = false;  ///< finds nothing
  std::vector<std::pair<dht::DhtKey, std::string>> puts;
  std::vector<dht::DhtKey> gets;
  int running = 0;
  int most_at_once = 0;
  Event changed;

 private:
  Values& values_;
  std::string name_;
};

using FakeNode = FakeDht<dht::Dht>;

class FakeProxy : public FakeDht<dht::ProxyDht> {
 public:
  using FakeDht::FakeDht;
  bool loses_puts() const override { return is_zombie; }
  void note_put_lost(bool lost) override { is_zombie = lost; }
  bool is_zombie = false;
};

AnnouncerTimes test_times() {
  AnnouncerTimes times;
  times.put_every = 1h;
  times.settle = 10ms;
  times.retry_after = 20ms;
  times.retry_at_most = 40ms;
  times.put_limit = 30ms;
  times.rest = 1h;
  times.zombie_rest = 1h;
  times.confirm_after = 5ms;
  times.confirm_limit = 30ms;
  times.look_at_clock = 5ms;
  return times;
}

class AnnouncerTest : public testing::Test {
 protected:
  AnnouncerTest() { now = kNoon; }
  ~AnnouncerTest() override { finish(); }

  /// Starts; a test changes `times` and the fakes before.
  Announcer& start(std::initializer_list<dht::ProxyDht*> proxies = {}, bool with_node = true) {
    announcer.emplace(io.executor(), with_node ? &node : nullptr, std::vector(proxies), clock, times);
    running = io.start(announcer->run());
    return *announcer;
  }
  Announcer& start_publishing(std::initializer_list<dht::ProxyDht*> proxies = {}, bool with_node = true) {
    start(proxies, with_node);
    announcer->publish({kKey});
    announcer->set_hosts(kHosts);
    return *announcer;
  }

  void finish() {
    if (!announcer) return;
    announcer->close();
    running->get();
    // What was left to its Dht ends before the Dht goes.
    for (auto* each : {&node}) each->hangs = false, each->changed.notify();
    for (auto* each : {&first, &second}) each->hangs = false, each->changed.notify();
    io.settle();
    announcer.reset();
  }

  const Announcement& announcement(const KeyHash& key = kKey) { return announcer->announcements().at(key); }
  bool is_confirmed() { return announcement().confirmed == true; }

  support::TestIo io{support::Time::fake};
  Values values;
  FakeNode node{io.executor(), "the DHT", values};
  FakeProxy first{io.executor(), "http://first", values};
  FakeProxy second{io.executor(), "http://second", values};
  dht::NetworkClock clock{[] { return now; }};
  AnnouncerTimes times = test_times();
  std::optional<Announcer> announcer;
  std::optional<support::Running<void>> running;
};

TEST_F(AnnouncerTest, PutsAServiceUnderTodaysKey) {
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_THAT(node.puts, ElementsAre(std::pair(key_of(kKey), std::string(kHosts))));
  EXPECT_EQ(announcement().last_put, kNoon);
  EXPECT_EQ(announcement().by, "the DHT");
  EXPECT_EQ(announcement().problem, "");
}

TEST_F(AnnouncerTest, PutsUnderTheNeighboursKeyNearMidnight) {
  now = kNoon + 11h;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 2; }));
  EXPECT_THAT(node.puts, ElementsAre(std::pair(key_of(kKey), std::string(kHosts)),
                                     std::pair(key_of(kKey, 20001), std::string(kHosts))));
}

TEST_F(AnnouncerTest, TouchesNobodyWhileNothingIsPublished) {
  start({&first});
  announcer->set_hosts(kHosts);
  announcer->network_changed();
  io.settle();
  EXPECT_FALSE(node.is_touched() || first.is_touched());
}

TEST_F(AnnouncerTest, PutsNothingWhileItCanBeReachedNowhere) {
  start({&first});
  announcer->publish({kKey});
  io.settle();
  EXPECT_FALSE(node.is_touched() || first.is_touched());
  EXPECT_EQ(announcement().last_put, std::nullopt);
  announcer->set_hosts(kHosts);
  EXPECT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
}

TEST_F(AnnouncerTest, PutsAgainBeforeTheValueExpires) {
  times.put_every = 15ms;
  start_publishing();
  const auto began = Clock::now();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 3; }));
  EXPECT_EQ(Clock::now() - began, 2 * times.put_every + times.settle);
}

TEST_F(AnnouncerTest, PutsChangesAtOnceAndThoseInARowOnce) {
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 1; }));
  for (const auto* hosts : {"198.41.0.4:1", "198.41.0.4:2", kNewHosts}) announcer->set_hosts(hosts);
  announcer->publish({kKey, kOtherKey});
  ASSERT_TRUE(io.run_until([&] { return values.size() == 3; }));
  io.settle();
  EXPECT_THAT(node.puts, UnorderedElementsAre(std::pair(key_of(kKey), kHosts), std::pair(key_of(kKey), kNewHosts),
                                              std::pair(key_of(kOtherKey), kNewHosts)));
}

TEST_F(AnnouncerTest, PutsAChangeThatCameDuringAPut) {
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->set_hosts(kNewHosts);
  node.hangs = false;
  node.changed.notify();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 2; }));
  EXPECT_EQ(node.puts.back().second, kNewHosts);
}

TEST_F(AnnouncerTest, WhatIsUnchangedIsNoNews) {
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 1; }));
  announcer->set_hosts(kHosts);
  announcer->publish({kKey});
  io.settle();
  EXPECT_THAT(node.puts, SizeIs(1));
}

TEST_F(AnnouncerTest, StopsPuttingWhatIsWithdrawn) {
  times.put_every = 5ms;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() >= 2; }));
  announcer->publish({});
  EXPECT_THAT(announcer->announcements(), IsEmpty());
  const auto before = node.puts.size();
  io.settle();
  EXPECT_LE(node.puts.size(), before + 1);  // one may have been under way
}

TEST_F(AnnouncerTest, StopsPuttingWhatWasWithdrawnDuringAPut) {
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->publish({});
  node.hangs = false;
  node.changed.notify();
  io.settle();
  EXPECT_THAT(node.puts, SizeIs(1));
}

TEST_F(AnnouncerTest, FollowsTheDayWithoutWaiting) {
  now = kNoon + 9h + 59min;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 1; }));
  now += 2min;  // two hours before midnight
  ASSERT_TRUE(io.run_until([&] { return values.size() == 2; }));
  EXPECT_EQ(node.puts.back().first, key_of(kKey, 20001));
  now += 5h;  // the next day, and far from midnight
  io.settle();
  EXPECT_THAT(node.puts, SizeIs(2)) << "what was put under the next day's key is there already";
}

TEST_F(AnnouncerTest, PutsAtOnceUnderTheDayThatAProxySays) {
  times.look_at_clock = 1h;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 1; }));
  clock.observe(kNoon + 72h);
  ASSERT_TRUE(io.run_until([&] { return values.size() == 2; }));
  EXPECT_EQ(node.puts.back().first, key_of(kKey, 20003));
}

TEST_F(AnnouncerTest, PutsAHundredServicesFewAtATime) {
  std::vector<KeyHash> keys;
  for (std::uint8_t i = 0; i < 100; ++i) keys.emplace_back(Hash160Bytes{i});
  node.hangs = true;
  times.put_limit = 1ms;
  start();
  announcer->publish(keys);
  announcer->set_hosts(kHosts);
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() >= 20; }));
  EXPECT_EQ(node.most_at_once, static_cast<int>(kPutsAtOnce));
  node.hangs = false;
  ASSERT_TRUE(io.run_until([&] { return values.size() == 100; }));
}

TEST_F(AnnouncerTest, PutsAgainWhenTheNetworkHasChanged) {
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 1; }));
  announcer->network_changed();
  EXPECT_TRUE(io.run_until([&] { return node.puts.size() == 2; }));
}

TEST_F(AnnouncerTest, PutsAgainWhenTheNetworkHasChangedDuringAPut) {
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->network_changed();
  node.hangs = false;
  node.changed.notify();
  EXPECT_TRUE(io.run_until([&] { return node.puts.size() == 2; }));
}

TEST_F(AnnouncerTest, AFailureIsNotTheEndOfAChangeThatCameDuringThePut) {
  times.retry_after = times.retry_at_most = 1h;
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->set_hosts(kNewHosts);
  node.hangs = false;
  node.refuses = true;
  node.changed.notify();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 2; }));
  EXPECT_EQ(node.puts.back().second, kNewHosts);
}

TEST_F(AnnouncerTest, NobodyElseIsGivenWhatIsOld) {
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->set_hosts(kNewHosts);
  node.hangs = false;
  node.refuses = true;
  node.changed.notify();
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_THAT(first.puts, ElementsAre(std::pair(key_of(kKey), std::string(kNewHosts))));
}

TEST_F(AnnouncerTest, AChangeForgetsHowOftenAPutFailed) {
  times.retry_after = 5ms;
  times.retry_at_most = 1h;
  node.refuses = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 7; }));  // the next pause is 320 ms
  announcer->set_hosts(kNewHosts);
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 8; }));
  const auto began = Clock::now();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 9; }));
  EXPECT_LE(Clock::now() - began, 2 * times.retry_after);
}

TEST_F(AnnouncerTest, AnotherNetworkEndsThePutThatWasUnderWay) {
  times.retry_after = times.retry_at_most = 1h;
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->network_changed();
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 2; }));
  EXPECT_EQ(node.running, 2) << "the first one had ended by itself";
  EXPECT_THAT(first.puts, IsEmpty()) << "the node was given up";
  EXPECT_EQ(announcement().problem, "");
  node.hangs = false;
  node.changed.notify();
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_EQ(announcement().by, "the DHT");
}

TEST_F(AnnouncerTest, ANetworkThatChangesAllTheTimeIsNoReasonToPutAllTheTime) {
  times.retry_after = 1h;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return values.size() == 1; }));
  io.settle();
  for (int i = 0; i < 3; ++i) {
    announcer->network_changed();
    io.settle();
  }
  EXPECT_THAT(node.puts, SizeIs(1));
}

// Who puts

TEST_F(AnnouncerTest, WhereTheNodeCannotTheFirstProxyPuts) {
  node.refuses = true;
  start_publishing({&first, &second});
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_EQ(announcement().by, "http://first");
  EXPECT_THAT(node.puts, SizeIs(1));
  EXPECT_THAT(second.puts, IsEmpty());
}

TEST_F(AnnouncerTest, WhereTheNodeDoesNotAnswerAProxyPuts) {
  node.hangs = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_EQ(announcement().by, "http://first");
}

TEST_F(AnnouncerTest, WithoutANodeAProxyPuts) {
  start_publishing({&first}, false);
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_EQ(announcement().by, "http://first");
}

TEST_F(AnnouncerTest, ADeadProxyIsNotTheLast) {
  node.refuses = first.refuses = true;
  start_publishing({&first, &second});
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_EQ(announcement().by, "http://second");
}

TEST_F(AnnouncerTest, WhoeverFailedIsLeftAloneForAWhile) {
  times.put_every = 5ms;
  times.rest = 300ms;
  node.refuses = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return first.puts.size() == 4; }));
  EXPECT_THAT(node.puts, SizeIs(1));
  node.refuses = false;
  EXPECT_TRUE(io.run_until([&] { return announcement().by == "the DHT"; })) << "the node is tried again";
}

TEST_F(AnnouncerTest, AnotherNetworkIsAnotherChanceForTheNode) {
  node.refuses = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return first.puts.size() == 1; }));
  node.refuses = false;
  announcer->network_changed();
  EXPECT_TRUE(io.run_until([&] { return announcement().by == "the DHT"; }));
}

TEST_F(AnnouncerTest, WhatNobodyTookIsTriedAgain) {
  node.refuses = first.refuses = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() == 2; }));
  EXPECT_EQ(announcement().last_put, std::nullopt);
  EXPECT_THAT(announcement().problem, AllOf(HasSubstr("the DHT: "), HasSubstr("http://first: ")));
  node.refuses = false;
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  EXPECT_EQ(announcement().problem, "");
}

TEST_F(AnnouncerTest, WhatNobodyTookIsPutAtOnceWhenTheNodeHasConnected) {
  times.retry_after = times.retry_at_most = 1h;
  node.refuses = first.refuses = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return !announcement().problem.empty(); }));
  node.refuses = false;
  announcer->node_connected();
  EXPECT_TRUE(io.run_until([&] { return announcement().by == "the DHT"; }));
}

TEST_F(AnnouncerTest, ANodeThatConnectsIsNoReasonToPutAgainWhatAProxyTook) {
  node.refuses = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return first.puts.size() == 1; }));
  node.refuses = false;
  announcer->node_connected();
  io.settle();
  EXPECT_THAT(node.puts, SizeIs(1));
  announcer->set_hosts(kNewHosts);
  EXPECT_TRUE(io.run_until([&] { return announcement().by == "the DHT"; })) << "but it is asked first then";
}

TEST_F(AnnouncerTest, WithoutAnybodyToPutSaysSo) {
  start_publishing({}, false);
  ASSERT_TRUE(io.run_until([&] { return !announcement().problem.empty(); }));
}

// Whether it is there

TEST_F(AnnouncerTest, AProxyConfirmsWhatTheNodePut) {
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return announcement().confirmed.has_value(); }));
  EXPECT_TRUE(is_confirmed());
  EXPECT_THAT(first.gets, ElementsAre(key_of(kKey)));
  EXPECT_THAT(node.gets, IsEmpty());
}

TEST_F(AnnouncerTest, TheNodeConfirmsItselfWhereNobodyElseCan) {
  first.refuses = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return announcement().confirmed.has_value(); }));
  EXPECT_TRUE(is_confirmed());
  EXPECT_THAT(node.gets, SizeIs(1));
}

TEST_F(AnnouncerTest, TheNodesOwnWordDoesNotStandAgainstAProxys) {
  first.is_blind = true;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return announcement().confirmed.has_value(); }));
  EXPECT_FALSE(is_confirmed());
  EXPECT_THAT(node.gets, IsEmpty());
}

TEST_F(AnnouncerTest, AnotherConfirmsWhatAProxyPut) {
  start_publishing({&first, &second}, false);
  ASSERT_TRUE(io.run_until([&] { return announcement().confirmed.has_value(); }));
  EXPECT_TRUE(is_confirmed());
  EXPECT_THAT(second.gets, SizeIs(1));
  EXPECT_THAT(first.gets, IsEmpty());
}

TEST_F(AnnouncerTest, LooksAgainOnceInAWhileOnly) {
  times.put_every = 8ms;
  times.confirm_each = 4;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return node.puts.size() >= 12; }));
  EXPECT_THAT(first.gets, SizeIs(AllOf(Gt(1u), Le(node.puts.size() / 4 + 1))));
}

TEST_F(AnnouncerTest, SaysNothingWhereNobodyCanTell) {
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  node.refuses = true;
  ASSERT_TRUE(io.run_until([&] { return node.gets.size() == 1; }));
  io.settle();
  EXPECT_EQ(announcement().confirmed, std::nullopt);
}

TEST_F(AnnouncerTest, AKeyThatOthersFilledProvesNothing) {
  for (std::size_t i = 0; i < dht::Lookup::kMaxValues; ++i) values.emplace(key_of(kKey), std::to_string(i));
  first.forgets = true;
  start_publishing({&first}, false);
  ASSERT_TRUE(io.run_until([&] { return first.gets.size() == 1; }));
  io.settle();
  EXPECT_EQ(announcement().confirmed, std::nullopt);
  EXPECT_FALSE(first.is_zombie);
}

TEST_F(AnnouncerTest, AProxyThatLosesPutsIsNoticedAndPassedOver) {
  first.forgets = true;
  start_publishing({&first, &second}, false);
  ASSERT_TRUE(io.run_until([&] { return is_confirmed(); }));
  EXPECT_TRUE(first.is_zombie);
  EXPECT_FALSE(second.is_zombie);
  EXPECT_EQ(announcement().by, "http://second");
  announcer->set_hosts(kNewHosts);
  ASSERT_TRUE(io.run_until([&] { return is_confirmed(); }));
  EXPECT_THAT(first.puts, SizeIs(1)) << "it was put there again";
}

TEST_F(AnnouncerTest, AProxyThatFindsNothingDoesNotMakeAnotherAZombie) {
  second.is_blind = true;
  start_publishing({&first, &second}, false);
  ASSERT_TRUE(io.run_until([&] { return announcement().confirmed.has_value(); }));
  EXPECT_TRUE(is_confirmed());
  EXPECT_FALSE(first.is_zombie);
}

TEST_F(AnnouncerTest, AZombieIsTriedAgainLater) {
  times.zombie_rest = 100ms;
  times.put_every = 10ms;
  first.forgets = true;
  start_publishing({&first, &second}, false);
  ASSERT_TRUE(io.run_until([&] { return first.is_zombie; }));
  first.forgets = false;
  values.clear();
  second.forgets = true;  // so that what is found is the first one's
  second.is_blind = false;
  ASSERT_TRUE(io.run_until([&] { return !first.is_zombie; }));
}

TEST_F(AnnouncerTest, AZombieIsBetterThanNobody) {
  first.forgets = true;
  start_publishing({&first}, false);
  ASSERT_TRUE(io.run_until([&] { return first.is_zombie; }));
  EXPECT_FALSE(is_confirmed());
  announcer->set_hosts(kNewHosts);
  EXPECT_TRUE(io.run_until([&] { return first.puts.back().second == kNewHosts; }));
}

TEST_F(AnnouncerTest, ConfirmsNothingThatIsNotSaidAnyMore) {
  times.confirm_after = 30ms;
  start_publishing({&first});
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  announcer->set_hosts("");
  ASSERT_TRUE(io.run_until([&] { return first.gets.size() == 1; }));
  io.settle();
  EXPECT_EQ(announcement().confirmed, std::nullopt);
}

// The end

TEST_F(AnnouncerTest, CloseEndsItInTheMiddleOfAPut) {
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  const auto began = Clock::now();
  announcer->close();
  running->get();
  EXPECT_EQ(Clock::now(), began);
}

TEST_F(AnnouncerTest, CloseEndsItInTheMiddleOfAGet) {
  times.confirm_limit = 1h;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return announcement().last_put.has_value(); }));
  node.hangs = true;
  ASSERT_TRUE(io.run_until([&] { return node.gets.size() == 1; }));
  announcer->close();
  running->get();
}

TEST_F(AnnouncerTest, PutsThatOutliveItHarmNobody) {
  times.put_limit = 1h;
  node.hangs = true;
  start_publishing();
  ASSERT_TRUE(io.run_until([&] { return node.running == 1; }));
  announcer->close();
  running->get();
  announcer.reset();
  node.hangs = false;
  node.changed.notify();
  ASSERT_TRUE(io.run_until([&] { return node.running == 0; }));
  io.settle();
}

}  // namespace
}  // namespace hardline::reach
