#include "hardline/find/network_finder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <set>

#include "hardline/base/errc.hpp"
#include "lan/fake_lan.hpp"
#include "support/test_io.hpp"

namespace hardline::find {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr auto kNever = 1h;  // longer than any test

const KeyHash kKey = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6").value();
const KeyHash kOtherKey = KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d").value();

tcp::endpoint at(const std::string& address, std::uint16_t port = 7008) {
  return {asio::ip::make_address(address), port};
}

std::string text(const Candidate& candidate) {
  const auto* source = candidate.source == Source::lan          ? " lan"
                       : candidate.source == Source::remembered ? " remembered"
                       : candidate.source == Source::dht        ? " dht"
                       : candidate.source == Source::dht_proxy  ? " proxy"
                                                                : " here";
  return candidate.endpoint.address().to_string() + source;
}

/// A DHT in which the test puts values, while somebody asks.
class FakeDht final : public dht::Dht {
 public:
  struct Get {
    dht::DhtKey key;
    std::shared_ptr<dht::Lookup> lookup;
    Deadline deadline;
    std::optional<std::error_code> ended;
  };

  explicit FakeDht(Executor executor, std::string name) : changed_(executor), name_(std::move(name)) {}

  std::string name() const override { return name_; }

  awaitable<std::error_code> get(dht::DhtKey key, std::shared_ptr<dht::Lookup> lookup, Deadline deadline) override {
    const auto get = std::make_shared<Get>(Get{key, lookup, deadline, {}});
    gets.push_back(get);
    lookup->when_stopped([this, get] { end(*get, Errc::cancelled); });
    while (!get->ended) co_await changed_.wait();
    lookup->when_stopped(nullptr);
    co_return *get->ended;
  }

  awaitable<std::error_code> put(dht::DhtKey, std::string, Deadline) override { co_return Errc::cancelled; }

  void end(Get& get, std::error_code error = {}) {
    if (!get.ended) get.ended = error;
    changed_.notify();
  }

  std::vector<std::shared_ptr<Get>> gets;

 private:
  Event changed_;
  std::string name_;
};

class Sink final : public CandidateSink {
 public:
  void found(const Candidate& candidate) override {
    candidates.push_back(text(candidate));
    whole.push_back(candidate);
    if (when_found) when_found();
  }
  void exhausted() override { ++times_exhausted; }

  std::vector<std::string> candidates;
  std::vector<Candidate> whole;
  int times_exhausted = 0;
  std::function<void()> when_found;
};

class NetworkFinderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "hardline-finder-XXXXXX";
    ASSERT_TRUE(mkdtemp(name.data()));
    folder = name;
    store.emplace(folder / "peers.db");
    make_finder({});
  }

  void TearDown() override {
    search.reset();
    EXPECT_TRUE(run_until([&] { return tasks.size() == 0; })) << "a coroutine outlives its search";
    finder.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }

  void make_finder(FinderTimes times, std::vector<DhtSource> dhts = {}) {
    finder.emplace(io.executor(), lan, *store, std::move(dhts), clock, tasks, times);
  }

  /// A finder whose LAN is silent and has been asked, with both ways into the DHT; the DHT has been asked, too.
  void search_the_dht(FinderTimes times = {.lan_window = 1ms}) {
    make_finder(times, {{Source::dht, &node}, {Source::dht_proxy, &proxy}});
    start();
    ASSERT_TRUE(run_until([&] { return !node.gets.empty() && !proxy.gets.empty(); }));
  }

  void say(FakeDht& dht, const std::string& value) { dht.gets.at(0)->lookup->offer(value); }

  void settle() { io.settle(); }

  SourceReport report(Source source) {
    for (const auto& one : search->sources())
      if (one.source == source) return one;
    throw std::runtime_error("no report of that source");
  }

  bool run_until(const std::function<bool()>& condition) { return io.run_until(condition); }

  std::vector<store::RememberedAddress> stored(const KeyHash& key) {
    std::optional<std::vector<store::RememberedAddress>> result;
    tasks.spawn("test", read(key, result));
    EXPECT_TRUE(run_until([&] { return result.has_value(); }));
    return result.value();
  }

  awaitable<void> read(KeyHash key, std::optional<std::vector<store::RememberedAddress>>& result) {
    auto addresses = co_await store->addresses(key);
    result = std::move(addresses);
  }

  std::vector<std::string> stored_texts(const KeyHash& key) {
    std::vector<std::string> texts;
    for (const auto& known : stored(key)) texts.push_back(known.address.to_string());
    return texts;
  }

  void remember(const std::vector<HostPort>& hosts) { store->learn(kKey, hosts, system_clock::now()); }

  void start() { search = finder->find(kKey, sink); }

  support::TestIo io{support::Time::fake};
  TaskGroup tasks{io.executor()};
  std::filesystem::path folder;
  /// To and fro, so that the day stays what it is.
  static void pass_the_time_of_a_correction() {
    static bool there = false;
    now += (there = !there) ? dht::kCorrectionHolds : -dht::kCorrectionHolds;
  }

  static inline system_clock::time_point now{std::chrono::hours(24) * 20'000 + 12h};  // of the clock: a noon
  dht::NetworkClock clock{[] { return now; }};
  lan::FakeLan lan;
  FakeDht node{io.executor(), "the DHT"};
  FakeDht proxy{io.executor(), "http://proxy.example"};
  std::optional<store::PeerStore> store;
  std::optional<NetworkFinder> finder;
  Sink sink;
  std::unique_ptr<Search> search;
};

