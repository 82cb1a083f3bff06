// The web servers that listen on this machine, so that a person who wants to publish one can choose it from a list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/base/host_port.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::api {

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

/// Asks those of `sockets` that can be reached from here for their page, side by side, and once for each port: every
/// one for at most a second, and 64 KiB, a redirection within the server included. Left out are `own_ports` and those
/// of services that are known to speak something else and may take a request amiss, as mail and databases. Returns the
/// ones that answer in HTTP, by port; not those that find fault with the request (400), as what expects TLS does. At
/// most 64 are asked. `resolver` outlives the call.
awaitable<std::vector<WebServer>> ask_for_pages(Executor executor, Resolver& resolver,
                                                std::vector<ListeningSocket> sockets,
                                                std::vector<std::uint16_t> own_ports);

/// ask_for_pages() of all that listens here.
awaitable<std::vector<WebServer>> find_web_servers(Executor executor, Resolver& resolver,
                                                   std::vector<std::uint16_t> own_ports);

}  // namespace hardline::api
