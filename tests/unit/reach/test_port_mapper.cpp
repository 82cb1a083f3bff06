#include "hardline/reach/port_mapper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include <atomic>

#include "hardline/rt/task_group.hpp"
#include "reach/fake_router.hpp"
#include "reach/home_lab.hpp"
#include "support/test_io.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using asio::ip::make_address_v4;
using asio::ip::make_address_v6;
using std::chrono::steady_clock;
using State = PortMapperStatus::State;
using test::FakeGateway;
using test::FakeRouter;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using testing::SizeIs;

constexpr std::uint16_t kPort = 7008;

/// Quick, but with nothing due by itself, where a test does not want it.
PortMapperTimes quick() {
  return {.lease = 3600s, .verify_every = 10ms, .search_again = 10ms, .close_within = 3s};
}
PortMapperTimes patient() {
  return {.lease = 3600s, .verify_every = 1h, .search_again = 1h, .close_within = 3s};
}

class PortMapperTest : public testing::Test {
 protected:
  ~PortMapperTest() override {
    router->change([](auto& rules) { rules.hangs = false; });
    io.wait_for_pools(true);
    if (running) end();
  }

  void end() {
    mapper->close();
    if (!until([&] { return running->done(); })) throw std::runtime_error("run() did not end");
  }

  void start(PortMapperTimes times = patient()) {
    mapper.emplace(
        io.executor(), [offered = offered] { return offered->list(); }, [this] { ++changes; }, times);
    mapper->want(true);
    running.emplace(io.start(mapper->run(kPort)));
  }

  bool until(const std::function<bool()>& done) { return io.run_until(done); }
  bool becomes(State state) {
    return until([&] { return mapper->status().state == state; });
  }
  bool maps(std::uint16_t external_port) {
    return until([&] { return mapper->status().mapping && mapper->status().mapping->external_port == external_port; });
  }
  /// Whether the mapper has asked the router for anything this many times more.
  bool asks_again(int times = 10) {
    const auto before = router->asked();
    return until([&] { return router->asked() >= before + times; });
  }

  /// What a search finds; a search is made on a thread of the mapper's.
  class Offer {
   public:
    void set(std::vector<std::shared_ptr<Gateway>> gateways) {
      const std::lock_guard lock(mutex_);
      gateways_ = std::move(gateways);
    }
    std::vector<std::shared_ptr<Gateway>> list() {
      const std::lock_guard lock(mutex_);
      ++searches_;
      return gateways_;
    }
    int searches() {
      const std::lock_guard lock(mutex_);
      return searches_;
    }

   private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<Gateway>> gateways_;
    int searches_ = 0;
  };

  support::TestIo io{support::Time::fake};
  std::shared_ptr<FakeRouter> router = std::make_shared<FakeRouter>();
  std::shared_ptr<FakeGateway> gateway = std::make_shared<FakeGateway>(router);
  std::shared_ptr<Offer> offered = [this] {
    auto offer = std::make_shared<Offer>();
    offer->set({gateway});
    return offer;
  }();
  int changes = 0;
  std::optional<PortMapper> mapper;
  std::optional<support::Running<void>> running;
};

TEST_F(PortMapperTest, MapsTheSamePortAndSaysWhatItHas) {
  start();
  ASSERT_TRUE(maps(kPort));
  const auto& status = mapper->status();
  EXPECT_EQ(status.state, State::mapped);
  EXPECT_EQ(status.gateway, "192.168.1.1");
  EXPECT_EQ(status.external_address, make_address_v4("203.0.113.7"));
  EXPECT_EQ(status.mapping->external_address, make_address_v4("203.0.113.7"));
  EXPECT_EQ(status.mapping->internal_address, make_address_v4("192.168.1.5"));
  EXPECT_EQ(status.mapping->internal_port, kPort);
  EXPECT_EQ(status.mapping->protocol, "UPnP IGDv1");
  EXPECT_EQ(status.mapping->lease, 3600s);
  EXPECT_EQ(status.problem, "");
  EXPECT_EQ(changes, 1);
  EXPECT_THAT(router->entries(),
              ElementsAre(Pair(kPort, FakeRouter::Entry{make_address_v4("192.168.1.5"), kPort, 3600s})));
}