TEST(SourceWord, IsOneWordForEachSource) {
  const std::set<std::string_view> words{source_word(Source::this_machine), source_word(Source::lan),
                                         source_word(Source::remembered), source_word(Source::dht),
                                         source_word(Source::dht_proxy)};
  EXPECT_THAT(words, ElementsAre("dht", "dht_proxy", "lan", "remembered", "this_machine"));
}

TEST_F(NetworkFinderTest, AsksTheLanAndTheStoreAtTheSameTime) {
  make_finder({.lan_window = kNever});
  remember({{"81.2.69.7", 7008}});
  start();
  EXPECT_EQ(lan.searches, 1);
  EXPECT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_THAT(sink.candidates, ElementsAre("81.2.69.7 remembered"));
  EXPECT_EQ(lan.searches, 1);
}

TEST_F(NetworkFinderTest, OffersWhatWasHeardButNeverFromInsideFind) {
  lan.knows(kKey, at("192.168.1.2"), 60s);
  lan.knows(kKey, at("192.168.1.3"), 70s);
  start();
  EXPECT_THAT(sink.candidates, IsEmpty());
  EXPECT_TRUE(run_until([&] { return sink.candidates.size() == 2; }));
  EXPECT_THAT(sink.candidates, ElementsAre("192.168.1.2 lan", "192.168.1.3 lan"));
  EXPECT_EQ(lan.searches, 1) << "it was heard too long ago to rely on it";
}

TEST_F(NetworkFinderTest, OffersAnnouncementsOfItsKeyAlone) {
  start();
  lan.announce(kOtherKey, at("192.168.1.66"));
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_THAT(sink.candidates, ElementsAre("192.168.1.2 lan"));
}

TEST_F(NetworkFinderTest, OffersAnEndpointOnceWhoeverNamesIt) {
  make_finder({.lan_window = 1ms});
  remember({{"81.2.69.2", 7008}});
  lan.knows(kKey, at("81.2.69.2"), 60s);
  start();
  lan.announce(kKey, at("81.2.69.2"));
  lan.announce(kKey, at("81.2.69.2"));
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, ElementsAre("81.2.69.2 lan"));
}

TEST_F(NetworkFinderTest, SpoofedAnswersDoNotCrowdRememberedAddressesOut) {
  std::vector<HostPort> hosts;
  for (int i = 1; i <= 12; ++i) hosts.push_back({"81.2.69." + std::to_string(i), 7008});
  remember(hosts);
  make_finder({.lan_window = 1ms});
  start();
  for (int i = 1; i <= 100; ++i) lan.announce(kKey, at("192.168.1." + std::to_string(i)));
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, SizeIs(kMaxNearCandidates));
  for (int i = 1; i <= 8; ++i) EXPECT_THAT(sink.candidates, Contains("81.2.69." + std::to_string(i) + " remembered"));
}

