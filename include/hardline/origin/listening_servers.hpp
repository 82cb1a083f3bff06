// The web servers that listen on this machine, so that a person who wants to publish one can choose it from a list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/resolver.hpp"

namespace hardline::origin {

/// A TCP socket that listens on this machine.
struct ListeningSocket {
  asio::ip::address address;  ///< as it was bound: 0.0.0.0 and :: are every address
  std::uint16_t port = 0;

  friend bool operator==(const ListeningSocket&, const ListeningSocket&) = default;
};

/// Those in the text of /proc/net/tcp or /proc/net/tcp6 (proc(5)); lines that are not understood are passed over.
std::vector<ListeningSocket> parse_listening_sockets(std::string_view proc_net_tcp);

/// Of this network namespace; empty where /proc/self/net cannot be read.
std::vector<ListeningSocket> list_listening_sockets();

struct WebServer {
  HostPort address;    ///< where to reach it from here, as 127.0.0.1:8096
  std::string title;   ///< of its page; hostile text, at most 100 octets; empty if it has none
  std::string server;  ///< what it calls itself in Server; hostile text
};

/// Asks every listening socket but those of `own_ports` for its page, side by side, each once and for at most a second,
/// and returns those that answer in HTTP, by port. At most 64 are asked. `resolver` outlives the call.
awaitable<std::vector<WebServer>> find_web_servers(Executor executor, Resolver& resolver,
                                                   std::vector<std::uint16_t> own_ports);

}  // namespace hardline::origin
