#include "hardline/tunnel/dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"

namespace hardline::tunnel {
namespace {

using support::ScriptedServer;
using support::service_name;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Clock = std::chrono::steady_clock;
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

  support::TestIo io;
  support::ScriptedFinder finder{io.executor()};
  TaskGroup dials{io.executor()};
  Dialer dialer{io.executor(), finder, dials};
  KeyHash key = service_name("ec").key;
};

TEST_F(DialerTest, SaysWithoutAnAttemptThatNobodyWasFound) {
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, IsEmpty());
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
  EXPECT_LT(Clock::now() - began, Dialer::kAttemptTimeout);
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
  auto port = nobody().port();
  for (std::size_t i = 0; i < 2 * Dialer::kMaxAttemptsInAll; ++i)
    finder.add({asio::ip::make_address_v4("127.0.0." + std::to_string(10 + i)), port});
  const auto dialled = io.await(dialer.dial(key));
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, SizeIs(Dialer::kMaxAttemptsInAll));
}

TEST_F(DialerTest, FindsTheRightOneBehindMoreWrongOnesThanItTriesAtATime) {
  ScriptedServer server(io, "ec");
  const auto port = nobody().port();
  for (std::size_t i = 0; i < 2 * Dialer::kMaxAttempts; ++i)
    finder.add({asio::ip::make_address_v4("127.0.0." + std::to_string(10 + i)), port});
  finder.add(server.endpoint());
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_THAT(finder.failed_at, SizeIs(2 * Dialer::kMaxAttempts));
}

TEST_F(DialerTest, TriesABoundedNumberOfCandidatesAtATime) {
  const auto silent = silent_servers(2 * Dialer::kMaxAttempts);
  for (const auto& server : silent) finder.candidates.push_back({server.endpoint(), discovery::Source::remembered});
  auto dialling = dial();
  io.settle();
  EXPECT_EQ(dials.size(), Dialer::kMaxAttempts);
  dialer.cancel_all();
  const auto dialled = dialling.get();
  ASSERT_FALSE(dialled);
  EXPECT_THAT(dialled.error().attempts, SizeIs(Dialer::kMaxAttempts)) << "those that waited were not tried";
  io.await(dials.join());
}

TEST_F(DialerTest, DoesNotLetSilentNeighboursKeepARememberedAddressWaiting) {
  const auto silent = silent_servers(2 * Dialer::kMaxAttempts);
  ScriptedServer server(io, "ec");
  for (const auto& neighbour : silent) finder.add(neighbour.endpoint());
  finder.candidates.push_back({server.endpoint(), discovery::Source::remembered});
  const auto began = Clock::now();
  const auto dialled = dial_to(server);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, server.endpoint());
  EXPECT_LT(Clock::now() - began, Dialer::kAttemptTimeout);
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
}

TEST_F(DialerTest, AsksAgainWhereTheLastWinnerIsGone) {
  ScriptedServer before(io, "ec");
  ScriptedServer after(io, "ec");
  finder.candidates = {{before.endpoint(), discovery::Source::lan}};
  ASSERT_TRUE(dial_to(before));
  before.go_away();
  finder.candidates = {{after.endpoint(), discovery::Source::lan}};
  const auto dialled = dial_to(after);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->candidate.endpoint, after.endpoint());
}

TEST_F(DialerTest, AsksSoonWhereTheLastWinnerIsSilent) {
  ScriptedServer before(io, "ec");
  ScriptedServer after(io, "ec");
  finder.candidates = {{before.endpoint(), discovery::Source::lan}};
  ASSERT_TRUE(dial_to(before));
  finder.candidates = {{after.endpoint(), discovery::Source::lan}};
  const auto began = Clock::now();
  ASSERT_TRUE(dial_to(after));  // `before` takes the connection in, and does no more
  EXPECT_LT(Clock::now() - began, Dialer::kAttemptTimeout);
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

TEST_F(DialerTest, DialsSideBySideDoNotDisturbEachOther) {
  ScriptedServer server(io, "ec");
  finder.add(server.endpoint());
  auto one = dial();
  auto other = dial();
  auto first = server.accept();
  auto second = server.accept();
  EXPECT_FALSE(first.handshake());
  EXPECT_FALSE(second.handshake());
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(other.get());
}

}  // namespace
}  // namespace hardline::tunnel
