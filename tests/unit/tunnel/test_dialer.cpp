#include "hardline/tunnel/dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "hardline/base/errc.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"

namespace hardline::tunnel {
namespace {

using namespace std::chrono_literals;
using support::ScriptedServer;
using support::service_name;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Dialled = tl::expected<Connection, DialFailure>;

/// Takes TCP connections in and says nothing on them.
class SilentServer {
 public:
  explicit SilentServer(support::TestIo& io) : acceptor_(support::small_listener(io)) {}
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  tcp::acceptor acceptor_;
};

class DialerTest : public testing::Test {
 protected:
  ~DialerTest() override {
    dialer.cancel_all();
    io.await(dials.join());
  }

  support::Running<Dialled> dial() { return io.start(dialer.dial(key)); }

  /// A dial that `server` answers.
  Dialled dial_to(ScriptedServer& server) {
    auto dialling = dial();
    const auto peer = server.accept_with_tls();
    return dialling.get();
  }

  std::vector<SilentServer> silent_servers(std::size_t count) {
    std::vector<SilentServer> servers;
    while (servers.size() < count) servers.emplace_back(io);
    return servers;
  }

  tcp::endpoint nobody() { return SilentServer(io).endpoint(); }

  void remember(const tcp::endpoint& endpoint) { finder.candidates.push_back({endpoint, find::Source::remembered}); }

  support::TestIo io{support::Time::fake_beside_sockets};
  support::ScriptedFinder finder{io.executor()};
  TaskGroup dials{io.executor()};
  std::vector<KeyHash> doubted;
  std::vector<std::string> told;  ///< how dials and examinations ended
  Dialer::Ended ended{
      .reached =
          [this](const KeyHash& service, const find::Candidate& candidate) {
            told.push_back(service.brief() + " by " + std::string(find::source_word(candidate.source)));
          },
      .missed = [this](const KeyHash& service,
                       const std::string& problem) { told.push_back(service.brief() + " not: " + problem); }};
  Dialer dialer{io.executor(), finder, dials, {}, [this](const KeyHash& service) { doubted.push_back(service); },
                ended};
  KeyHash key = service_name("ec").key;
};

TEST_F(DialerTest, SaysWithoutAnAttemptThatNobodyWasFound) {
  finder.reports = {{.source = find::Source::dht, .error = Errc::timed_out}};
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, IsEmpty());
  ASSERT_THAT(dialled.error().sources, SizeIs(1));
  EXPECT_EQ(dialled.error().sources[0].error, Errc::timed_out);
}

TEST_F(DialerTest, TellsTheFinderWhatWorked) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_THAT(finder.worked_at, ElementsAre(server.endpoint()));
  EXPECT_THAT(finder.failed_at, IsEmpty());
}

TEST_F(DialerTest, SaysHowEachAttemptFailed) {
  const auto gone = nobody();
  finder.add(gone);
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  ASSERT_THAT(dialled.error().attempts, SizeIs(1));
  EXPECT_EQ(dialled.error().attempts[0].candidate.endpoint, gone);
  EXPECT_EQ(dialled.error().attempts[0].error, std::errc::connection_refused);
  EXPECT_THAT(finder.failed_at, ElementsAre(gone));
}

class DialToAnImpostor : public DialerTest, public testing::WithParamInterface<int> {};