TEST_F(PortMapperTest, AsksNothingOfARouterWhileNothingIsWanted) {
  mapper.emplace(
      io.executor(), [offered = offered] { return offered->list(); }, [this] { ++changes; }, quick());
  running.emplace(io.start(mapper->run(kPort)));
  io.settle();
  EXPECT_EQ(offered->searches(), 0);
  EXPECT_EQ(mapper->status().state, State::off);
  mapper->want(true);
  EXPECT_TRUE(maps(kPort));
}

TEST_F(PortMapperTest, TakesTheMappingBackWhenNothingIsWantedAnyMore) {
  start();
  ASSERT_TRUE(maps(kPort));
  mapper->want(false);
  ASSERT_TRUE(becomes(State::off));
  EXPECT_TRUE(until([&] { return router->entries().empty(); }));
  EXPECT_TRUE(until([&] { return changes == 2; }));
  EXPECT_FALSE(mapper->status().mapping);
}

TEST_F(PortMapperTest, TriesTheNextPortsWhereAnotherHostHasThem) {
  for (int i = 0; i < PortMapper::kMorePorts; ++i) router->occupy(static_cast<std::uint16_t>(kPort + i));
  start();
  EXPECT_TRUE(maps(kPort + PortMapper::kMorePorts));
}

TEST_F(PortMapperTest, GivesUpAfterTenMorePorts) {
  for (int i = 0; i <= PortMapper::kMorePorts; ++i) router->occupy(static_cast<std::uint16_t>(kPort + i));
  start();
  ASSERT_TRUE(becomes(State::refused));
  EXPECT_THAT(router->entries(), SizeIs(PortMapper::kMorePorts + 1));
  EXPECT_EQ(mapper->status().external_address, make_address_v4("203.0.113.7"));
  EXPECT_THAT(mapper->status().problem, testing::HasSubstr("other programs may have them"));
}

TEST_F(PortMapperTest, TakesOverWhatAnEarlierRunLeft) {
  router->occupy(kPort, make_address_v4("192.168.1.5"));
  start();
  EXPECT_TRUE(maps(kPort));
}

TEST_F(PortMapperTest, TakesAPermanentLeaseWhereTheRouterInsists) {
  router->change([](auto& rules) { rules.leased = MappingError::only_permanent; });
  start();
  ASSERT_TRUE(maps(kPort));
  EXPECT_EQ(mapper->status().mapping->lease, 0s);
  EXPECT_EQ(router->entries().at(kPort).lease, 0s);
  end();
  EXPECT_THAT(router->entries(), IsEmpty()) << "else it stays for ever";
}

TEST_F(PortMapperTest, CallsARouterThatRejectsEvenAPermanentLeaseARefusal) {
  router->change([](auto& rules) { rules.mapping = MappingError::only_permanent; });
  start();
  ASSERT_TRUE(becomes(State::refused));
  EXPECT_EQ(router->maps(), 2);
}

TEST_F(PortMapperTest, DoesNotTryOtherPortsOfARouterThatRefuses) {
  router->change([](auto& rules) { rules.mapping = MappingError::refused; });
  start();
  ASSERT_TRUE(becomes(State::refused));
  EXPECT_EQ(router->maps(), 1);
  EXPECT_THAT(mapper->status().problem, testing::HasSubstr("refuses"));
  EXPECT_EQ(mapper->status().gateway, "192.168.1.1");
}

TEST_F(PortMapperTest, UsesTheNextProtocolWhereTheFirstMapsNothing) {
  router->change([](auto& rules) { rules.mapping = MappingError::refused; });
  const auto other = std::make_shared<FakeRouter>();
  offered->set({gateway, std::make_shared<FakeGateway>(other, "NAT-PMP")});
  start();
  ASSERT_TRUE(maps(kPort));
  EXPECT_EQ(mapper->status().mapping->protocol, "NAT-PMP");
}

TEST_F(PortMapperTest, KeepsOneMappingWhereSeveralCouldBeHad) {
  const auto other = std::make_shared<FakeRouter>();
  offered->set({gateway, std::make_shared<FakeGateway>(other, "NAT-PMP")});
  start();
  ASSERT_TRUE(maps(kPort));
  EXPECT_EQ(other->maps(), 0);
}

