#include "hardline/dht/dht_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dht/dht_swarm.hpp"
#include "hardline/base/errc.hpp"
#include "store/log_capture.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::dht {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::TestIo;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using State = DhtNodeStatus::State;

constexpr auto kStopBound = 4s;  // three, and what a busy machine adds

const DhtKey kKey = DhtKey::parse("4cd7819ebff581d0998d58df3cdd39b55bef9b02").value();
const DhtKey kOtherKey = DhtKey::parse("dde469253d33307b28fb5d14c4eac503b2c10c1f").value();

Dht::Deadline soon() {
  return steady_clock::now() + support::kDeadline;
}

struct Asker {
  std::vector<std::string> values;
  std::shared_ptr<Lookup> lookup =
      std::make_shared<Lookup>([this](std::string_view value) { values.emplace_back(value); });
};

/// A UDP port where nobody answers, and which nobody else can have.
class SilentPort {
 public:
  SilentPort() : socket_(io_, udp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  HostPort address() const { return {"127.0.0.1", socket_.local_endpoint().port()}; }

 private:
  asio::io_context io_;
  udp::socket socket_;
};

class DhtNodeTest : public testing::Test {
 protected:
  ~DhtNodeTest() override {
    for (const auto& node : nodes) io.await(node->stop());
  }

  DhtNodeOptions options_by(std::vector<HostPort> bootstrap) {
    return {.bootstrap = std::move(bootstrap), .port = 0, .network = DhtSwarm::kNetwork, .nodes_file = {}};
  }
  DhtNode& make_node(DhtNodeOptions options) {
    nodes.push_back(std::make_unique<DhtNode>(io.executor(), resolver, std::move(options)));
    return *nodes.back();
  }
  DhtNode& make_node(const DhtSwarm& swarm) { return make_node(options_by({swarm.address()})); }

  std::error_code put(DhtNode& node, const DhtKey& key, const std::string& value) {
    return io.await(node.put(key, value, soon()));
  }
  std::vector<std::string> get(DhtNode& node, const DhtKey& key) {
    Asker asker;
    EXPECT_EQ(io.await(node.get(key, asker.lookup, soon())), std::error_code());
    return asker.values;
  }
  bool connect(DhtNode& node) {
    get(node, kOtherKey);
    return node.status().state == State::connected;
  }

