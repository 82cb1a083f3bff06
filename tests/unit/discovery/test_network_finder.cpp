#include "hardline/discovery/network_finder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace hardline::discovery {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kPatience = 10s;  // of a test that is about to fail
constexpr auto kNever = 1h;      // longer than any test

const KeyHash kKey = KeyHash::parse("03b131fef9459a4a73da0c27e5b9e96362859de6").value();
const KeyHash kOtherKey = KeyHash::parse("f4525bb0fb13c3ed1816607803ee2991997de13d").value();

tcp::endpoint at(const std::string& address, std::uint16_t port = 7008) {
  return {asio::ip::make_address(address), port};
}

std::string text(const Candidate& candidate) {
  const auto* source = candidate.source == Source::lan          ? " lan"
                       : candidate.source == Source::remembered ? " remembered"
                                                                : " here";
  return candidate.endpoint.address().to_string() + source;
}

/// A LAN on which the test speaks.
class FakeLan final : public LanSearcher {
 public:
  void search(const KeyHash&) override { ++searches; }

  std::vector<HeardService> heard(const KeyHash& key) const override {
    auto services = known;
    std::erase_if(services, [&](const auto& service) { return service.name.key != key; });
    return services;
  }

  void forget(const KeyHash& key, const tcp::endpoint& endpoint) override { forgotten.emplace_back(key, endpoint); }

  std::shared_ptr<void> listen(Listener listener) override {
    auto token = std::make_shared<Listener>(std::move(listener));
    listeners.push_back(token);
    return token;
  }

  void announce(const KeyHash& key, const tcp::endpoint& endpoint) {
    for (const auto& weak : listeners)
      if (const auto listener = weak.lock()) (*listener)(HeardService{{std::nullopt, key}, "", endpoint, {}});
  }

  void knows(const tcp::endpoint& endpoint, steady_clock::duration since) {
    known.push_back({{std::nullopt, kKey}, "", endpoint, steady_clock::now() - since});
  }

  int searches = 0;
  std::vector<HeardService> known;
  std::vector<std::pair<KeyHash, tcp::endpoint>> forgotten;
  std::vector<std::weak_ptr<Listener>> listeners;
};

class Sink final : public CandidateSink {
 public:
  void found(const Candidate& candidate) override {
    candidates.push_back(text(candidate));
    if (when_found) when_found();
  }
  void exhausted() override { ++times_exhausted; }

  std::vector<std::string> candidates;
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

  void make_finder(FinderTimes times) { finder.emplace(io.get_executor(), lan, *store, tasks, times); }

  bool run_until(const std::function<bool()>& condition) {
    const auto give_up = steady_clock::now() + kPatience;
    while (!condition()) {
      if (steady_clock::now() > give_up) return false;
      io.restart();
      io.run_one_for(10ms);
    }
    return true;
  }

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

  asio::io_context io;
  TaskGroup tasks{io.get_executor()};
  std::filesystem::path folder;
  FakeLan lan;
  std::optional<store::PeerStore> store;
  std::optional<NetworkFinder> finder;
  Sink sink;
  std::unique_ptr<Search> search;
};

TEST_F(NetworkFinderTest, AsksTheLanAndTheStoreAtTheSameTime) {
  make_finder({.lan_window = kNever});
  remember({{"203.0.113.7", 7008}});
  start();
  EXPECT_EQ(lan.searches, 1);
  EXPECT_TRUE(run_until([&] { return !sink.candidates.empty(); }));
  EXPECT_THAT(sink.candidates, ElementsAre("203.0.113.7 remembered"));
  EXPECT_EQ(lan.searches, 1);
}

TEST_F(NetworkFinderTest, OffersWhatWasHeardButNeverFromInsideFind) {
  lan.knows(at("192.168.1.2"), 60s);
  lan.knows(at("192.168.1.3"), 70s);
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
  remember({{"192.168.1.2", 7008}});
  lan.knows(at("192.168.1.2"), 60s);
  start();
  lan.announce(kKey, at("192.168.1.2"));
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, ElementsAre("192.168.1.2 lan"));
}