TEST_F(PortMapperTest, SaysWhenThereIsNoRouterAndFindsOneThatComes) {
  offered->set({});
  start(quick());
  ASSERT_TRUE(becomes(State::no_gateway));
  EXPECT_EQ(changes, 1);
  ASSERT_TRUE(until([&] { return offered->searches() > 3; }));
  EXPECT_EQ(changes, 1) << "each search found the same: nothing";
  offered->set({gateway});
  EXPECT_TRUE(maps(kPort));
}

TEST_F(PortMapperTest, SaysNothingWhileAllStaysAsItIs) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  ASSERT_TRUE(asks_again());
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(router->maps(), 1);
  EXPECT_EQ(offered->searches(), 1);
}

TEST_F(PortMapperTest, RenewsAtHalfOfTheLease) {
  auto times = patient();
  times.lease = 1s;
  start(times);
  ASSERT_TRUE(maps(kPort));
  const auto first = mapper->status().mapping->renewed;
  ASSERT_TRUE(until([&] { return mapper->status().mapping->renewed != first; }));
  EXPECT_EQ(mapper->status().mapping->renewed - first, 500ms);
  EXPECT_EQ(changes, 1);
}

TEST_F(PortMapperTest, MakesItAgainWhenTheRouterForgotIt) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  router->restart();
  EXPECT_TRUE(until([&] { return router->entries().contains(kPort); }));
  EXPECT_EQ(changes, 1) << "others can reach us as before";
}

TEST_F(PortMapperTest, MakesItAgainEachTimeWhereTheRouterCannotBeAsked) {
  router->change([](auto& rules) { rules.can_be_asked = false; });
  start(quick());
  ASSERT_TRUE(maps(kPort));
  ASSERT_TRUE(until([&] { return router->maps() > 3; }));
  EXPECT_EQ(changes, 1);
  router->restart();
  EXPECT_TRUE(until([&] { return router->entries().contains(kPort); }));
}

TEST_F(PortMapperTest, MovesToAnotherPortWhenAnotherHostTookOurs) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  router->restart();
  router->occupy(kPort);
  ASSERT_TRUE(maps(kPort + 1));
  EXPECT_EQ(router->entries().at(kPort).client, make_address_v4("192.168.1.99"));
  EXPECT_EQ(changes, 2);
  router->restart();
  ASSERT_TRUE(until([&] { return router->entries().contains(kPort + 1); })) << "others know that port by now";
}

TEST_F(PortMapperTest, FindsARouterThatCameBackElsewhere) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  router->change([](auto& rules) { rules.answers = false; });
  const auto restarted = std::make_shared<FakeRouter>();
  offered->set({});
  ASSERT_TRUE(becomes(State::no_gateway));
  EXPECT_FALSE(mapper->status().mapping);
  offered->set({std::make_shared<FakeGateway>(restarted)});
  ASSERT_TRUE(maps(kPort));
  EXPECT_THAT(restarted->entries(), Contains(Key(kPort)));
}

TEST_F(PortMapperTest, LooksForALostRouterAsOftenAsItVerified) {
  auto times = quick();
  times.search_again = 1h;
  start(times);
  ASSERT_TRUE(maps(kPort));
  router->change([](auto& rules) { rules.answers = false; });
  offered->set({});
  ASSERT_TRUE(becomes(State::no_gateway));
  const auto before = offered->searches();
  EXPECT_TRUE(until([&] { return offered->searches() > before + 3; }));
}

TEST_F(PortMapperTest, FollowsARouterThatHasMovedToAnotherUrlWithoutAWord) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  const auto restarted = std::make_shared<FakeRouter>();
  offered->set({std::make_shared<FakeGateway>(restarted)});
  router->change([](auto& rules) { rules.answers = false; });
  ASSERT_TRUE(until([&] { return restarted->entries().contains(kPort); }));
  ASSERT_TRUE(until([&] { return restarted->asked() > 10; }));
  EXPECT_EQ(changes, 1);
}

TEST_F(PortMapperTest, TellsWhenTheOuterAddressChanged) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  router->change([](auto& rules) { rules.external = make_address_v4("198.51.100.9"); });
  ASSERT_TRUE(until([&] { return mapper->status().external_address == make_address_v4("198.51.100.9"); }));
  EXPECT_EQ(mapper->status().mapping->external_address, make_address_v4("198.51.100.9"));
  EXPECT_EQ(changes, 2);
}