TEST_F(NetworkFinderTest, TheLanMayUseTheRoomThatNothingRememberedNeeds) {
  make_finder({.lan_window = kNever});
  remember({{"81.2.69.7", 7008}});
  start();
  ASSERT_TRUE(run_until([&] { return tasks.size() == 1; })) << "the store has answered";
  for (int i = 1; i <= 100; ++i) lan.announce(kKey, at("192.168.1." + std::to_string(i)));
  EXPECT_THAT(sink.candidates, SizeIs(kMaxNearCandidates));
}

TEST_F(NetworkFinderTest, ANeighbourThatNamesPortAfterPortHidesNobodyElse) {
  make_finder({.lan_window = kNever});
  lan.knows(kKey, at("192.168.1.66", 999), 60s);
  start();
  ASSERT_TRUE(run_until([&] { return sink.candidates.size() == 1; }));
  for (std::uint16_t port = 1000; port < 2000; ++port) lan.announce(kKey, at("192.168.1.66", port));
  EXPECT_THAT(sink.candidates, SizeIs(1 + kMaxNearCandidates / kFurtherPart));
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_THAT(sink.candidates, Contains("192.168.1.2 lan"));
}

TEST_F(NetworkFinderTest, DatagramsInANeighboursNameDoNotHideIt) {
  make_finder({.lan_window = 1ms});
  start();
  for (std::uint16_t port = 1; port <= 30; ++port) lan.announce(kKey, at("192.168.1.2", port));
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.whole, Contains(testing::Field(&Candidate::endpoint, at("192.168.1.2"))));
}

TEST_F(NetworkFinderTest, IsExhaustedOnceAndSilentAfterwards) {
  make_finder({.lan_window = 1ms});
  start();
  EXPECT_TRUE(run_until([&] { return tasks.size() == 0; }));
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_EQ(sink.times_exhausted, 1);
  EXPECT_THAT(sink.candidates, IsEmpty());
}

TEST_F(NetworkFinderTest, IsNotExhaustedBeforeTheLansTimeIsOver) {
  make_finder({.lan_window = kNever});
  start();
  ASSERT_TRUE(run_until([&] { return tasks.size() == 1; })) << "the store has answered";
  EXPECT_EQ(sink.times_exhausted, 0);
}

TEST_F(NetworkFinderTest, IsSilentOnceTheSearchIsGoneEvenFromInsideACall) {
  remember({{"81.2.69.7", 7008}, {"81.2.69.8", 7008}});
  lan.knows(kKey, at("192.168.1.2"), 60s);
  lan.knows(kKey, at("192.168.1.3"), 60s);
  sink.when_found = [&] { search.reset(); };
  start();
  EXPECT_TRUE(run_until([&] { return tasks.size() == 0; }));
  lan.announce(kKey, at("192.168.1.4"));
  EXPECT_THAT(sink.candidates, SizeIs(1));
  EXPECT_EQ(sink.times_exhausted, 0);
}

TEST_F(NetworkFinderTest, ASearchMayEndInsideAnAnnouncement) {
  sink.when_found = [&] { search.reset(); };
  start();
  lan.announce(kKey, at("192.168.1.2"));
  lan.announce(kKey, at("192.168.1.3"));
  EXPECT_THAT(sink.candidates, ElementsAre("192.168.1.2 lan"));
}

TEST_F(NetworkFinderTest, TakesWhatWasJustHeardForAnAnswerUntilItFails) {
  make_finder({.lan_window = kNever, .fresh_head_start = kNever});
  lan.knows(kKey, at("192.168.1.2"), 1s);
  start();
  EXPECT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_EQ(lan.searches, 0);
  finder->failed(kOtherKey, {at("192.168.1.2"), Source::lan});
  finder->failed(kKey, {at("192.168.1.2"), Source::lan});
  EXPECT_TRUE(run_until([&] { return lan.searches == 1; }));
}

TEST_F(NetworkFinderTest, AsksTheLanOnceHoweverManyAnswersAreOfNoUse) {
  make_finder({.lan_window = 50ms});
  start();
  for (int i = 1; i <= 10; ++i) {
    const auto false_one = at("192.168.1." + std::to_string(i));
    lan.announce(kKey, false_one);
    finder->failed(kKey, {false_one, Source::lan});
  }
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_EQ(lan.searches, 1) << "whose four packets go out, whatever answers";
}