TEST_P(DialToAnImpostor, SendsItNothingAndSaysSo) {
  ScriptedServer impostor(io, "rsa", {.hardline1 = true, .only_version = GetParam()});
  finder.add(impostor.endpoint());
  auto dialling = dial();
  auto peer = impostor.accept();
  EXPECT_TRUE(peer.handshake());
  const auto dialled = dialling.get();
  io.settle();
  EXPECT_FALSE(peer.heard_application_data());
  EXPECT_EQ(peer.unread_octets(), 0u);
  ASSERT_FALSE(dialled);
  ASSERT_THAT(dialled.error().attempts, SizeIs(1));
  EXPECT_EQ(dialled.error().attempts[0].error, Errc::certificate_mismatch);
  EXPECT_THAT(finder.failed_at, ElementsAre(impostor.endpoint()));
  EXPECT_THAT(finder.worked_at, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Tls, DialToAnImpostor, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_F(DialerTest, DoesNotWaitForASilentCandidateWhileAnotherAnswers) {
  const SilentServer silent(io);
  ScriptedServer server(io, "ec");
  finder.add(silent.endpoint());
  finder.add(server.endpoint());
  const auto began = Clock::now();
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_LT(Clock::now() - began, DialTimes().attempt);
  io.await(dials.join());
  EXPECT_THAT(finder.failed_at, IsEmpty()) << "an attempt that was given up says nothing about its candidate";
}

TEST_F(DialerTest, FindsTheRightOneBehindAnImpostor) {
  ScriptedServer impostor(io, "rsa");
  ScriptedServer server(io, "ec");
  finder.add(impostor.endpoint());
  finder.add(server.endpoint());
  auto dialling = dial();
  auto false_peer = impostor.accept();
  EXPECT_TRUE(false_peer.handshake());
  EXPECT_FALSE(dialling.done());
  const auto peer = server.accept_with_tls();
  const auto dialled = dialling.get();
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_THAT(finder.failed_at, ElementsAre(impostor.endpoint()));
}

TEST_F(DialerTest, TriesNoMoreThanABoundedNumberOfCandidates) {
  const auto port = nobody().port();
  for (unsigned i = 0; i < 2 * DialOrder::kMaxInAll; ++i)
    finder.add({asio::ip::address_v4(asio::ip::address_v4::loopback().to_uint() + 10 + i), port});
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, SizeIs(DialOrder::kMaxInAll));
}

TEST_F(DialerTest, FindsTheRightOneBehindMoreWrongOnesThanItTriesAtATime) {
  ScriptedServer server(io, "ec");
  const auto port = nobody().port();
  for (std::size_t i = 0; i < 2 * DialOrder::kMaxAtATime; ++i)
    finder.add({asio::ip::make_address_v4("127.0.0." + std::to_string(10 + i)), port});
  finder.add(server.endpoint());
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_THAT(finder.failed_at, SizeIs(2 * DialOrder::kMaxAtATime));
}

TEST_F(DialerTest, TriesABoundedNumberOfCandidatesAtATime) {
  Dialer hasty(io.executor(), finder, dials, {.between = 0ms, .between_at_least = 0ms});
  const auto silent = silent_servers(2 * DialOrder::kMaxAtATime);
  for (const auto& server : silent) remember(server.endpoint());
  auto dialling = io.start(hasty.dial(key));
  io.settle();
  EXPECT_EQ(dials.size(), DialOrder::kMaxAtATime);
  hasty.cancel_all();
  const auto dialled = dialling.get();
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, SizeIs(DialOrder::kMaxAtATime)) << "those that waited were not tried";
  io.await(dials.join());
}

TEST_F(DialerTest, TriesFarCandidatesOneAfterTheOther) {
  const auto silent = silent_servers(2);
  ScriptedServer server(io, "ec");
  for (const auto& one : silent) remember(one.endpoint());
  remember(server.endpoint());
  const auto began = Clock::now();
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(Clock::now() - began, 2 * DialTimes().between);
}

TEST_F(DialerTest, GoesOnAtOnceWhereAFarCandidateFails) {
  ScriptedServer server(io, "ec");
  const auto port = nobody().port();
  for (int i = 0; i < 20; ++i) remember({asio::ip::make_address_v4("127.0.0." + std::to_string(10 + i)), port});
  remember(server.endpoint());
  const auto began = Clock::now();
  ASSERT_TRUE(dial_to(server));
  EXPECT_LT(Clock::now() - began, 20 * DialTimes().between_at_least * 5);
}

TEST_F(DialerTest, SilentCandidatesGiveTheirPlacesToThoseThatWait) {
  Dialer hasty(io.executor(), finder, dials, {.between = 1ms, .between_at_least = 1ms, .gives_way_after = 30ms});
  const auto silent = silent_servers(3 * DialOrder::kMaxAtATime);
  ScriptedServer server(io, "ec");
  for (const auto& one : silent) remember(one.endpoint());
  remember(server.endpoint());
  const auto began = Clock::now();
  auto dialling = io.start(hasty.dial(key));
  const auto peer = server.accept_with_tls();
  const auto dialled = dialling.get();
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_LT(Clock::now() - began, DialTimes().attempt);
  EXPECT_THAT(finder.failed_at, IsEmpty()) << "an attempt that gave way says nothing about its candidate";
  io.await(dials.join());
}

