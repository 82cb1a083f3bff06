#include "daemon/own_sockets.hpp"

#include <gtest/gtest.h>

namespace hardline::daemon {
namespace {

StreamSocket::endpoint_type at(const char* address, std::uint16_t port) {
  return tcp::endpoint(asio::ip::make_address(address), port);
}

StreamSocket::endpoint_type at(const std::string& path) {
  return asio::local::stream_protocol::endpoint(path);
}

TEST(OwnSockets, AreTheLocalPortAtEveryLoopbackAddress) {
  for (const char* address : {"127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_own_socket(at(address, 7009), 7009, "/run/x.sock")) << address;
}

TEST(OwnSockets, AreNoOtherPortsAndAddresses) {
  EXPECT_FALSE(is_own_socket(at("127.0.0.1", 8096), 7009, "/run/x.sock"));
  for (const char* address : {"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"})
    EXPECT_FALSE(is_own_socket(at(address, 7009), 7009, "/run/x.sock")) << address;
}

TEST(OwnSockets, AreNoTcpPortWithoutALocalProxy) {
  EXPECT_FALSE(is_own_socket(at("127.0.0.1", 0), 0, "/run/x.sock"));
}

TEST(OwnSockets, AreTheControlSocket) {
  EXPECT_TRUE(is_own_socket(at("/run/x.sock"), 7009, "/run/x.sock"));
  EXPECT_FALSE(is_own_socket(at("/run/y.sock"), 7009, "/run/x.sock"));
  EXPECT_FALSE(is_own_socket(at(""), 7009, "")) << "without a control socket";
}

}  // namespace
}  // namespace hardline::daemon