TEST_F(PortMapperTest, TellsAPrivateOuterAddressAsItIs) {
  router->change([](auto& rules) { rules.external = make_address_v4("100.64.3.4"); });
  start();
  ASSERT_TRUE(maps(kPort));
  EXPECT_EQ(mapper->status().external_address, make_address_v4("100.64.3.4"));
}

TEST_F(PortMapperTest, SearchesAgainWhenTheNetworkChanged) {
  start();
  ASSERT_TRUE(maps(kPort));
  const auto elsewhere = std::make_shared<FakeRouter>();
  offered->set({std::make_shared<FakeGateway>(elsewhere, "UPnP IGDv2", "10.0.0.7", "10.0.0.1")});
  mapper->network_changed();
  ASSERT_TRUE(until([&] { return mapper->status().gateway == "10.0.0.1"; }));
  EXPECT_THAT(elsewhere->entries(), Contains(Key(kPort)));
  EXPECT_EQ(changes, 2);
}

TEST_F(PortMapperTest, KeepsItsExternalPortWhenOurAddressChanged) {
  start();
  ASSERT_TRUE(maps(kPort));
  offered->set({std::make_shared<FakeGateway>(router, "UPnP IGDv1", "192.168.1.6")});
  mapper->network_changed();
  const auto ours = make_address_v4("192.168.1.6");
  ASSERT_TRUE(until([&] { return mapper->status().mapping->internal_address == ours; }));
  EXPECT_THAT(router->entries(), ElementsAre(Pair(kPort, FakeRouter::Entry{ours, kPort, 3600s})));
}

TEST_F(PortMapperTest, ANetworkChangeDoesNotWaitForARouterThatHangs) {
  start(quick());
  ASSERT_TRUE(maps(kPort));
  router->change([](auto& rules) { rules.hangs = true; });
  io.wait_for_pools(false);
  io.settle();
  io.wait_for_pools(true);
  const auto elsewhere = std::make_shared<FakeRouter>();
  offered->set({std::make_shared<FakeGateway>(elsewhere, "UPnP IGDv2", "192.168.1.5", "192.168.1.2")});
  const auto begun = Clock::now();
  mapper->network_changed();
  ASSERT_TRUE(until([&] { return elsewhere->maps() > 0; }));
  EXPECT_EQ(Clock::now(), begun);
}

TEST_F(PortMapperTest, TakesTheMappingBackAtTheEnd) {
  start();
  ASSERT_TRUE(maps(kPort));
  end();
  EXPECT_THAT(router->entries(), IsEmpty());
  EXPECT_EQ(mapper->status().state, State::off);
}

TEST_F(PortMapperTest, TheEndDoesNotWaitLongForARouterThatHangs) {
  auto times = patient();
  times.close_within = 200ms;
  start(times);
  ASSERT_TRUE(maps(kPort));
  router->change([](auto& rules) { rules.hangs = true; });
  io.wait_for_pools(false);
  const auto begun = Clock::now();
  end();
  EXPECT_EQ(Clock::now() - begun, 200ms) << "it was given its chance";
}

TEST_F(PortMapperTest, TheEndDoesNotWaitLongForAMappingThatIsBeingMade) {
  auto times = patient();
  times.close_within = 200ms;
  router->change([](auto& rules) { rules.hangs = true; });
  start(times);
  ASSERT_TRUE(until([&] { return router->asked() > 0; }));
  io.wait_for_pools(false);
  const auto begun = Clock::now();
  end();
  EXPECT_LE(Clock::now() - begun, 200ms);
}

TEST_F(PortMapperTest, TakesBackAMappingThatWasBeingMadeWhenTheEndCame) {
  router->change([](auto& rules) { rules.hangs = true; });
  start();
  ASSERT_TRUE(until([&] { return router->asked() > 0; }));
  mapper->close();
  router->change([](auto& rules) { rules.hangs = false; });
  end();
  EXPECT_EQ(router->maps(), 1);
  EXPECT_THAT(router->entries(), IsEmpty());
}

TEST_F(PortMapperTest, EndsAtOnceDuringASearch) {
  const auto searching = std::make_shared<std::mutex>();  // the search's thread uses it when all else is gone
  std::unique_lock hold(*searching);
  mapper.emplace(
      io.executor(),
      [searching] {
        const std::lock_guard wait(*searching);
        return std::vector<std::shared_ptr<Gateway>>();
      },
      [] {}, patient());
  mapper->want(true);
  running.emplace(io.start(mapper->run(kPort)));
  io.wait_for_pools(false);
  io.settle();
  const auto begun = Clock::now();
  end();
  EXPECT_EQ(Clock::now(), begun);
}

