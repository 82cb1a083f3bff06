#include "hardline/tunnel/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"
#include "support/scripted_finder.hpp"
#include "support/scripted_peer.hpp"

namespace hardline::tunnel {
namespace {

using support::noise;
using support::PeerTls;
using support::ScriptedPeer;
using support::ScriptedServer;
using support::service_name;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

using Opened = tl::expected<Tunnel, OpenFailure>;

const PeerTls kNew{.hardline1 = true};
constexpr auto kRequest = "GET / HTTP/1.1\r\n\r\n";

std::vector<std::size_t> sizes(const std::vector<std::string>& records) {
  std::vector<std::size_t> all;
  for (const auto& record : records) all.push_back(record.size());
  return all;
}

std::string joined(const std::vector<std::string>& records) {
  std::string all;
  for (const auto& record : records) all += record;
  return all;
}

/// A client that looks for the service of "ec".
class OpenTunnel : public testing::Test {
 protected:
  ~OpenTunnel() override {
    dialer.cancel_all();
    io.await(dials.join());
  }

  support::Running<Opened> open(const ServiceName& service) { return io.start(open_tunnel(tools, service, first)); }
  support::Running<Opened> open() { return open(name); }

  support::TestIo io;
  support::ScriptedFinder finder{io.executor()};
  TaskGroup dials{io.executor()};
  Dialer dialer{io.executor(), finder, dials};
  BufferPool buffers;
  TunnelTools tools{io.executor(), buffers, dialer, finder};
  ServiceName name = service_name("ec");
  std::string hello = "{\"password\":\"" + name.password->reveal() + "\"}\n";
  std::string first = kRequest;
};

class OpenTunnelToOldServer : public OpenTunnel {
 protected:
  OpenTunnelToOldServer() { finder.add(server.endpoint()); }
  ScriptedServer server{io, "ec"};
};

TEST_F(OpenTunnelToOldServer, SendsTheOobLineAsARecordOfItsOwn) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  EXPECT_EQ(peer.record(), hello);
}

TEST_F(OpenTunnelToOldServer, SendsNothingMoreBeforeTheServersLineHasCome) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  auto more = io.start(peer.next_record());
  io.settle();
  EXPECT_FALSE(more.done());
  peer.send("{}\n");
  EXPECT_EQ(more.get(), kRequest);
  EXPECT_TRUE(opening.get());
}

TEST_F(OpenTunnelToOldServer, SendsNoRecordThatItWouldDeliverInPart) {
  first = noise(20'000, 1);
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  peer.send("{}\n");
  const auto records = peer.records(first.size());
  EXPECT_TRUE(joined(records) == first);
  EXPECT_THAT(sizes(records), Each(Le(4096u)));
}

TEST_F(OpenTunnelToOldServer, SendsNoSuchRecordLaterEither) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  peer.send("{}\n");
  peer.record();
  const auto opened = opening.get();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->dialect, Dialect::legacy);
  const auto upload = noise(support::kMoreThanBuffersHold, 2);
  auto sent = io.start(support::writing(*opened->stream, upload));
  const auto records = peer.records(upload.size());
  EXPECT_TRUE(joined(records) == upload);
  EXPECT_THAT(sizes(records), Each(Le(4096u)));
}

TEST_F(OpenTunnelToOldServer, TakesAnEndWithoutCloseNotifyForTheEnd) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  peer.send("{}\n");
  peer.record();
  peer.send("response");
  peer.leave_without_close_notify();
  const auto opened = opening.get();
  ASSERT_TRUE(opened);
  const auto read = io.await(support::reading_to_end(*opened->stream));
  EXPECT_EQ(read.text, "response");
  EXPECT_FALSE(read.error);
}

TEST_F(OpenTunnelToOldServer, OpensToASilentEndWhereTheServerLeavesBehindItsLine) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  peer.send("{}\n");
  peer.leave_without_close_notify();
  const auto opened = opening.get();
  ASSERT_TRUE(opened);
  const auto read = io.await(support::reading_to_end(*opened->stream));
  EXPECT_EQ(read.text, "");
  EXPECT_FALSE(read.error);
}

class OpenTunnelToNewServer : public OpenTunnel {
 protected:
  OpenTunnelToNewServer() { finder.add(server.endpoint()); }

  OpenFailure failure_after(std::string answer) {
    auto opening = open();
    auto peer = server.accept_with_tls();
    peer.record();
    if (!answer.empty()) peer.send(std::move(answer));
    peer.close();
    auto opened = opening.get();
    if (opened) throw std::runtime_error("the tunnel was opened");
    return std::move(opened.error());
  }

  std::error_code broken_off_after(std::string answer) {
    return std::get<BrokenOff>(failure_after(std::move(answer))).error;
  }

  ScriptedServer server{io, "ec", kNew};
};

TEST_F(OpenTunnelToNewServer, SendsLineAndRequestBeforeTheServerSaysAnything) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  EXPECT_EQ(peer.record(), hello);
  EXPECT_EQ(peer.record(), kRequest);
  EXPECT_FALSE(opening.done());
  peer.send("{}\n");
  const auto opened = opening.get();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->dialect, Dialect::hardline1);
}