TEST_F(DialerTest, SaysWhenEachAttemptBegan) {
  const SilentServer silent(io);
  Dialer patient(io.executor(), finder, dials, {.search = 400ms, .attempt = 300ms, .between = 100ms});
  remember(silent.endpoint());
  const auto gone = nobody();
  remember(gone);
  const auto dialled = io.await(patient.dial(key));
  ASSERT_FALSE(dialled);
  ASSERT_THAT(dialled.error().attempts, SizeIs(2));
  const auto& [first, second] = std::pair(dialled.error().attempts[0], dialled.error().attempts[1]);
  EXPECT_EQ(first.began, 0ms);
  EXPECT_EQ(first.took, 300ms);
  EXPECT_EQ(first.error, Errc::timed_out);
  EXPECT_EQ(second.began, 100ms);
}

TEST_F(DialerTest, AWholeDialIsBounded) {
  const SilentServer silent(io);
  finder.add(silent.endpoint());
  finder.goes_on_looking = true;
  Dialer brief(io.executor(), finder, dials, {.search = 50ms});
  const auto began = Clock::now();
  const auto dialled = io.await(brief.dial(key));
  EXPECT_EQ(Clock::now() - began, 50ms);
  ASSERT_FALSE(dialled);
  ASSERT_THAT(dialled.error().attempts, SizeIs(1));
  EXPECT_EQ(dialled.error().attempts[0].error, Errc::timed_out);
  EXPECT_EQ(dialled.error().attempts[0].took, 50ms);
  io.await(dials.join());
}

TEST_F(DialerTest, TellsTheFinderTheRoundTripAlone) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  auto dialling = dial();
  auto peer = server.accept();
  io.settle();  // the handshake takes its time
  EXPECT_FALSE(peer.handshake());
  ASSERT_TRUE(dialling.get());
  ASSERT_THAT(finder.round_trips, SizeIs(1));
  EXPECT_EQ(finder.round_trips[0], 0ms);
}

TEST_F(DialerTest, ThatThisMachineHasNoWayThereSaysNothingOfTheOtherOne) {
  remember({asio::ip::make_address("224.0.0.1"), 7008});  // where no TCP ever goes
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().attempts.at(0).error, std::errc::network_unreachable);
  EXPECT_THAT(finder.failed_at, IsEmpty());
}

TEST_F(DialerTest, DoesNotLetSilentNeighboursKeepARememberedAddressWaiting) {
  const auto silent = silent_servers(2 * DialOrder::kMaxAtATime);
  ScriptedServer server(io, "ec");
  for (const auto& neighbour : silent) finder.add(neighbour.endpoint());
  finder.candidates.push_back({server.endpoint(), find::Source::remembered});
  const auto began = Clock::now();
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_LT(Clock::now() - began, DialTimes().attempt);
}

TEST_F(DialerTest, TriesACandidateOnceInADial) {
  const auto gone = nobody();
  finder.add(gone);
  finder.add(gone);
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, SizeIs(1));
}

TEST_F(DialerTest, TriesTheLastWinnerBeforeAnybodyIsAsked) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  ASSERT_TRUE(dial_to(server));
  ASSERT_EQ(finder.searches, 1);
  ASSERT_TRUE(dial_to(server));
  EXPECT_EQ(finder.searches, 1);
  EXPECT_THAT(doubted, IsEmpty());
}

TEST_F(DialerTest, AsksAgainWhereTheLastWinnerIsGone) {
  ScriptedServer before(io, "ec");
  ScriptedServer after(io, "ec");
  finder.candidates = {{before.endpoint(), find::Source::lan}};
  ASSERT_TRUE(dial_to(before));
  before.go_away();
  finder.candidates = {{after.endpoint(), find::Source::lan}};
  const auto dialled = dial_to(after);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, after.endpoint());
  EXPECT_THAT(doubted, ElementsAre(key)) << "what leads there may be dead, too";
}

TEST_F(DialerTest, AsksSoonWhereTheLastWinnerIsSilent) {
  ScriptedServer before(io, "ec");
  ScriptedServer after(io, "ec");
  finder.candidates = {{before.endpoint(), find::Source::lan}};
  ASSERT_TRUE(dial_to(before));
  finder.candidates = {{after.endpoint(), find::Source::lan}};
  const auto began = Clock::now();
  ASSERT_TRUE(dial_to(after));  // `before` takes the connection in, and does no more
  EXPECT_LT(Clock::now() - began, DialTimes().attempt);
  EXPECT_THAT(doubted, ElementsAre(key)) << "what leads there may be dead, too";
}