  TestIo io;
  Resolver resolver;
  store::TempDir dir;
  std::vector<std::unique_ptr<DhtNode>> nodes;
};

TEST_F(DhtNodeTest, GetsWhatAnotherHasPut) {
  const DhtSwarm swarm(4);
  EXPECT_EQ(put(make_node(swarm), kKey, "203.0.113.7:7008"), std::error_code());
  EXPECT_THAT(get(make_node(swarm), kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(DhtNodeTest, GetsNothingWhereNothingIs) {
  const DhtSwarm swarm(4);
  EXPECT_THAT(get(make_node(swarm), kKey), IsEmpty());
}

TEST_F(DhtNodeTest, GetsEveryValueOfItsKeyAndOfNoOther) {
  const DhtSwarm swarm(4);
  auto& node = make_node(swarm);
  put(node, kKey, "203.0.113.7:7008");
  put(make_node(swarm), kKey, "203.0.113.8:7008");
  put(node, kOtherKey, "203.0.113.9:7008");
  EXPECT_THAT(get(make_node(swarm), kKey), UnorderedElementsAre("203.0.113.7:7008", "203.0.113.8:7008"));
}

TEST_F(DhtNodeTest, GetsWhatAProxyWasToldToPut) {
  DhtSwarm swarm(4);
  swarm.put(kKey, "203.0.113.7:7008", 3);
  swarm.put(kKey, "something else", 7);
  EXPECT_THAT(get(make_node(swarm), kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(DhtNodeTest, ProlongsAValueThatIsPutAgainAndAddsAnotherOne) {
  DhtSwarm swarm(4);
  auto& node = make_node(swarm);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), std::error_code());
  EXPECT_EQ(swarm.count(kKey), 1u);
  EXPECT_EQ(put(node, kKey, "203.0.113.8:7008"), std::error_code());
  EXPECT_THAT(get(make_node(swarm), kKey), UnorderedElementsAre("203.0.113.7:7008", "203.0.113.8:7008"));
}

TEST_F(DhtNodeTest, WhatItHasPutIsThereWhenItIsGone) {
  DhtSwarm swarm(4);
  auto& node = make_node(swarm);
  EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), std::error_code());
  EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), std::error_code());
  io.await(node.stop());
  EXPECT_EQ(swarm.count(kKey), 1u);
}

TEST_F(DhtNodeTest, ReadsABoundedNumberOfForgedValuesAndThenTheEnd) {
  DhtSwarm swarm(4);
  for (int i = 0; i < 200; ++i) swarm.put(kKey, "forged " + std::to_string(i));
  EXPECT_EQ(put(make_node(swarm), kKey, "203.0.113.7:7008"), std::error_code());
  const auto values = get(make_node(swarm), kKey);
  EXPECT_THAT(values, SizeIs(Le(Lookup::kMaxValues)));
  EXPECT_THAT(values, Contains("203.0.113.7:7008"));
}

TEST_F(DhtNodeTest, StartsNothingBeforeItsFirstUse) {
  const DhtSwarm swarm(1);
  auto& node = make_node(swarm);
  node.network_changed();
  io.settle();
  EXPECT_EQ(node.status().state, State::idle);
  EXPECT_EQ(node.status().port, 0);
}

TEST_F(DhtNodeTest, TellsHowItIs) {
  const DhtSwarm swarm(4);
  auto& node = make_node(swarm);
  std::vector<State> states;
  node.on_change([&] {
    if (states.empty() || states.back() != node.status().state) states.push_back(node.status().state);
  });
  EXPECT_TRUE(connect(node));
  EXPECT_TRUE(io.run_until([&] { return !node.status().seen_as.empty() && node.status().good_nodes4 > 0; }));
  const auto status = node.status();
  EXPECT_NE(status.port, 0);
  EXPECT_GE(status.known_nodes4, status.good_nodes4);
  EXPECT_THAT(status.seen_as, ElementsAre(asio::ip::make_address("127.0.0.1")));
  EXPECT_THAT(status.problem, IsEmpty());
  io.await(node.stop());
  EXPECT_THAT(states, ElementsAre(State::connecting, State::connected, State::idle));
}

TEST_F(DhtNodeTest, AsksAnewHowItIsSeenInAnotherNetwork) {
  const DhtSwarm swarm(4);
  auto& node = make_node(swarm);
  ASSERT_TRUE(connect(node));
  const auto is_seen = [&] { return !node.status().seen_as.empty(); };
  ASSERT_TRUE(io.run_until(is_seen));
  node.network_changed();
  EXPECT_FALSE(is_seen());
  io.settle();
  EXPECT_FALSE(is_seen()) << "a report of before counted";
  EXPECT_TRUE(io.run_until(is_seen));
}

TEST_F(DhtNodeTest, EntersByTheNameOfABootstrapNode) {
  const DhtSwarm swarm(2);
  EXPECT_TRUE(connect(make_node(options_by({{"localhost", swarm.address().port}}))));
}

TEST_F(DhtNodeTest, EntersByAnyBootstrapNodeThatAnswers) {
  const DhtSwarm swarm(2);
  const SilentPort silent;
  EXPECT_TRUE(connect(make_node(options_by({silent.address(), {"no..such..host", 4222}, swarm.address()}))));
}

TEST_F(DhtNodeTest, WaitsWithGetsAndPutsUntilItIsConnected) {
  auto silent = std::make_unique<SilentPort>();
  const auto port = silent->address().port;
  auto& node = make_node(options_by({silent->address()}));
  auto putting = io.start(node.put(kKey, "203.0.113.7:7008", soon()));
  io.settle();
  EXPECT_FALSE(putting.done());
  EXPECT_EQ(node.status().state, State::connecting);
  silent.reset();
  const DhtSwarm swarm(2, port);
  EXPECT_EQ(putting.get(), std::error_code());
  EXPECT_THAT(get(node, kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(DhtNodeTest, EndsAGetAndAPutAtTheirDeadline) {
  const SilentPort silent;
  auto& node = make_node(options_by({silent.address()}));
  const Asker asker;
  auto getting = io.start(node.get(kKey, asker.lookup, steady_clock::now() + 50ms));
  auto putting = io.start(node.put(kKey, "203.0.113.7:7008", steady_clock::now() + 50ms));
  EXPECT_EQ(getting.get(), Errc::timed_out);
  EXPECT_EQ(putting.get(), Errc::timed_out);
}

TEST_F(DhtNodeTest, EndsAGetSoonAfterItsLookupWasStopped) {
  const SilentPort silent;
  auto& node = make_node(options_by({silent.address()}));
  const Asker asker;
  auto getting = io.start(node.get(kKey, asker.lookup, soon()));
  io.settle();
  EXPECT_FALSE(getting.done());
  const auto stopped_at = steady_clock::now();
  asker.lookup->stop();
  EXPECT_EQ(getting.get(), Errc::cancelled);
  EXPECT_LT(steady_clock::now() - stopped_at, 1s);
}

TEST_F(DhtNodeTest, EndsAGetWhoseLookupIsStoppedByItsFirstValue) {
  DhtSwarm swarm(4);
  swarm.put(kKey, "203.0.113.7:7008");
  swarm.put(kKey, "203.0.113.8:7008");
  int values = 0;
  std::shared_ptr<Lookup> lookup;
  lookup = std::make_shared<Lookup>([&](std::string_view) {
    ++values;
    lookup->stop();
  });
  auto& node = make_node(swarm);
  EXPECT_EQ(io.await(node.get(kKey, lookup, soon())), Errc::cancelled);
  EXPECT_EQ(values, 1);
  EXPECT_THAT(get(node, kKey), SizeIs(2)) << "which another get of the same key does not notice";
}

TEST_F(DhtNodeTest, DoesNotBeginAGetWhoseLookupWasStoppedBefore) {
  const DhtSwarm swarm(1);
  auto& node = make_node(swarm);
  const Asker asker;
  asker.lookup->stop();
  EXPECT_EQ(io.await(node.get(kKey, asker.lookup, soon())), Errc::cancelled);
  EXPECT_EQ(node.status().state, State::idle);
}

TEST_F(DhtNodeTest, SaysThatNobodyAnswers) {
  const SilentPort silent;
  auto& node = make_node(options_by({silent.address()}));
  auto getting = io.start(node.get(kKey, Asker().lookup, soon()));
  EXPECT_TRUE(io.run_until([&] { return node.status().state == State::disconnected; }));
  EXPECT_EQ(getting.get(), std::errc::not_connected);
}

TEST_F(DhtNodeTest, PutsFailAtOnceWhereNobodyAnswersAndGetsSoon) {
  const SilentPort silent;
  auto& node = make_node(options_by({silent.address()}));
  const Asker asker;
  auto getting = io.start(node.get(kKey, asker.lookup, soon()));
  EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), std::errc::not_connected);
  EXPECT_EQ(node.status().state, State::disconnected);
  EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), std::errc::not_connected);
  EXPECT_EQ(getting.get(), std::errc::not_connected);
  auto another = io.start(node.get(kKey, asker.lookup, soon()));
  io.settle();
  EXPECT_FALSE(another.done()) << "the network may come back";
  io.await(node.stop());
  EXPECT_EQ(another.get(), Errc::cancelled);
}

