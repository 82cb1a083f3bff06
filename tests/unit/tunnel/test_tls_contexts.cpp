#include "hardline/tunnel/tls_contexts.hpp"

#include <gtest/gtest.h>

#include "hardline/tunnel/dialect.hpp"
#include "support/tls_peer.hpp"

namespace hardline::tunnel {
namespace {

using support::service_name;

store::Identity identity(const std::string& certificate) {
  return store::load_identity(support::certificate_file(certificate));
}

/// A listener's end that knows one service, and a client's end that has not said hello yet.
class TlsContexts : public testing::Test {
 protected:
  /// The errors of the client's and of the server's handshake.
  std::pair<std::error_code, std::error_code> shake_hands() {
    auto at_client = io.start(client->handshake());
    const auto at_server = io.await(server->handshake());
    return {at_client.get(), at_server};
  }

  void connect(SSL_CTX* client_settings) {
    auto acceptor = support::small_listener(io);
    client = std::make_unique<TlsStream>(io.executor(), client_settings);
    auto connecting = io.start(client->connect(acceptor.local_endpoint()));
    server = std::make_unique<TlsStream>(io.await(support::accepting(acceptor)), listener_context.get());
    ASSERT_FALSE(connecting.get());
  }

  support::TestIo io;
  SslContextPtr service_context = make_service_context(identity("ec"));
  KeyHash key = service_name("ec").key;
  ContextBySni find = [this](const KeyHash& asked) { return asked == key ? service_context.get() : nullptr; };
  SslContextPtr listener_context = make_listener_context(find);
  SslContextPtr client_context = make_client_context();
  support::TlsStreamPtr client;
  support::TlsStreamPtr server;
};

TEST_F(TlsContexts, UnderstandEachOther) {
  connect(client_context.get());
  expect_service(client->ssl(), key);
  const auto [at_client, at_server] = shake_hands();
  EXPECT_FALSE(at_client || at_server);
  EXPECT_EQ(requested_service(server->ssl()), key);
  EXPECT_FALSE(certificate_mismatched(client->ssl()));
  EXPECT_EQ(SSL_version(client->ssl()), TLS1_3_VERSION);
  EXPECT_EQ(settle_dialect(client->ssl()), Dialect::hardline1);
  EXPECT_EQ(settle_dialect(server->ssl()), Dialect::hardline1);
}

TEST_F(TlsContexts, GiveNothingToResumeWith) {
  connect(client_context.get());
  expect_service(client->ssl(), key);
  shake_hands();
  ASSERT_FALSE(io.await(support::writing(*server, "x")));
  ASSERT_EQ(io.await(support::reading(*client, 1)), "x");
  EXPECT_FALSE(SSL_SESSION_is_resumable(SSL_get0_session(client->ssl())));
}

TEST_F(TlsContexts, AClientThatExpectsNobodyTrustsNobody) {
  connect(client_context.get());
  SSL_set_tlsext_host_name(client->ssl(), key.hex().c_str());
  EXPECT_TRUE(shake_hands().first);
}

TEST_F(TlsContexts, AServiceIsFoundInEitherCase) {
  const auto context = support::peer_client_context();
  connect(context.get());
  auto name = key.hex();
  for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  SSL_set_tlsext_host_name(client->ssl(), name.c_str());
  const auto [at_client, at_server] = shake_hands();
  EXPECT_FALSE(at_client || at_server);
}

TEST_F(TlsContexts, AServerRefusesToRenegotiate) {
  const auto context = support::peer_client_context({.only_version = TLS1_2_VERSION});
  connect(context.get());
  SSL_set_tlsext_host_name(client->ssl(), key.hex().c_str());
  shake_hands();
  ASSERT_EQ(SSL_renegotiate(client->ssl()), 1);
  auto at_client = io.start(client->handshake());
  auto at_server = io.start(support::reading_to_end(*server));
  EXPECT_TRUE(at_client.get());
}

TEST_F(TlsContexts, APeerWithoutAlpnIsAnOldOne) {
  const auto context = support::peer_client_context();
  connect(context.get());
  SSL_set_tlsext_host_name(client->ssl(), key.hex().c_str());
  shake_hands();
  EXPECT_EQ(settle_dialect(server->ssl()), Dialect::legacy);
}

TEST(ServiceContext, RefusesAKeyThatIsNotTheCertificates) {
  auto mixed = identity("ec");
  mixed.private_key = identity("ed25519").private_key;
  EXPECT_THROW(make_service_context(mixed), std::runtime_error);
}

}  // namespace
}  // namespace hardline::tunnel