TEST_F(DialerTest, CancellingEndsADialAndItsAttempts) {
  const SilentServer silent(io);
  finder.add(silent.endpoint());
  finder.goes_on_looking = true;
  auto dialling = dial();
  io.settle();
  ASSERT_FALSE(dialling.done());
  dialer.cancel_all();
  EXPECT_FALSE(dialling.get());
  io.await(dials.join());
}

TEST_F(DialerTest, BeginsNothingAfterCancelling) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  dialer.cancel_all();
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, IsEmpty());
  EXPECT_EQ(finder.searches, 0);
}

TEST_F(DialerTest, OpensNoTunnelOnAConnectionWonBeforeCancelling) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  dialer.cancel_all();
  const Dialer::Opening opening(dialer, *dialled->stream);
  EXPECT_TRUE(io.await(support::writing(*dialled->stream, "hello"))) << "it is cut";
}

TEST_F(DialerTest, ATunnelThatIsBeingOpenedChecksItsPathWhenTheNetworkChanges) {
  const auto pair = support::tls_streams(io);
  const Dialer::Opening opening(dialer, *pair.client);
  dialer.network_changed();
  int probed_after = 0;
  socklen_t size = sizeof probed_after;
  ::getsockopt(SSL_get_fd(pair.client->ssl()), IPPROTO_TCP, TCP_KEEPIDLE, &probed_after, &size);
  EXPECT_EQ(probed_after, 1);
}

TEST_F(DialerTest, DialsSideBySideShareASearchAndGoWhereItGotTo) {
  ScriptedServer server(io, "ec");
  finder.goes_on_looking = true;
  auto one = dial();
  auto other = dial();
  io.settle();
  EXPECT_EQ(finder.searches, 1);
  finder.bring({server.endpoint(), find::Source::remembered});
  auto first = server.accept();
  EXPECT_FALSE(first.handshake());
  EXPECT_TRUE(one.get());
  auto second = server.accept();
  EXPECT_FALSE(second.handshake());
  EXPECT_TRUE(other.get());
  EXPECT_EQ(finder.searches, 1);
}

TEST_F(DialerTest, DialsSideBySideFailTogether) {
  finder.goes_on_looking = true;
  Dialer brief(io.executor(), finder, dials, {.search = 100ms});
  auto one = io.start(brief.dial(key));
  auto other = io.start(brief.dial(key));
  io.pass(1ms);
  finder.bring({nobody(), find::Source::remembered});
  const auto failed = one.get();
  const auto failed_too = other.get();
  EXPECT_EQ(finder.searches, 1);
  ASSERT_FALSE(failed);
  ASSERT_FALSE(failed_too);
  EXPECT_THAT(failed_too.error().attempts, SizeIs(1)) << "what the search tried";
}

TEST_F(DialerTest, DialsOfDifferentServicesDoNotWaitForEachOther) {
  finder.goes_on_looking = true;
  auto one = dial();
  auto other = io.start(dialer.dial(service_name("rsa").key));
  io.settle();
  EXPECT_EQ(finder.searches, 2);
}

TEST_F(DialerTest, DialsToALastWinnerDoNotWaitForEachOther) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  ASSERT_TRUE(dial_to(server));
  auto one = dial();
  auto other = dial();
  auto first = server.accept();
  auto second = server.accept();
  EXPECT_FALSE(second.handshake());
  EXPECT_FALSE(first.handshake());
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(other.get());
  EXPECT_EQ(finder.searches, 1);
}

TEST_F(DialerTest, ADialWhoseLastWinnerIsSilentGoesWhereAnotherGot) {
  ScriptedServer silent(io, "ec");
  ScriptedServer server(io, "ec");
  finder.candidates = {{silent.endpoint(), find::Source::remembered}};
  ASSERT_TRUE(dial_to(silent));
  finder.candidates = {{server.endpoint(), find::Source::remembered}};
  const auto began = Clock::now();
  auto one = dial();
  auto other = dial();
  auto first = server.accept();
  EXPECT_FALSE(first.handshake());
  EXPECT_TRUE(one.get());
  auto second = server.accept();
  EXPECT_FALSE(second.handshake());
  EXPECT_TRUE(other.get());
  EXPECT_LT(Clock::now() - began, DialTimes().attempt / 2);
  EXPECT_EQ(finder.searches, 2) << "one before, one for both";
}