TEST_F(NetworkFinderTest, KnowsWhatThisMachinePublishesWithoutAskingTheLan) {
  make_finder({.lan_window = kNever, .fresh_head_start = kNever});
  finder->published_here({kKey}, 7010);
  start();
  EXPECT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_THAT(sink.candidates, ElementsAre("127.0.0.1 here"));
  EXPECT_EQ(lan.searches, 0);
  search = finder->find(kOtherKey, sink);
  EXPECT_EQ(lan.searches, 1);
}

TEST_F(NetworkFinderTest, AsksTheLanWhenWhatWasJustHeardTakesItsTime) {
  make_finder({.lan_window = 1ms, .fresh_head_start = 1ms});
  lan.knows(kKey, at("192.168.1.2"), 1s);
  start();
  EXPECT_EQ(lan.searches, 0);
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_EQ(lan.searches, 1);
}

TEST_F(NetworkFinderTest, ForgetsALanCandidateThatFailed) {
  finder->failed(kKey, {at("192.168.1.2"), Source::lan});
  EXPECT_THAT(lan.forgotten, ElementsAre(std::pair(kKey, at("192.168.1.2"))));
}

TEST_F(NetworkFinderTest, NotesHowRememberedAddressesDid) {
  finder->learned(kKey, {{"81.2.69.7", 7008}, {"200:1234:0::1", 7008}});
  finder->worked(kKey, {at("81.2.69.7"), Source::remembered}, 9ms);
  finder->failed(kKey, {at("200:1234::1"), Source::remembered});
  const auto addresses = stored(kKey);
  EXPECT_THAT(addresses, SizeIs(2));
  for (const auto& known : addresses) {
    EXPECT_EQ(known.last_worked.has_value(), known.address.host == "81.2.69.7");
    EXPECT_EQ(known.last_failed.has_value(), known.address.host == "200:1234::1");
  }
  EXPECT_THAT(lan.forgotten, IsEmpty());
}

TEST_F(NetworkFinderTest, NotesNothingAboutLanCandidates) {
  finder->learned(kKey, {{"81.2.69.2", 7008}});
  finder->worked(kKey, {at("81.2.69.2"), Source::lan}, 9ms);
  finder->failed(kKey, {at("81.2.69.2"), Source::lan});
  const auto known = stored(kKey);
  ASSERT_THAT(known, SizeIs(1));
  EXPECT_FALSE(known[0].last_worked);
  EXPECT_FALSE(known[0].last_failed);
}

TEST_F(NetworkFinderTest, LearnsDialableAddressesAlone) {
  finder->learned(kKey, {{"127.0.0.1", 7008},
                         {"81.2.69.7", 7008},
                         {"evil.example", 22},
                         {"192.168.1.1", 80},
                         {"fd00::1", 80},
                         {"fe80::1", 7008}});
  EXPECT_THAT(stored_texts(kKey), ElementsAre("81.2.69.7:7008"));
}

TEST_F(NetworkFinderTest, ForgetsNothingBecauseTheServiceNamedNothingUsable) {
  finder->learned(kKey, {{"81.2.69.7", 7008}});
  finder->learned(kKey, {{"127.0.0.1", 7008}});
  finder->learned(kKey, {});
  EXPECT_THAT(stored_texts(kKey), ElementsAre("81.2.69.7:7008"));
}

TEST_F(NetworkFinderTest, NeverOffersARememberedAddressThatIsNotOnTheInternet) {
  make_finder({.lan_window = 1ms});
  remember({{"127.0.0.1", 7008}, {"192.168.1.1", 80}, {"224.0.0.1", 7008}, {"example.org", 7008}, {"81.2.69.7", 7008}});
  start();
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, ElementsAre("81.2.69.7 remembered"));
}

TEST_F(NetworkFinderTest, RemembersWhereADhtsWordProvedTrue) {
  finder->worked(kKey, {at("8.8.8.8"), Source::dht}, 40ms);
  finder->worked(kKey, {at("9.9.9.9"), Source::dht_proxy}, 9ms);
  finder->failed(kKey, {at("8.8.4.4"), Source::dht});
  EXPECT_THAT(stored_texts(kKey), ElementsAre("9.9.9.9:7008", "8.8.8.8:7008"));
}