TEST_F(DhtNodeTest, SaysThatTheNameOfItsBootstrapNodeIsUnknown) {
  auto& node = make_node(options_by({{"no..such..host", 4222}}));
  auto getting = io.start(node.get(kKey, Asker().lookup, soon()));
  EXPECT_TRUE(io.run_until([&] { return node.status().state == State::disconnected; }));
  EXPECT_THAT(node.status().problem, HasSubstr("no..such..host:4222"));
  EXPECT_EQ(getting.get(), std::errc::not_connected);
}

TEST_F(DhtNodeTest, GoesOnAfterTheNetworkHasChanged) {
  const DhtSwarm swarm(4);
  auto& node = make_node(swarm);
  EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), std::error_code());
  node.network_changed();
  EXPECT_THAT(get(node, kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(DhtNodeTest, EntersAgainByTheNodesItKnewWithoutABootstrapNode) {
  const DhtSwarm swarm(4);
  auto options = options_by({swarm.address()});
  options.nodes_file = dir / "nodes";
  auto& before = make_node(options);
  EXPECT_EQ(put(before, kKey, "203.0.113.7:7008"), std::error_code());
  io.await(before.stop());
  options.bootstrap = {};
  EXPECT_THAT(get(make_node(options), kKey), ElementsAre("203.0.113.7:7008"));
}

TEST_F(DhtNodeTest, KeepsTheNodesItKnowsSoonAfterItConnected) {
  const DhtSwarm swarm(2);
  auto options = options_by({swarm.address()});
  options.nodes_file = dir / "nodes";
  EXPECT_TRUE(connect(make_node(options)));
  EXPECT_TRUE(io.run_until([&] { return std::filesystem::exists(options.nodes_file); }));
}

TEST_F(DhtNodeTest, KeepsTheNodesItKnewWhereItNeverConnected) {
  const SilentPort silent, gone;
  auto options = options_by({silent.address()});
  options.nodes_file = dir / "nodes";
  const auto known = gone.address().to_string() + "\n";
  store::write_file(options.nodes_file, known);
  auto& node = make_node(options);
  io.await(node.put(kKey, "203.0.113.7:7008", steady_clock::now() + 50ms));
  io.await(node.stop());
  EXPECT_EQ(store::file_content(options.nodes_file), known);
}

TEST_F(DhtNodeTest, EntersByABootstrapNodeWhereNobodyItKnewAnswers) {
  const DhtSwarm swarm(2);
  const SilentPort gone;
  auto options = options_by({swarm.address()});
  options.nodes_file = dir / "nodes";
  store::write_file(options.nodes_file, gone.address().to_string() + "\n");
  EXPECT_TRUE(connect(make_node(options)));
}

TEST_F(DhtNodeTest, TakesAFreePortWhereItsOwnIsTakenAndSaysSo) {
  const DhtSwarm swarm(2);
  const SilentPort taken;
  auto options = options_by({swarm.address()});
  options.port = taken.address().port;
  auto& node = make_node(options);
  EXPECT_TRUE(connect(node));
  EXPECT_NE(node.status().port, options.port);
  EXPECT_THAT(node.status().problem, HasSubstr("UDP port " + std::to_string(options.port)));
}

TEST_F(DhtNodeTest, StopsInTimeHoweverFarItIs) {
  const DhtSwarm swarm(2);
  const SilentPort silent;
  auto& connected = make_node(swarm);
  EXPECT_TRUE(connect(connected));
  auto& connecting = make_node(options_by({silent.address()}));
  auto& starting = make_node(options_by({silent.address()}));
  auto& idle = make_node(options_by({silent.address()}));
  auto first = io.start(connecting.get(kKey, Asker().lookup, soon()));
  EXPECT_TRUE(io.run_until([&] { return connecting.status().port != 0; }));
  auto second = io.start(starting.put(kKey, "203.0.113.7:7008", soon()));
  for (auto* node : {&connected, &connecting, &starting, &idle}) {
    const auto begun = steady_clock::now();
    io.await(node->stop());
    EXPECT_LT(steady_clock::now() - begun, kStopBound);
    EXPECT_EQ(node->status().state, State::idle);
    EXPECT_EQ(node->status().port, 0);
  }
  EXPECT_EQ(first.get(), Errc::cancelled);
  EXPECT_EQ(second.get(), Errc::cancelled);
}

TEST_F(DhtNodeTest, FailsAtOnceOnceStopped) {
  const DhtSwarm swarm(2);
  auto& node = make_node(swarm);
  EXPECT_TRUE(connect(node));
  io.await(node.stop());
  const Asker asker;
  EXPECT_EQ(io.await(node.get(kKey, asker.lookup, soon())), Errc::cancelled);
  EXPECT_EQ(put(node, kKey, "203.0.113.7:7008"), Errc::cancelled);
  node.network_changed();
  EXPECT_EQ(node.status().state, State::idle);
}

TEST_F(DhtNodeTest, CallsNothingBackOnceItIsGone) {
  const DhtSwarm swarm(2);
  auto node = std::make_unique<DhtNode>(io.executor(), resolver, options_by({swarm.address()}));
  bool gone = false;
  node->on_change([&] { EXPECT_FALSE(gone); });
  EXPECT_TRUE(connect(*node));
  auto getting = io.start(node->get(kKey, Asker().lookup, soon()));
  auto putting = io.start(node->put(kKey, "203.0.113.7:7008", soon()));
  io.context().run_for(1ms);
  node.reset();
  gone = true;
  const auto got = getting.get();
  EXPECT_TRUE(!got || got == Errc::cancelled) << got.message();
  const auto done = putting.get();
  EXPECT_TRUE(!done || done == Errc::cancelled) << done.message();
  io.settle();
}

TEST_F(DhtNodeTest, MayGoBeforeItHasBegun) {
  const DhtSwarm swarm(1);
  auto node = std::make_unique<DhtNode>(io.executor(), resolver, options_by({swarm.address()}));
  auto getting = io.start(node->get(kKey, Asker().lookup, soon()));
  io.context().poll();
  node.reset();
  EXPECT_EQ(getting.get(), Errc::cancelled);
  io.settle();
}

}  // namespace
}  // namespace hardline::dht