TEST_F(DialerTest, ADialSearchesItselfWhereTheWinnerOfAnotherIsGoneAgain) {
  std::optional<ScriptedServer> server(std::in_place, io, "ec");
  ScriptedServer last(io, "ec");
  finder.add(server->endpoint());
  auto one = dial();
  auto other = dial();
  auto peer = server->accept();
  server.reset();
  finder.candidates = {{last.endpoint(), find::Source::lan}};
  EXPECT_FALSE(peer.handshake());
  EXPECT_TRUE(one.get());
  auto second = last.accept();
  EXPECT_FALSE(second.handshake());
  EXPECT_TRUE(other.get());
  EXPECT_EQ(finder.searches, 2);
}

TEST_F(DialerTest, AFailureAnswersFurtherDialsForAMoment) {
  Dialer forgetful(io.executor(), finder, dials, {.failure_counts_for = 100ms});
  const auto gone = nobody();
  finder.add(gone);
  ASSERT_FALSE(io.await(forgetful.dial(key)));
  const auto again = io.await(forgetful.dial(key));
  ASSERT_FALSE(again);
  ASSERT_THAT(again.error().attempts, SizeIs(1));
  EXPECT_EQ(again.error().attempts[0].candidate.endpoint, gone);
  EXPECT_EQ(finder.searches, 1);
  io.pass(100ms);
  ASSERT_FALSE(io.await(forgetful.dial(key)));
  EXPECT_EQ(finder.searches, 2);
}

TEST_F(DialerTest, AFailureIsForgottenWhenTheNetworkChanges) {
  ASSERT_FALSE(io.await(dialer.dial(key)));
  dialer.network_changed();
  ASSERT_FALSE(io.await(dialer.dial(key)));
  EXPECT_EQ(finder.searches, 2);
}

TEST_F(DialerTest, WhatFailedOnAnotherNetworkIsNotRemembered) {
  finder.goes_on_looking = true;
  Dialer brief(io.executor(), finder, dials, {.search = 50ms});
  auto dialling = io.start(brief.dial(key));
  io.pass(10ms);
  brief.network_changed();
  EXPECT_FALSE(dialling.get());
  EXPECT_FALSE(io.await(brief.dial(key)));
  EXPECT_EQ(finder.searches, 2);
}

TEST_F(DialerTest, TheLastWinnerIsForgottenWhenTheNetworkChanges) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  ASSERT_TRUE(dial_to(server));
  dialer.network_changed();
  ASSERT_TRUE(dial_to(server));
  EXPECT_EQ(finder.searches, 2);
}

TEST_F(DialerTest, ALastWinnerThatRefusesIsNotTriedTwice) {
  ScriptedServer before(io, "ec");
  finder.candidates = {{before.endpoint(), find::Source::remembered}};
  ASSERT_TRUE(dial_to(before));
  before.go_away();
  finder.candidates.clear();
  const auto failed = io.await(dialer.dial(key));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().attempts, SizeIs(1));
  dialer.network_changed();
  const auto failed_again = io.await(dialer.dial(key));
  EXPECT_THAT(failed_again.error().attempts, IsEmpty());
}

TEST_F(DialerTest, WhereATunnelDiedOthersAreTriedFirst) {
  ScriptedServer dead(io, "ec");
  ScriptedServer other(io, "ec");
  finder.add(dead.endpoint());
  ASSERT_TRUE(dial_to(dead));
  dialer.died(key, finder.candidates[0]);
  EXPECT_THAT(finder.failed_at, ElementsAre(dead.endpoint()))
      << "or what was just heard keeps the LAN from being asked";
  finder.add(other.endpoint());
  const auto dialled = dial_to(other);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, other.endpoint());
}

TEST_F(DialerTest, WhereATunnelDiedIsTriedAgainIfThereIsNoOther) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  ASSERT_TRUE(dial_to(server));
  dialer.died(key, finder.candidates[0]);
  const auto began = Clock::now();
  ASSERT_TRUE(dial_to(server));
  EXPECT_GE(Clock::now() - began, DialTimes().between);
  EXPECT_EQ(finder.searches, 2);
  ASSERT_TRUE(dial_to(server));
  EXPECT_EQ(finder.searches, 2) << "it is the last winner again";
}