TEST_F(NetworkFinderTest, AsksEveryWayIntoTheDhtWhenItAsksTheLan) {
  make_finder({.lan_window = kNever, .dht_window = 5s}, {{Source::dht, &node}, {Source::dht_proxy, &proxy}});
  const auto began = Clock::now();
  start();
  EXPECT_THAT(node.gets, IsEmpty()) << "never from inside find()";
  ASSERT_TRUE(run_until([&] { return node.gets.size() == 1 && proxy.gets.size() == 1; }));
  const auto key = dht::DhtKey::of(RollingCode::of(kKey, 20'000));
  EXPECT_EQ(node.gets[0]->key, key);
  EXPECT_EQ(proxy.gets[0]->key, key);
  EXPECT_EQ(node.gets[0]->deadline, began + 5s);
}

TEST_F(NetworkFinderTest, LeavesTheDhtAloneWhileWhatWasJustHeardIsTried) {
  make_finder({.lan_window = kNever, .fresh_head_start = kNever}, {{Source::dht, &node}});
  lan.knows(kKey, at("192.168.1.2"), 1s);
  start();
  ASSERT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  settle();
  EXPECT_THAT(node.gets, IsEmpty());
  EXPECT_EQ(report(Source::dht).state, SourceReport::State::waiting);
  finder->failed(kKey, {at("192.168.1.2"), Source::lan});
  EXPECT_TRUE(run_until([&] { return node.gets.size() == 1; }));
}

TEST_F(NetworkFinderTest, AsksForTheNeighboursDayNearMidnight) {
  const auto noon = now;
  now += 11h;
  search_the_dht();
  settle();
  now = noon;
  ASSERT_THAT(node.gets, SizeIs(2));
  EXPECT_EQ(node.gets[0]->key, dht::DhtKey::of(RollingCode::of(kKey, 20'000)));
  EXPECT_EQ(node.gets[1]->key, dht::DhtKey::of(RollingCode::of(kKey, 20'001)));
  node.end(*node.gets[0], Errc::timed_out);
  settle();
  EXPECT_EQ(report(Source::dht).state, SourceReport::State::asked);
  node.end(*node.gets[1]);
  ASSERT_TRUE(run_until([&] { return report(Source::dht).state == SourceReport::State::ended; }));
  EXPECT_FALSE(report(Source::dht).error) << "one of its answers was whole";
}

TEST_F(NetworkFinderTest, AsksForAnotherDayWhenAProxyPutsTheClockRight) {
  search_the_dht();
  node.end(*node.gets[0], Errc::timed_out);
  ASSERT_TRUE(run_until([&] { return report(Source::dht).state == SourceReport::State::ended; }));
  clock.observe(now + 72h);
  EXPECT_EQ(report(Source::dht).state, SourceReport::State::asked);
  ASSERT_TRUE(run_until([&] { return node.gets.size() == 2 && proxy.gets.size() == 2; }));
  for (auto* dht : {&node, &proxy}) EXPECT_EQ(dht->gets[1]->key, dht::DhtKey::of(RollingCode::of(kKey, 20'003)));
  node.end(*node.gets[1]);
  proxy.end(*proxy.gets[0]);
  settle();
  EXPECT_EQ(sink.times_exhausted, 0) << "the proxy still looks";
  proxy.gets[1]->lookup->offer("81.2.69.160:7008");
  proxy.end(*proxy.gets[1]);
  ASSERT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, ElementsAre("81.2.69.160 proxy"));
  EXPECT_FALSE(report(Source::dht).error) << "one of its answers was whole";
}

TEST_F(NetworkFinderTest, AsksForNothingTwiceWhateverProxiesSayOfTheTime) {
  search_the_dht();
  for (const auto error : {72h, 0h, 72h, 0h}) {
    clock.observe(now + error);
    pass_the_time_of_a_correction();
  }
  settle();
  EXPECT_THAT(node.gets, SizeIs(2));
}

TEST_F(NetworkFinderTest, ProxiesThatContradictEachOtherDoNotKeepASearchBusy) {
  search_the_dht();
  for (int day = 1; day <= 100; ++day) {
    clock.observe(now + day * 24h);
    pass_the_time_of_a_correction();
  }
  settle();
  EXPECT_THAT(node.gets, SizeIs(kMaxDays));
}

TEST_F(NetworkFinderTest, ASearchThatHasEndedAsksNobodyAgain) {
  search_the_dht();
  for (auto* dht : {&node, &proxy}) dht->end(*dht->gets[0]);
  ASSERT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  clock.observe(now + 72h);
  settle();
  EXPECT_THAT(node.gets, SizeIs(1));
  EXPECT_EQ(sink.times_exhausted, 1);
}

TEST_F(NetworkFinderTest, OffersWhatTheDhtSays) {
  search_the_dht();
  say(node, "8.8.8.8:7008,[200:1234::1]:7008");
  say(proxy, "9.9.9.9:7008");
  EXPECT_THAT(sink.candidates, IsEmpty()) << "values that come together are shuffled";
  ASSERT_TRUE(run_until([&] { return sink.candidates.size() == 3; }));
  EXPECT_THAT(sink.candidates, UnorderedElementsAre("8.8.8.8 dht", "200:1234::1 dht", "9.9.9.9 proxy"));
  for (const auto& candidate : sink.whole)
    EXPECT_EQ(candidate.by, candidate.source == Source::dht_proxy ? "http://proxy.example" : "");
}

TEST_F(NetworkFinderTest, OffersNothingThatAStrangerMustNotMakeUsDial) {
  search_the_dht();
  say(node, "192.168.1.2:7008,127.0.0.1:22,10.0.0.1:80,[fe80::1]:7008,example.org:7008,224.0.0.1:1");
  say(node, "nonsense");
  say(node, "8.8.8.8:7008");
  ASSERT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_THAT(sink.candidates, ElementsAre("8.8.8.8 dht"));
  EXPECT_EQ(report(Source::dht).candidates, 1u);
  EXPECT_EQ(report(Source::dht).unusable, 7u);
}

TEST_F(NetworkFinderTest, NeverOffersThisMachinesOwnPort) {
  remember({{"81.2.69.7", 7008}, {"81.2.69.8", 7008}});
  finder.emplace(io.executor(), lan, *store, std::vector<DhtSource>{{Source::dht, &node}}, clock, tasks,
                 FinderTimes{.lan_window = kNever});
  finder->set_own_endpoints({at("8.8.8.8", 7008), at("81.2.69.7"), at("192.168.1.9")});
  start();
  ASSERT_TRUE(run_until([&] { return !node.gets.empty(); }));
  say(node, "8.8.8.8:7008,8.8.8.8:7009");
  lan.announce(kKey, at("192.168.1.9"));
  ASSERT_TRUE(run_until([&] { return sink.candidates.size() == 2; }));
  settle();
  EXPECT_THAT(sink.candidates, UnorderedElementsAre("8.8.8.8 dht", "81.2.69.8 remembered"));
}

TEST_F(NetworkFinderTest, OneLongValueGainsNothing) {
  search_the_dht();
  std::string list;
  for (int i = 1; i <= 16; ++i) list += "8.8.8." + std::to_string(i) + ":7008,";
  say(node, list);
  say(node, "9.9.9.9:7008");
  ASSERT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  ASSERT_THAT(sink.candidates, SizeIs(kMaxHostsPerValue + 1));
  EXPECT_THAT(std::vector(sink.candidates.begin(), sink.candidates.begin() + 2), Contains("9.9.9.9 dht"))
      << "a host of each value in turn";
}

TEST_F(NetworkFinderTest, FurtherPortsOfAHostComeLast) {
  search_the_dht();
  for (int port = 1; port <= 100; ++port) say(node, "8.8.8.8:" + std::to_string(port));
  settle();
  EXPECT_THAT(sink.candidates, SizeIs(1 + kMaxDhtCandidates / kFurtherPart));
  say(node, "9.9.9.9:7008");
  settle();
  EXPECT_EQ(sink.candidates.back(), "9.9.9.9 dht");
  node.end(*node.gets[0]);
  settle();
  EXPECT_THAT(sink.candidates, SizeIs(101));
}

TEST_F(NetworkFinderTest, AHostsPortsAreNotScannedBeyondTheBound) {
  search_the_dht();
  for (int port = 1; port <= 1000; ++port) say(node, "8.8.8.8:" + std::to_string(port));
  node.end(*node.gets[0]);
  settle();
  EXPECT_THAT(sink.candidates, SizeIs(kMaxDhtCandidates));
}

TEST_F(NetworkFinderTest, ForgedPortsOfAHostDoNotHideIt) {
  search_the_dht();
  for (int port = 1; port <= 4; ++port) say(node, "8.8.8.8:" + std::to_string(port));
  settle();
  say(node, "8.8.8.8:7008");
  settle();
  EXPECT_THAT(sink.whole, Contains(testing::Field(&Candidate::endpoint, at("8.8.8.8"))));
}

TEST_F(NetworkFinderTest, AHundredLongForgedValuesThatComeInPiecesHideNoTrueOne) {
  search_the_dht();
  for (int i = 1; i <= 100; ++i) {
    std::string list;
    for (int j = 1; j <= 4; ++j) list += "8.8." + std::to_string(i) + "." + std::to_string(j) + ":7008,";
    say(proxy, list);
    if (i % 40 == 0) settle();
  }
  say(proxy, "9.9.9.9:7008");
  settle();
  EXPECT_THAT(sink.candidates, Contains("9.9.9.9 proxy"));
}

TEST_F(NetworkFinderTest, AHundredForgedValuesHideNoTrueOne) {
  search_the_dht();
  for (int i = 1; i <= 100; ++i) say(node, "8.8.8." + std::to_string(i) + ":7008");
  say(node, "9.9.9.9:7008");
  ASSERT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_THAT(sink.candidates, Contains("9.9.9.9 dht"));
}

TEST_F(NetworkFinderTest, ForgedValuesCrowdNeitherNeighboursNorMemoryNorAnotherWayIntoTheDhtOut) {
  search_the_dht({.lan_window = kNever});
  for (int i = 0; i < 250; ++i) {
    std::string list;
    for (int j = 1; j <= 4; ++j) list += "8.8." + std::to_string(i) + "." + std::to_string(j) + ":7008,";
    say(proxy, list);
  }
  ASSERT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_THAT(sink.candidates, SizeIs(kMaxDhtCandidates));
  EXPECT_THAT(sink.candidates, Each(EndsWith("proxy")));
  say(node, "9.9.9.9:7008");
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_TRUE(run_until([&] { return sink.candidates.size() == kMaxDhtCandidates + 2; }));
  EXPECT_EQ(report(Source::dht_proxy).candidates, kMaxDhtCandidates);
  EXPECT_EQ(report(Source::dht_proxy).unusable, 1000 - kMaxDhtCandidates);
}

TEST_F(NetworkFinderTest, ManyWaysIntoTheDhtStayWithinTheBound) {
  std::vector<std::unique_ptr<FakeDht>> proxies;
  std::vector<DhtSource> sources;
  for (int i = 0; i < 8; ++i) {
    proxies.push_back(std::make_unique<FakeDht>(io.executor(), "http://" + std::to_string(i) + ".example"));
    sources.push_back({Source::dht_proxy, proxies.back().get()});
  }
  make_finder({.lan_window = kNever}, sources);
  start();
  ASSERT_TRUE(run_until([&] { return !proxies.back()->gets.empty(); }));
  for (int i = 0; i < 8; ++i)
    for (int j = 1; j <= 100; ++j)
      say(*proxies[static_cast<std::size_t>(i)], "8.8." + std::to_string(i) + "." + std::to_string(j) + ":7008");
  const auto all = kMaxCandidates - kMaxNearCandidates;
  ASSERT_TRUE(run_until([&] { return sink.candidates.size() >= all; }));
  settle();
  EXPECT_THAT(sink.candidates, SizeIs(all)) << "and no more";
  for (int i = 0; i < 8; ++i)
    EXPECT_THAT(sink.whole, Contains(testing::Field(&Candidate::by, "http://" + std::to_string(i) + ".example")));
  search.reset();
  EXPECT_TRUE(run_until([&] { return tasks.size() == 0; }));
}

TEST_F(NetworkFinderTest, IsNotExhaustedBeforeEveryWayIntoTheDhtHasEnded) {
  search_the_dht();
  node.end(*node.gets[0]);
  settle();
  EXPECT_EQ(sink.times_exhausted, 0);
  say(proxy, "9.9.9.9:7008");
  proxy.end(*proxy.gets[0], Errc::timed_out);
  ASSERT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, ElementsAre("9.9.9.9 proxy")) << "before it is exhausted";
}

TEST_F(NetworkFinderTest, EndsItsLookupsWhenTheSearchIsGone) {
  search_the_dht();
  search.reset();
  EXPECT_TRUE(node.gets[0]->lookup->stopped());
  EXPECT_TRUE(proxy.gets[0]->lookup->stopped());
  EXPECT_TRUE(run_until([&] { return tasks.size() == 0; }));
  EXPECT_EQ(sink.times_exhausted, 0);
}

TEST_F(NetworkFinderTest, ASearchMayEndInsideTheDhtsAnswer) {
  search_the_dht();
  sink.when_found = [&] { search.reset(); };
  say(node, "8.8.8.8:7008,9.9.9.9:7008");
  EXPECT_TRUE(run_until([&] { return tasks.size() == 0; }));
  EXPECT_THAT(sink.candidates, SizeIs(1));
}

TEST_F(NetworkFinderTest, SaysSinceWhenACandidateIsKnown) {
  const auto learned = system_clock::time_point(1'700'000'000s);
  store->learn(kKey, {{"81.2.69.7", 7008}}, learned);
  lan.knows(kKey, at("192.168.1.2"), 60s);
  search_the_dht({.lan_window = kNever});
  say(node, "8.8.8.8:7008");
  ASSERT_TRUE(run_until([&] { return sink.whole.size() == 3; }));
  lan.announce(kKey, at("192.168.1.3"));
  for (const auto& candidate : sink.whole) {
    const auto since = candidate.known_since;
    if (candidate.source == Source::remembered) {
      EXPECT_EQ(since, learned);
    } else if (candidate.endpoint == at("192.168.1.2")) {
      ASSERT_TRUE(since);
      EXPECT_GE(system_clock::now() - *since, 60s);
      EXPECT_LT(system_clock::now() - *since, 60s + support::kDeadline);
    } else {
      EXPECT_EQ(since, std::nullopt) << text(candidate);
    }
  }
}

TEST_F(NetworkFinderTest, ReportsHowEachSourceStands) {
  remember({{"81.2.69.7", 7008}, {"127.0.0.1", 7008}});
  search_the_dht({.lan_window = kNever});
  lan.announce(kKey, at("192.168.1.2"));
  lan.announce(kKey, at("192.168.1.2"));
  say(node, "8.8.8.8:7008,8.8.8.8:7008");
  proxy.end(*proxy.gets[0], Errc::tls_failed);
  ASSERT_TRUE(run_until([&] { return report(Source::dht_proxy).state == SourceReport::State::ended; }));
  ASSERT_TRUE(run_until([&] { return report(Source::remembered).state == SourceReport::State::ended; }));
  EXPECT_THAT(search->sources(), SizeIs(4));
  EXPECT_EQ(report(Source::lan).state, SourceReport::State::asked);
  EXPECT_EQ(report(Source::lan).candidates, 1u);
  EXPECT_EQ(report(Source::remembered).candidates, 1u);
  EXPECT_EQ(report(Source::remembered).unusable, 1u);
  EXPECT_EQ(report(Source::dht).state, SourceReport::State::asked);
  EXPECT_EQ(report(Source::dht).candidates, 1u);
  EXPECT_EQ(report(Source::dht_proxy).error, Errc::tls_failed);
  EXPECT_EQ(report(Source::dht_proxy).by, "http://proxy.example");
}

TEST_F(NetworkFinderTest, CountsACandidateForEverySourceThatNamesIt) {
  search_the_dht();
  say(node, "8.8.8.8:7008");
  say(proxy, "8.8.8.8:7008");
  ASSERT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  settle();
  EXPECT_THAT(sink.candidates, SizeIs(1));
  EXPECT_EQ(report(Source::dht).candidates, 1u);
  EXPECT_EQ(report(Source::dht_proxy).candidates, 1u);
}

}  // namespace
}  // namespace hardline::find
