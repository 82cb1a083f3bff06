#include "hardline/tunnel/raw_tunnel.hpp"

#include <gtest/gtest.h>

#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"

namespace hardline::tunnel {
namespace {

using support::noise;
using support::reading;
using support::reading_to_end;
using support::ScriptedPeer;
using support::ScriptedServer;
using support::service_name;
using support::writing_and_ending;
using End = ScriptedPeer::End;

/// program ── near ── tunnel ── peer
class RawTunnel : public testing::Test {
 protected:
  ~RawTunnel() override {
    dialer.cancel_all();
    io.await(dials.join());
  }

  /// Opens it to a peer that says `greeting` at once, and starts to relay.
  ScriptedPeer open(bool hardline1, const std::string& greeting = "{}\n") {
    ScriptedServer server(io, "ec", {.hardline1 = hardline1});
    finder.candidates = {{server.endpoint(), find::Source::lan}};
    auto opening = io.start(open_tunnel(tools, name, ""));
    auto peer = server.accept_with_tls();
    peer.record();
    peer.send(greeting);
    auto opened = opening.get();
    if (!opened) throw std::runtime_error(describe(opened.error()));
    tunnel = std::move(*opened);
    std::tie(program, near) = support::socket_streams(io);
    relaying.emplace(io.start(relay_tunnel(*near, tunnel, buffers, outcome)));
    return peer;
  }

  support::TestIo io;
  BufferPool buffers;
  support::ScriptedFinder finder{io.executor()};
  TaskGroup dials{io.executor()};
  Dialer dialer{io.executor(), finder, dials};
  TunnelTools tools{io.executor(), buffers, dialer, finder};
  ServiceName name = service_name("ec");
  Tunnel tunnel;
  support::SocketStreamPtr program;
  support::SocketStreamPtr near;
  RelayOutcome outcome;
  std::optional<support::Running<void>> relaying;
};

TEST_F(RawTunnel, GivesTheProgramWhatTheServiceSaidFirst) {
  auto peer = open(true, "{}\nSSH-2.0-x\r\n");
  EXPECT_EQ(io.await(reading(*program, 11)), "SSH-2.0-x\r\n");
  peer.send("more");
  EXPECT_EQ(io.await(reading(*program, 4)), "more");
  EXPECT_EQ(outcome.to_near.octets, 15u);
  program->abort();
  relaying->get();
}

TEST_F(RawTunnel, PassesTheProgramsHalfCloseOnAndStillAnswers) {
  auto peer = open(true);
  io.await(writing_and_ending(*program, "question"));
  EXPECT_EQ(peer.record(), "question");
  EXPECT_EQ(peer.wait_for_end(), End::close_notify);
  peer.send("answer");
  peer.close();
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "answer");
  relaying->get();
  EXPECT_EQ(outcome.octets(), 14u);
  EXPECT_FALSE(outcome.to_near.read_error);
}

TEST_F(RawTunnel, PassesTheServicesHalfCloseOnAndStillCarries) {
  auto peer = open(true);
  peer.send("bye");
  peer.end_writing();
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "bye");
  io.await(writing_and_ending(*program, "late"));
  EXPECT_EQ(peer.record(), "late");
  EXPECT_EQ(peer.wait_for_end(), End::close_notify);
  relaying->get();
}

TEST_F(RawTunnel, HalfClosesNoOldServer) {
  auto peer = open(false);
  io.await(writing_and_ending(*program, "question"));
  EXPECT_EQ(peer.record(), "question");
  auto next = io.start(peer.next_record());
  io.settle();
  EXPECT_FALSE(next.done()) << "an old server would take a half-close for the end of everything";
  io.await(support::writing(peer.stream(), "answer"));
  peer.leave_without_close_notify();
  EXPECT_EQ(io.await(reading_to_end(*program)).text, "answer");
  relaying->get();
  next.get();
}

TEST_F(RawTunnel, PassesACutOnAsACut) {
  auto peer = open(true);
  peer.send("half");
  EXPECT_EQ(io.await(reading(*program, 4)), "half");
  peer.stream().abort();
  EXPECT_TRUE(io.await(reading_to_end(*program)).error);
  relaying->get();
  EXPECT_TRUE(outcome.to_near.read_error);
}

TEST_F(RawTunnel, CutsTheTunnelWhoseProgramIsGone) {
  auto peer = open(true);
  program->abort();
  EXPECT_EQ(peer.wait_for_end(), End::cut);
  relaying->get();
  EXPECT_TRUE(outcome.to_far.read_error);
}

}  // namespace
}  // namespace hardline::tunnel