TEST_F(DialerTest, CancellingEndsThoseThatWaitForAnother) {
  finder.goes_on_looking = true;
  auto one = dial();
  auto other = dial();
  io.settle();
  dialer.cancel_all();
  EXPECT_FALSE(one.get());
  EXPECT_FALSE(other.get());
  EXPECT_EQ(finder.searching(), 0u);
}

TEST_F(DialerTest, TellsOfEachDialThatGotThere) {
  ScriptedServer server(io, "ec");
  remember(server.endpoint());
  ASSERT_TRUE(dial_to(server));
  ASSERT_TRUE(dial_to(server));
  const auto by_memory = key.brief() + " by remembered";
  EXPECT_THAT(told, ElementsAre(by_memory, by_memory));
}

TEST_F(DialerTest, TellsOfDialsThatGoWhereAnotherGot) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  auto one = dial();
  auto other = dial();
  auto first = server.accept_with_tls();
  EXPECT_TRUE(one.get());
  auto second = server.accept_with_tls();
  EXPECT_TRUE(other.get());
  EXPECT_THAT(told, ElementsAre(key.brief() + " by lan", key.brief() + " by lan"));
}

TEST_F(DialerTest, TellsWhyADialGotNowhere) {
  ASSERT_FALSE(io.await(dialer.dial(key)));
  EXPECT_THAT(told, ElementsAre(key.brief() + " not: no source knows where it is"));
}

TEST_F(DialerTest, TellsOnceOfAFailureThatDialsShare) {
  auto one = dial();
  auto other = dial();
  EXPECT_FALSE(one.get());
  EXPECT_FALSE(other.get());
  EXPECT_FALSE(io.await(dialer.dial(key)));
  EXPECT_EQ(finder.searches, 1);
  EXPECT_THAT(told, SizeIs(1));
}

TEST_F(DialerTest, TellsNothingOfADialThatWasCancelled) {
  finder.goes_on_looking = true;
  auto one = dial();
  auto other = dial();
  auto examining = io.start(dialer.examine(key));
  io.settle();
  dialer.cancel_all();
  EXPECT_FALSE(one.get());
  EXPECT_FALSE(other.get());
  examining.get();
  EXPECT_FALSE(io.await(dialer.dial(key)));
  EXPECT_THAT(told, IsEmpty());
}

Attempt attempt(const char* address, std::error_code error) {
  return {{tcp::endpoint(asio::ip::make_address(address), 7008)}, error};
}

TEST(ProblemOf, NoAttemptsIsThatNobodyKnows) {
  EXPECT_EQ(problem_of({}), "no source knows where it is");
}

TEST(ProblemOf, OneAddressIsNamed) {
  EXPECT_EQ(problem_of({attempt("192.0.2.7", Errc::timed_out)}), "no answer from 192.0.2.7:7008");
  EXPECT_EQ(problem_of({attempt("2001:db8::7", std::make_error_code(std::errc::connection_refused))}),
            "[2001:db8::7]:7008: Connection refused");
}

TEST(ProblemOf, SeveralAddressesAreCounted) {
  const auto silent = attempt("192.0.2.7", Errc::timed_out);
  const auto closed = attempt("192.0.2.8", std::make_error_code(std::errc::connection_refused));
  EXPECT_EQ(problem_of({silent, silent}), "2 addresses were tried and none answered");
  EXPECT_EQ(problem_of({silent, silent, closed}), "3 addresses were tried and none worked");
}

TEST(ProblemOf, AnImpostorMattersMost) {
  const auto silent = attempt("192.0.2.7", Errc::timed_out);
  EXPECT_EQ(problem_of({silent, attempt("192.0.2.8", Errc::certificate_mismatch), silent}),
            "another computer answered in its place");
}

class ExaminationTest : public DialerTest {
 protected:
  /// Plays `server` once.
  Examination examine(ScriptedServer& server) {
    auto examining = io.start(dialer.examine(key));
    auto peer = server.accept_with_tls();
    auto found = examining.get();
    io.settle();
    EXPECT_FALSE(peer.heard_application_data());
    return found;
  }
};

