// Listening TCP sockets that keep going.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "hardline/rt/asio.hpp"

namespace hardline {

/// A listening, non-blocking acceptor. An IPv6 one takes IPv6 only. Throws std::system_error.
tcp::acceptor listen_on(Executor executor, tcp::endpoint endpoint);

/// Accepts until the acceptor is closed and hands each connection over. Where the process is out of descriptors
/// (EMFILE) or a connection is gone before it was accepted, it waits a little and goes on.
awaitable<void> accept_loop(tcp::acceptor& acceptor, std::string_view name, std::function<void(tcp::socket)> accepted);

}  // namespace hardline