/// Descriptors with high numbers, as a busy daemon's are.
class ManyDescriptors {
 public:
  ManyDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    auto more = before_;
    more.rlim_cur = more.rlim_max;
    setrlimit(RLIMIT_NOFILE, &more);
    for (int fd = 0; fd >= 0 && fd < FD_SETSIZE;) {
      fd = dup(STDERR_FILENO);
      if (fd >= 0) descriptors_.push_back(fd);
    }
  }
  ManyDescriptors(const ManyDescriptors&) = delete;
  ManyDescriptors& operator=(const ManyDescriptors&) = delete;
  ~ManyDescriptors() {
    for (const int fd : descriptors_) ::close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }

  bool enough() const { return !descriptors_.empty() && descriptors_.back() >= FD_SETSIZE; }

 private:
  rlimit before_{};
  std::vector<int> descriptors_;
};

TEST_F(PortMapperTest, LibrariesThatUseSelectGetDescriptorsThatFit) {
  const ManyDescriptors many;
  if (!many.enough()) GTEST_SKIP() << "no more than " << FD_SETSIZE << " descriptors may be had";
  std::atomic<int> got = -1;
  mapper.emplace(
      io.executor(),
      [&got] {
        const int fd = dup(STDERR_FILENO);
        got = fd;
        ::close(fd);
        return std::vector<std::shared_ptr<Gateway>>();
      },
      [] {}, patient());
  mapper->want(true);
  running.emplace(io.start(mapper->run(kPort)));
  ASSERT_TRUE(becomes(State::no_gateway));
  EXPECT_GE(got, 0);
  EXPECT_LT(got, FD_SETSIZE);
}

const auto kAddress = make_address_v6("2001:db8::7");
const auto kOther = make_address_v6("2001:db8::8");

class PinholeTest : public PortMapperTest {
 protected:
  PinholeTest() {
    router->change([](auto& rules) { rules.pinholes.reset(); });
  }
  bool opens(std::vector<asio::ip::address_v6> addresses) {
    return until([&] { return mapper->status().pinholes == addresses; });
  }
};

TEST_F(PinholeTest, AreOpenedForWantedAddresses) {
  start();
  mapper->want_pinholes({kAddress, kOther});
  ASSERT_TRUE(opens({kAddress, kOther}));
  EXPECT_THAT(router->holes(), ElementsAre(Pair("1", kAddress), Pair("2", kOther)));
}

TEST_F(PinholeTest, AreOpenedWhereThePortCannotBeMapped) {
  router->change([](auto& rules) { rules.mapping = MappingError::unsupported; });
  start();
  mapper->want_pinholes({kAddress});
  EXPECT_TRUE(opens({kAddress}));
}

TEST_F(PinholeTest, AreClosedWhenAnAddressIsGone) {
  start();
  mapper->want_pinholes({kAddress, kOther});
  ASSERT_TRUE(opens({kAddress, kOther}));
  mapper->want_pinholes({kOther});
  EXPECT_THAT(mapper->status().pinholes, ElementsAre(kOther));
  EXPECT_TRUE(until([&] { return router->holes().size() == 1; }));
  EXPECT_THAT(router->holes(), ElementsAre(Pair("2", kOther)));
}

TEST_F(PinholeTest, AreLookedAfterWithoutAWord) {
  start(quick());
  mapper->want_pinholes({kAddress});
  ASSERT_TRUE(opens({kAddress}));
  const auto before = changes;
  ASSERT_TRUE(asks_again(20));
  EXPECT_EQ(changes, before);
  EXPECT_THAT(router->holes(), ElementsAre(Pair("1", kAddress)));
}

TEST_F(PinholeTest, AreOpenedAgainAfterARestart) {
  start(quick());
  mapper->want_pinholes({kAddress});
  ASSERT_TRUE(opens({kAddress}));
  router->restart();
  EXPECT_TRUE(until([&] { return router->holes().contains("100"); }));
}

TEST_F(PinholeTest, AreClosedAtTheEnd) {
  start();
  mapper->want_pinholes({kAddress});
  ASSERT_TRUE(opens({kAddress}));
  end();
  EXPECT_THAT(router->holes(), IsEmpty());
}