TEST_F(ExaminationTest, TellsHowEachAttemptEndedAndWhoWon) {
  ScriptedServer impostor(io, "rsa");
  ScriptedServer server(io, "ec");
  const auto gone = nobody();
  const auto since = std::chrono::system_clock::time_point(1h);
  finder.candidates = {{gone, find::Source::lan},
                       {impostor.endpoint(), find::Source::dht_proxy, "http://proxy.example"},
                       {server.endpoint(), find::Source::remembered, "", since}};
  finder.reports = {{.source = find::Source::lan, .candidates = 1}};
  auto examining = io.start(dialer.examine(key));
  auto peer = server.accept_with_tls();
  io.settle();
  EXPECT_FALSE(examining.done()) << "the others go on";
  auto false_peer = impostor.accept();
  EXPECT_TRUE(false_peer.handshake());
  const auto found = examining.get();
  ASSERT_THAT(found.attempts, SizeIs(3));
  EXPECT_EQ(found.attempts[0].error, std::errc::connection_refused);
  EXPECT_EQ(found.attempts[1].error, Errc::certificate_mismatch);
  EXPECT_EQ(found.attempts[1].candidate.by, "http://proxy.example");
  EXPECT_FALSE(found.attempts[2].error);
  EXPECT_EQ(found.attempts[2].candidate.known_since, since);
  EXPECT_EQ(found.winner, 2u);
  ASSERT_THAT(found.sources, SizeIs(1));
  EXPECT_EQ(found.sources[0].candidates, 1u);
  EXPECT_GE(found.took, support::kWhile);
  EXPECT_THAT(finder.worked_at, ElementsAre(server.endpoint()));
  io.settle();
  EXPECT_FALSE(peer.heard_application_data());
  EXPECT_FALSE(false_peer.heard_application_data());
}

TEST_F(ExaminationTest, TriesAllThatProveToBeTheService) {
  ScriptedServer one(io, "ec");
  ScriptedServer other(io, "ec");
  finder.candidates = {{one.endpoint(), find::Source::lan}, {other.endpoint(), find::Source::remembered}};
  auto examining = io.start(dialer.examine(key));
  auto first = one.accept_with_tls();
  auto second = other.accept_with_tls();
  const auto found = examining.get();
  ASSERT_THAT(found.attempts, SizeIs(2));
  EXPECT_FALSE(found.attempts[0].error);
  EXPECT_FALSE(found.attempts[1].error);
  EXPECT_EQ(found.winner, 0u);
}

TEST_F(ExaminationTest, MindsNoLastWinnerAndNoFailure) {
  ASSERT_FALSE(io.await(dialer.dial(key)));
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  EXPECT_TRUE(examine(server).winner);
  EXPECT_TRUE(examine(server).winner);
  EXPECT_EQ(finder.searches, 3);
  EXPECT_FALSE(io.await(dialer.dial(key))) << "and leaves no trace in what dials do";
}

TEST_F(ExaminationTest, IsBounded) {
  const SilentServer silent(io);
  finder.add(silent.endpoint());
  finder.goes_on_looking = true;
  Dialer brief(io.executor(), finder, dials, {.search = 50ms});
  const auto found = io.await(brief.examine(key));
  EXPECT_EQ(found.winner, std::nullopt);
  ASSERT_THAT(found.attempts, SizeIs(1));
  EXPECT_EQ(found.attempts[0].error, Errc::timed_out);
  EXPECT_EQ(found.took, 50ms);
  io.await(dials.join());
}

TEST_F(ExaminationTest, TellsHowItEndedOnce) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  EXPECT_TRUE(examine(server).winner);
  EXPECT_THAT(told, ElementsAre(key.brief() + " by lan"));
  finder.candidates.clear();
  EXPECT_FALSE(io.await(dialer.examine(key)).winner);
  EXPECT_FALSE(io.await(dialer.examine(key)).winner);
  const auto missed = key.brief() + " not: no source knows where it is";
  EXPECT_THAT(told, ElementsAre(key.brief() + " by lan", missed, missed));
}

TEST_F(ExaminationTest, IsEndedByCancelling) {
  finder.goes_on_looking = true;
  auto examining = io.start(dialer.examine(key));
  io.settle();
  dialer.cancel_all();
  EXPECT_EQ(examining.get().winner, std::nullopt);
  EXPECT_THAT(io.await(dialer.examine(key)).attempts, IsEmpty());
}

}  // namespace
}  // namespace hardline::tunnel
