#include "hardline/tunnel/p2p_listener.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "hardline/base/errc.hpp"
#include "hardline/wire/oob.hpp"
#include "support/scripted_peer.hpp"
#include "support/test_origin.hpp"

namespace hardline::tunnel {
namespace {

using support::noise;
using support::PeerTls;
using support::reading;
using support::reading_to_end;
using support::ScriptedPeer;
using support::service_name;
using support::writing;
using support::writing_and_ending;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using End = ScriptedPeer::End;

const PeerTls kOld;
const PeerTls kNew{.hardline1 = true};
constexpr auto kNoPassword = "{}\n";

/// A listener, a service of the certificate "ec", and an origin that the test plays.
class P2pListenerTest : public testing::Test {
 protected:
  P2pListenerTest() {
    listener.open(0, 0);
    listener.start(sessions);
    listener.publish({service("ec", ec_origin)});
  }

  ~P2pListenerTest() override {
    listener.stop();
    listener.sessions().close_all();
    io.await(sessions.join());
  }

  std::shared_ptr<PublishedService> service(const std::string& certificate, support::OriginLog& origin) {
    auto published =
        std::make_shared<PublishedService>(PublishedService{service_name(certificate), certificate, {}, {}});
    published->context = make_service_context(store::load_identity(support::certificate_file(certificate)));
    published->origin = std::make_unique<support::TestOrigin>(io, origin);
    return published;
  }

  ScriptedPeer client(const PeerTls& tls, const std::string& sni = service_name("ec").key.hex()) {
    return support::scripted_client(io, listener.port(), sni, tls);
  }

  ScriptedPeer client_with_tls(const PeerTls& tls, const std::string& certificate = "ec") {
    auto peer = client(tls, service_name(certificate).key.hex());
    if (const auto failed = peer.handshake()) throw std::runtime_error("no handshake: " + failed.message());
    return peer;
  }

  static std::string hello(const std::string& certificate = "ec") {
    return "{\"password\":\"" + service_name(certificate).password->reveal() + "\"}\n";
  }

  /// A client whose tunnel is open.
  ScriptedPeer open_tunnel(const PeerTls& tls, const std::string& certificate = "ec") {
    auto peer = client_with_tls(tls, certificate);
    peer.send(hello(certificate));
    EXPECT_EQ(peer.record(), greeting);
    return peer;
  }

  /// The origin's end of its only connection.
  ByteStream& at_origin() {
    EXPECT_EQ(ec_origin.connections.size(), 1u);
    return *ec_origin.connections.at(0);
  }