TEST_F(PinholeTest, AreAskedOfTheNextGatewayWhereTheFirstRefuses) {
  router->change([](auto& rules) { rules.pinholes = MappingError::refused; });
  const auto other = std::make_shared<FakeRouter>();
  other->change([](auto& rules) { rules.pinholes.reset(); });
  offered->set({gateway, std::make_shared<FakeGateway>(other, "UPnP IGDv2")});
  start();
  mapper->want_pinholes({kAddress});
  ASSERT_TRUE(opens({kAddress}));
  EXPECT_THAT(other->holes(), SizeIs(1));
}

TEST_F(PinholeTest, AreNotSpokenOfWhereTheRouterHasNone) {
  router->change([](auto& rules) { rules.pinholes = MappingError::unsupported; });
  start(quick());
  ASSERT_TRUE(maps(kPort));
  mapper->want_pinholes({kAddress});
  ASSERT_TRUE(asks_again());
  EXPECT_EQ(changes, 1);
  EXPECT_THAT(mapper->status().pinholes, IsEmpty());
}

/// A mapper on a host of a home with a real router.
class PortMapperAtHomeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = hardline::test::HomeLab::missing()) GTEST_SKIP() << *reason;
    lab.emplace();
  }
  void TearDown() override {
    if (home) end();
  }

  void start(PortMapperOptions options) {
    home.emplace(lab->home);
    home->call([this, options] {
      mapper.emplace(
          home->io().get_executor(), options, [] {},
          PortMapperTimes{.lease = 3600s, .verify_every = 200ms, .search_again = 200ms, .close_within = 3s});
      mapper->want(true);
      mapper->want_pinholes({make_address_v6("2001:470:1::11")});
      tasks.emplace(home->io().get_executor());
      tasks->spawn("mapper", mapper->run(kPort));
      service.emplace(home->io(), tcp::endpoint(tcp::v4(), kPort));
    });
  }
  void end() {
    home->call([this] {
      mapper->close();
      service->close();
    });
    home->finish();
    home.reset();
  }

  PortMapperStatus status() {
    return home->call([this] { return mapper->status(); });
  }
  template <class Done>
  bool until(Done done) {
    const auto give_up = steady_clock::now() + support::kDeadline;
    while (!done() && steady_clock::now() < give_up) std::this_thread::sleep_for(20ms);
    return done();
  }
  bool is_reached() { return hardline::test::can_connect(lab->outside, "11.0.0.1", kPort); }

  std::optional<hardline::test::HomeLab> lab;
  std::optional<hardline::test::Host> home;
  std::optional<PortMapper> mapper;
  std::optional<TaskGroup> tasks;
  std::optional<tcp::acceptor> service;
};

TEST_F(PortMapperAtHomeTest, IsReachedAgainAfterTheRouterRestarted) {
  lab->start_miniupnpd();
  start({});
  ASSERT_TRUE(until([&] { return status().mapping && status().pinholes.size() == 1; }));
  EXPECT_EQ(status().mapping->protocol, "UPnP IGDv2");
  EXPECT_TRUE(is_reached());
  EXPECT_THAT(lab->rules(), testing::HasSubstr("7008"));
  lab->cut_miniupnpd();
  EXPECT_FALSE(is_reached());
  ASSERT_TRUE(until([&] { return status().state == State::no_gateway; }));
  lab->start_miniupnpd();
  ASSERT_TRUE(until([&] { return status().mapping && status().pinholes.size() == 1; }));
  EXPECT_TRUE(is_reached());
  end();
  EXPECT_THAT(lab->rules(), testing::Not(testing::HasSubstr("7008"))) << "neither the mapping nor the pinhole is left";
}

TEST_F(PortMapperAtHomeTest, IsReachedByNatPmpWhereThereIsNoUpnp) {
  lab->start_miniupnpd("enable_upnp=no\n");
  start({});
  ASSERT_TRUE(until([&] { return status().mapping.has_value(); }));
  EXPECT_EQ(status().mapping->protocol, "NAT-PMP");
  EXPECT_TRUE(is_reached());
  lab->cut_miniupnpd();
  lab->start_miniupnpd("enable_upnp=no\n");
  EXPECT_TRUE(until([&] { return is_reached(); }));
}

}  // namespace
}  // namespace hardline::reach