TEST_F(NetworkFinderTest, SpoofedAnswersDoNotCrowdRememberedAddressesOut) {
  std::vector<HostPort> hosts;
  for (int i = 1; i <= 12; ++i) hosts.push_back({"203.0.113." + std::to_string(i), 7008});
  remember(hosts);
  make_finder({.lan_window = 1ms});
  start();
  for (int i = 1; i <= 100; ++i) lan.announce(kKey, at("192.168.1." + std::to_string(i)));
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, SizeIs(kMaxCandidates));
  for (int i = 1; i <= 8; ++i) EXPECT_THAT(sink.candidates, Contains("203.0.113." + std::to_string(i) + " remembered"));
}

TEST_F(NetworkFinderTest, TheLanMayUseTheRoomThatNothingRememberedNeeds) {
  make_finder({.lan_window = kNever});
  remember({{"203.0.113.7", 7008}});
  start();
  ASSERT_TRUE(run_until([&] { return tasks.size() == 1; })) << "the store has answered";
  for (int i = 1; i <= 100; ++i) lan.announce(kKey, at("192.168.1." + std::to_string(i)));
  EXPECT_THAT(sink.candidates, SizeIs(kMaxCandidates));
}

TEST_F(NetworkFinderTest, ANeighbourThatNamesPortAfterPortHidesNobodyElse) {
  make_finder({.lan_window = kNever});
  lan.knows(at("192.168.1.66", 999), 60s);
  start();
  ASSERT_TRUE(run_until([&] { return sink.candidates.size() == 1; }));
  for (std::uint16_t port = 1000; port < 2000; ++port) lan.announce(kKey, at("192.168.1.66", port));
  EXPECT_THAT(sink.candidates, SizeIs(kMaxLanCandidatesPerAddress));
  lan.announce(kKey, at("192.168.1.2"));
  EXPECT_THAT(sink.candidates, Contains("192.168.1.2 lan"));
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
  remember({{"203.0.113.7", 7008}, {"203.0.113.8", 7008}});
  lan.knows(at("192.168.1.2"), 60s);
  lan.knows(at("192.168.1.3"), 60s);
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
  lan.knows(at("192.168.1.2"), 1s);
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
  lan.knows(at("192.168.1.2"), 1s);
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
  finder->learned(kKey, {{"203.0.113.7", 7008}, {"200:1234:0::1", 7008}});
  finder->worked(kKey, {at("203.0.113.7"), Source::remembered}, 9ms);
  finder->failed(kKey, {at("200:1234::1"), Source::remembered});
  const auto addresses = stored(kKey);
  EXPECT_THAT(addresses, SizeIs(2));
  for (const auto& known : addresses) {
    EXPECT_EQ(known.last_worked.has_value(), known.address.host == "203.0.113.7");
    EXPECT_EQ(known.last_failed.has_value(), known.address.host == "200:1234::1");
  }
  EXPECT_THAT(lan.forgotten, IsEmpty());
}

TEST_F(NetworkFinderTest, NotesNothingAboutLanCandidates) {
  finder->learned(kKey, {{"192.168.1.2", 7008}});
  finder->worked(kKey, {at("192.168.1.2"), Source::lan}, 9ms);
  finder->failed(kKey, {at("192.168.1.2"), Source::lan});
  const auto known = stored(kKey);
  ASSERT_THAT(known, SizeIs(1));
  EXPECT_FALSE(known[0].last_worked);
  EXPECT_FALSE(known[0].last_failed);
}

TEST_F(NetworkFinderTest, LearnsDialableAddressesAlone) {
  finder->learned(kKey, {{"127.0.0.1", 7008}, {"203.0.113.7", 7008}, {"evil.example", 22}, {"fe80::1", 7008}});
  EXPECT_THAT(stored_texts(kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(NetworkFinderTest, ForgetsNothingBecauseTheServiceNamedNothingUsable) {
  finder->learned(kKey, {{"203.0.113.7", 7008}});
  finder->learned(kKey, {{"127.0.0.1", 7008}});
  finder->learned(kKey, {});
  EXPECT_THAT(stored_texts(kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(NetworkFinderTest, NeverOffersARememberedAddressThatMeansUs) {
  make_finder({.lan_window = 1ms});
  remember({{"127.0.0.1", 7008}, {"::1", 7008}, {"224.0.0.1", 7008}, {"example.org", 7008}, {"203.0.113.7", 7008}});
  start();
  EXPECT_TRUE(run_until([&] { return sink.times_exhausted == 1; }));
  EXPECT_THAT(sink.candidates, ElementsAre("203.0.113.7 remembered"));
}

}  // namespace
}  // namespace hardline::discovery
