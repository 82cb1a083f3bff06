// One UPnP action, asked from an address of our choice (UPnP Device Architecture 1.1 section 3). miniupnpc leaves that
// choice to the kernel, but routers let a host open pinholes only for the address it speaks from.
#pragma once

#include <chrono>
#include <optional>

#include "hardline/rt/asio.hpp"
#include "soap_messages.hpp"

namespace hardline::reach {

asio::ip::address address_of(const DeviceUrl& url);

/// Blocks until there is an answer; nullopt where there is none in `limit`, or format_soap() refuses the action. Any
/// address of ours where `from` is none.
std::optional<SoapAnswer> ask(const DeviceUrl& to, const SoapAction& action,
                              const std::optional<asio::ip::address>& from, std::chrono::steady_clock::duration limit);

}  // namespace hardline::reach