TEST_F(OpenTunnelToNewServer, SendsRecordsAsLongAsTlsAllows) {
  first = noise(16'384, 3);
  auto opening = open();
  auto peer = server.accept_with_tls();
  EXPECT_EQ(peer.record(), hello);
  EXPECT_EQ(peer.record().size(), 16'384u);
}

TEST_F(OpenTunnelToNewServer, NamesTheServiceByItsKeyhash) {
  auto opening = open();
  const auto peer = server.accept_with_tls();
  EXPECT_STREQ(SSL_get_servername(peer.ssl(), TLSEXT_NAMETYPE_host_name), name.key.hex().c_str());
}

TEST_F(OpenTunnelToNewServer, SendsNoPasswordWhereTheNameHasNone) {
  const ServiceName bare{std::nullopt, name.key};
  auto opening = open(bare);
  auto peer = server.accept_with_tls();
  EXPECT_EQ(peer.record(), "{}\n");
}

TEST_F(OpenTunnelToNewServer, HandsOverWhatCameBehindTheServersLine) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.send("{}\nHTTP/1.1 200 OK");
  const auto opened = opening.get();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->early, "HTTP/1.1 200 OK");
}

TEST_F(OpenTunnelToNewServer, LearnsWhereTheServiceCanBeReachedLater) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.send("{\"WANHosts\":\"203.0.113.7:7008,[200:1234::1]:7008\"}\n");
  EXPECT_TRUE(opening.get());
  EXPECT_THAT(finder.learned_hosts, ElementsAre(HostPort{"203.0.113.7", 7008}, HostPort{"200:1234::1", 7008}));
}

TEST_F(OpenTunnelToNewServer, TellsARefusalFromAFailure) {
  const auto failure = failure_after("{\"error\":{\"code\":\"password\",\"text\":\"not this one\"}}\n");
  ASSERT_TRUE(std::holds_alternative<Refused>(failure));
  EXPECT_EQ(std::get<Refused>(failure).error.code, "password");
  EXPECT_EQ(std::get<Refused>(failure).error.text, "not this one");
}

TEST_F(OpenTunnelToNewServer, BreaksOffWhenTheLineIsMalformed) {
  EXPECT_EQ(broken_off_after("hello\n"), Errc::malformed);
}

TEST_F(OpenTunnelToNewServer, BreaksOffWhenTheLineIsTooLong) {
  EXPECT_EQ(broken_off_after(std::string(16 * 1024, ' ')), Errc::too_large);
}

TEST_F(OpenTunnelToNewServer, BreaksOffWhenTheServerClosesWithoutALine) {
  EXPECT_EQ(broken_off_after(""), Errc::peer_closed);
}

TEST_F(OpenTunnelToNewServer, BreaksOffWhenTheConnectionIsCut) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  peer.leave_without_close_notify();
  const auto opened = opening.get();
  ASSERT_FALSE(opened);
  EXPECT_EQ(std::get<BrokenOff>(opened.error()).error, Errc::truncated);
}

TEST_F(OpenTunnelToNewServer, IsEndedByCancellingWhileTheServerHesitates) {
  auto opening = open();
  auto peer = server.accept_with_tls();
  peer.record();
  dialer.cancel_all();
  const auto began = std::chrono::steady_clock::now();
  const auto opened = opening.get();
  EXPECT_LT(std::chrono::steady_clock::now() - began, kAnswerTimeout / 2);
  ASSERT_FALSE(opened);
  EXPECT_TRUE(std::holds_alternative<BrokenOff>(opened.error()));
}

struct Kind {
  const char* certificate;
  int tls_version;
};

class OpenTunnelToKind : public OpenTunnel, public testing::WithParamInterface<Kind> {};

TEST_P(OpenTunnelToKind, Works) {
  const auto& [certificate, version] = GetParam();
  ScriptedServer server(io, certificate, {.hardline1 = true, .only_version = version});
  finder.add(server.endpoint());
  const auto service = service_name(certificate);
  auto opening = open(service);
  auto peer = server.accept_with_tls();
  EXPECT_EQ(SSL_version(peer.ssl()), version);
  peer.send("{}\n");
  EXPECT_TRUE(opening.get());
}

INSTANTIATE_TEST_SUITE_P(AllKeys, OpenTunnelToKind,
                         testing::Values(Kind{"rsa", TLS1_3_VERSION}, Kind{"rsa4096", TLS1_3_VERSION},
                                         Kind{"ec", TLS1_3_VERSION}, Kind{"ed25519", TLS1_3_VERSION},
                                         Kind{"rsa", TLS1_2_VERSION}, Kind{"rsa4096", TLS1_2_VERSION},
                                         Kind{"ec", TLS1_2_VERSION}, Kind{"ed25519", TLS1_2_VERSION}),
                         [](const testing::TestParamInfo<Kind>& info) {
                           const auto* version = info.param.tls_version == TLS1_3_VERSION ? "Tls13" : "Tls12";
                           return std::string(info.param.certificate) + version;
                         });

}  // namespace
}  // namespace hardline::tunnel