  std::string wan_hosts;
  std::string greeting = "{}\n";
  BufferPool buffers;
  support::TestIo io;
  TaskGroup sessions{io.executor()};
  support::OriginLog ec_origin;
  P2pListener listener{io.executor(), buffers, [this] { return wan_hosts; }};
};

TEST_F(P2pListenerTest, RefusesAnUnknownServiceByAnAlert) {
  auto peer = client(kNew, service_name("rsa").key.hex());
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(peer.alert(), SSL_AD_UNRECOGNIZED_NAME);
}

TEST_F(P2pListenerTest, RefusesAClientThatNamesNoServiceByAnAlert) {
  auto peer = client(kOld, "");
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(peer.alert(), SSL_AD_UNRECOGNIZED_NAME);
}

TEST_F(P2pListenerTest, RefusesANameThatIsNoKeyhashByAnAlert) {
  auto peer = client(kOld, "example.org");
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(peer.alert(), SSL_AD_UNRECOGNIZED_NAME);
}

TEST_F(P2pListenerTest, RefusesTls11) {
  auto peer = client({.only_version = TLS1_1_VERSION});
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(peer.alert(), SSL_AD_PROTOCOL_VERSION);
}

TEST_F(P2pListenerTest, RefusesSuitesThatAreNotAead) {
  auto peer = client({.only_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256"});
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(peer.alert(), SSL_AD_HANDSHAKE_FAILURE);
}

TEST_F(P2pListenerTest, SelectsTheDialectThatTheClientOffers) {
  const auto peer = client_with_tls(kNew);
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(peer.ssl(), &chosen, &length);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(chosen), length), "hardline/1");
}

struct Kind {
  const char* certificate;
  int tls_version;
};

class P2pListenerOfKind : public P2pListenerTest, public testing::WithParamInterface<Kind> {};

TEST_P(P2pListenerOfKind, PresentsTheCertificateThatWasAskedFor) {
  const auto& [certificate, version] = GetParam();
  support::OriginLog origin;
  listener.publish({service("ec", ec_origin), service(certificate, origin)});
  const PeerTls tls{.only_version = version};
  const auto peer = open_tunnel(tls, certificate);
  EXPECT_EQ(origin.asked, 1u);
  unsigned char* der = nullptr;
  auto* presented = SSL_get1_peer_certificate(peer.ssl());
  const int length = i2d_X509(presented, &der);
  X509_free(presented);
  ASSERT_GT(length, 0);
  EXPECT_EQ(KeyHash::of_certificate({der, static_cast<std::size_t>(length)}), service_name(certificate).key);
  OPENSSL_free(der);
  listener.publish({});
}

INSTANTIATE_TEST_SUITE_P(AllKeys, P2pListenerOfKind,
                         testing::Values(Kind{"rsa", TLS1_3_VERSION}, Kind{"rsa4096", TLS1_3_VERSION},
                                         Kind{"ed25519", TLS1_3_VERSION}, Kind{"rsa", TLS1_2_VERSION},
                                         Kind{"rsa4096", TLS1_2_VERSION}, Kind{"ed25519", TLS1_2_VERSION}),
                         [](const testing::TestParamInfo<Kind>& info) {
                           const auto* version = info.param.tls_version == TLS1_3_VERSION ? "Tls13" : "Tls12";
                           return std::string(info.param.certificate) + version;
                         });

TEST_F(P2pListenerTest, SaysNothingBeforeTheClientsLine) {
  auto peer = client_with_tls(kOld);
  auto line = io.start(peer.next_record());
  io.settle();
  EXPECT_FALSE(line.done());
  EXPECT_EQ(ec_origin.asked, 0u);
  peer.send(hello());
  EXPECT_EQ(line.get(), "{}\n");
}

class WrongPassword : public P2pListenerTest, public testing::WithParamInterface<const char*> {};

TEST_P(WrongPassword, IsRefusedAndTheOriginIsNotTouched) {
  for (const auto& tls : {kNew, kOld}) {
    auto peer = client_with_tls(tls);
    peer.send(GetParam());
    const auto line = wire::parse_oob(peer.record());
    ASSERT_TRUE(line && line->error);
    EXPECT_EQ(line->error->code, wire::kOobPassword);
    EXPECT_EQ(peer.wait_for_end(), End::close_notify);
  }
  EXPECT_EQ(ec_origin.asked, 0u);
}

INSTANTIATE_TEST_SUITE_P(Passwords, WrongPassword,
                         testing::Values("{\"password\":\"wrong\"}\n", "{\"password\":\"\"}\n", "{}\n",
                                         "{\"password\":\"testecpasswd\"}\n", "{\"password\":\"testecpasswd2-x\"}\n"));

TEST_F(P2pListenerTest, ComparesPasswordsAsLowerCase) {
  auto line = hello();
  const auto value = line.begin() + static_cast<std::ptrdiff_t>(line.find(':'));
  std::transform(value, line.end(), value, [](unsigned char c) { return std::toupper(c); });
  auto peer = client_with_tls(kOld);
  peer.send(line);
  EXPECT_EQ(peer.record(), "{}\n");
  EXPECT_EQ(ec_origin.asked, 1u);
}

TEST_F(P2pListenerTest, NeedsNoPasswordForAServiceWithoutOne) {
  const auto open_service = service("ec", ec_origin);
  open_service->name.password.reset();
  listener.publish({open_service});
  auto peer = client_with_tls(kNew);
  peer.send(kNoPassword);
  EXPECT_EQ(peer.record(), "{}\n");
}

TEST_F(P2pListenerTest, SaysThatTheOriginIsUnreachable) {
  ec_origin.refuse_with = std::make_error_code(std::errc::connection_refused);
  auto peer = client_with_tls(kNew);
  peer.send(hello());
  const auto line = wire::parse_oob(peer.record());
  ASSERT_TRUE(line && line->error);
  EXPECT_EQ(line->error->code, wire::kOobOriginUnreachable);
  EXPECT_EQ(peer.wait_for_end(), End::close_notify);
}

TEST_F(P2pListenerTest, SaysSoAlsoToAClientThatIsStillSending) {
  ec_origin.refuse_with = std::make_error_code(std::errc::connection_refused);
  auto peer = client_with_tls(kNew);
  peer.send(hello());
  auto sent = io.start(writing(peer.stream(), noise(support::kMoreThanBuffersHold, 1)));
  EXPECT_THAT(peer.record(), HasSubstr(wire::kOobOriginUnreachable));
  EXPECT_FALSE(sent.get());
}

TEST_F(P2pListenerTest, TellsWhereItCanBeReachedLater) {
  wan_hosts = "203.0.113.7:7008,[200:1234::1]:7008";
  greeting = "{\"WANHosts\":\"203.0.113.7:7008,[200:1234::1]:7008\"}\n";
  open_tunnel(kOld);
}

TEST_F(P2pListenerTest, SendsItsLineToAnOldClientAsARecordOfItsOwn) {
  auto peer = client_with_tls(kOld);
  peer.send(hello());
  ASSERT_TRUE(io.run_until([this] { return ec_origin.connections.size() == 1; }));
  ASSERT_FALSE(io.await(writing(at_origin(), "a greeting that does not wait")));
  EXPECT_EQ(peer.record(), "{}\n");
  EXPECT_EQ(peer.record(), "a greeting that does not wait");
}

TEST_F(P2pListenerTest, SendsAnOldClientNoRecordThatItWouldDeliverInPart) {
  auto peer = open_tunnel(kOld);
  const auto response = noise(support::kMoreThanBuffersHold, 2);
  auto sent = io.start(writing(at_origin(), response));
  std::string received;
  for (const auto& record : peer.records(response.size())) {
    EXPECT_LE(record.size(), 4096u);
    received += record;
  }
  EXPECT_TRUE(received == response);
}

TEST_F(P2pListenerTest, SendsANewClientFullRecords) {
  auto peer = open_tunnel(kNew);
  const auto response = noise(support::kMoreThanBuffersHold, 3);
  auto sent = io.start(writing(at_origin(), response));
  const auto records = peer.records(response.size());
  const auto longest = std::max_element(records.begin(), records.end(),
                                        [](const auto& a, const auto& b) { return a.size() < b.size(); });
  EXPECT_EQ(longest->size(), 16'384u);
}

TEST_F(P2pListenerTest, PassesOnWhatComesInOneRecordWithTheLine) {
  auto peer = client_with_tls(kNew);
  peer.send(hello() + "first ");
  peer.send("second");
  EXPECT_EQ(peer.record(), "{}\n");
  EXPECT_EQ(io.await(reading(at_origin(), 12)), "first second");
}

TEST_F(P2pListenerTest, PassesANewClientsHalfCloseOnAndBringsTheAnswer) {
  auto peer = open_tunnel(kNew);
  peer.send("question");
  peer.end_writing();
  const auto question = io.await(reading_to_end(at_origin()));
  EXPECT_EQ(question.text, "question");
  EXPECT_FALSE(question.error);
  io.await(writing_and_ending(at_origin(), "answer"));
  EXPECT_EQ(peer.record(), "answer");
  EXPECT_EQ(peer.wait_for_end(), End::close_notify);
}

TEST_F(P2pListenerTest, PassesTheOriginsHalfCloseOnAndTakesTheRest) {
  auto peer = open_tunnel(kNew);
  io.await(writing_and_ending(at_origin(), "answer"));
  EXPECT_EQ(peer.record(), "answer");
  EXPECT_EQ(peer.wait_for_end(), End::close_notify);
  peer.send("late question");
  EXPECT_EQ(io.await(reading(at_origin(), 13)), "late question");
}

TEST_F(P2pListenerTest, TakesAnOldClientsLeavingForItsEnd) {
  auto peer = open_tunnel(kOld);
  peer.send("question");
  peer.leave_without_close_notify();
  const auto question = io.await(reading_to_end(at_origin()));
  EXPECT_EQ(question.text, "question");
  EXPECT_FALSE(question.error);
}

TEST_F(P2pListenerTest, TakesANewClientsLeavingWithoutAWordForACut) {
  auto peer = open_tunnel(kNew);
  peer.send("half a quest");
  peer.leave_without_close_notify();
  EXPECT_TRUE(io.await(reading_to_end(at_origin())).error);
}

TEST_F(P2pListenerTest, PassesACutOfTheOriginOnAsACut) {
  auto peer = open_tunnel(kNew);
  at_origin().abort();
  EXPECT_EQ(peer.wait_for_end(), End::cut);
}

TEST_F(P2pListenerTest, EndsAConnectionWhoseLineIsTooLong) {
  auto peer = client_with_tls(kNew);
  auto sent = io.start(writing(peer.stream(), std::string(wire::kMaxOobLine + 1, ' ')));
  EXPECT_NE(peer.wait_for_end(), End::none);
  EXPECT_EQ(ec_origin.asked, 0u);
}

TEST_F(P2pListenerTest, EndsAConnectionWhoseLineIsMalformed) {
  auto peer = client_with_tls(kNew);
  peer.send("GET / HTTP/1.1\r\n");
  EXPECT_NE(peer.wait_for_end(), End::none);
  EXPECT_EQ(ec_origin.asked, 0u);
}

TEST_F(P2pListenerTest, PublishingKeepsSessionsOfUnchangedServicesAndEndsThoseOfRemovedOnes) {
  support::OriginLog rsa_origin;
  const auto stays = service("rsa", rsa_origin);
  listener.publish({stays, service("ec", ec_origin)});
  auto staying = open_tunnel(kNew, "rsa");
  auto removed = open_tunnel(kNew, "ec");
  listener.publish({stays});
  EXPECT_EQ(removed.wait_for_end(), End::cut);
  staying.send("still here");
  EXPECT_EQ(io.await(reading(*rsa_origin.connections.at(0), 10)), "still here");
  listener.publish({});
  EXPECT_EQ(staying.wait_for_end(), End::cut);
}

TEST_F(P2pListenerTest, PublishingEndsSessionsOfChangedServices) {
  auto peer = open_tunnel(kNew);
  listener.publish({service("ec", ec_origin)});
  EXPECT_EQ(peer.wait_for_end(), End::cut);
  auto again = client_with_tls(kNew);
  again.send(hello());
  EXPECT_EQ(again.record(), "{}\n");
}

TEST_F(P2pListenerTest, ARemovedServiceIsUnknown) {
  listener.publish({});
  auto peer = client(kNew);
  EXPECT_TRUE(peer.handshake());
  EXPECT_EQ(peer.alert(), SSL_AD_UNRECOGNIZED_NAME);
}

TEST_F(P2pListenerTest, CountsTheSessionsThatAreOpen) {
  auto peer = open_tunnel(kNew);
  EXPECT_EQ(listener.sessions().size(), 1u);
  peer.end_writing();
  at_origin().close();
  EXPECT_TRUE(io.run_until([this] { return listener.sessions().size() == 0; }));
}

TEST_F(P2pListenerTest, ServesBothFamilies) {
  tcp::socket socket(io.executor());
  AsioError failed;
  socket.connect({asio::ip::address_v6::loopback(), listener.port()}, failed);
  if (failed == asio::error::address_family_not_supported || failed == asio::error::network_unreachable ||
      failed == std::errc::address_not_available)
    GTEST_SKIP() << "this machine has no IPv6: " << failed.message();
  EXPECT_FALSE(failed) << failed.message();
}

TEST_F(P2pListenerTest, GivesOneHouseholdABoundedNumberOfOpeningsButAnyNumberOfOpenTunnels) {
  const auto open = open_tunnel(kNew);
  std::vector<tcp::socket> silent;
  for (std::size_t i = 0; i < P2pListener::kMaxOpenings; ++i) {
    silent.emplace_back(io.executor());
    silent.back().connect({asio::ip::address_v4::loopback(), listener.port()});
  }
  ASSERT_TRUE(io.run_until([&] { return listener.sessions().size() == P2pListener::kMaxOpenings + 1; }));
  auto one_more = client(kNew);
  EXPECT_TRUE(one_more.handshake()) << "one too many";

  silent.pop_back();
  ASSERT_TRUE(io.run_until([&] { return listener.sessions().size() == P2pListener::kMaxOpenings; }));
  open_tunnel(kNew);
}

class P2pPort : public testing::Test {
 protected:
  support::TestIo io;
  BufferPool buffers;
  P2pListener listener{io.executor(), buffers, [] { return std::string(); }};
  tcp::acceptor other{io.executor(), {tcp::v4(), 0}};
  std::uint16_t taken = other.local_endpoint().port();
};

TEST_F(P2pPort, IsTheNextFreeOneWhereItIsTaken) {
  constexpr int kMore = 20;
  listener.open(taken, kMore);
  EXPECT_GT(listener.port(), taken);
  EXPECT_LE(listener.port(), taken + kMore);
}

TEST_F(P2pPort, MustBeFreeWhereNoOtherWillDo) {
  try {
    listener.open(taken, 0);
    FAIL() << "the port is taken";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::address_in_use);
  }
}

TEST_F(P2pPort, IsAnyFreeOneWhereNoneIsAskedFor) {
  listener.open(0, 0);
  EXPECT_NE(listener.port(), 0);
}

TEST_F(P2pListenerTest, CountsWhatGoesThroughAService) {
  const auto key = service_name("ec").key;
  const auto shows = [&](std::uint64_t connections, std::uint64_t octets, std::size_t open) {
    return io.run_until([&] {
      const auto traffic = listener.traffic(key);
      return traffic.connections == connections && traffic.octets == octets && traffic.open == open;
    });
  };
  EXPECT_TRUE(shows(0, 0, 0));
  auto peer = client_with_tls(kNew);
  peer.send(hello() + "first");  // what comes behind the OOB line counts as well
  EXPECT_EQ(peer.record(), greeting);
  EXPECT_EQ(io.await(reading(at_origin(), 5)), "first");
  EXPECT_TRUE(shows(1, 5, 1));
  io.await(writing(at_origin(), "answer"));
  EXPECT_TRUE(shows(1, 11, 1));

  listener.publish({});  // as when it is paused
  EXPECT_TRUE(shows(1, 11, 0));
  ec_origin.connections.clear();
  listener.publish({service("ec", ec_origin)});
  const auto again = open_tunnel(kNew);
  EXPECT_TRUE(shows(2, 11, 1));
}

TEST_F(P2pListenerTest, CountsNoConnectionThatWasRefused) {
  ec_origin.refuse_with = std::make_error_code(std::errc::connection_refused);
  auto peer = client_with_tls(kNew);
  peer.send(hello());
  EXPECT_THAT(peer.record(), HasSubstr("origin"));
  listener.stop();
  listener.sessions().close_all();
  io.await(sessions.join());
  EXPECT_EQ(listener.traffic(service_name("ec").key).connections, 0u);
}

}  // namespace
}  // namespace hardline::tunnel
