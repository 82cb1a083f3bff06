#include "hardline/tunnel/client.hpp"

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/wire/hosts_list.hpp"
#include "oob_exchange.hpp"

namespace hardline::tunnel {
namespace {

wire::OobLine hello_for(const ServiceName& name) {
  wire::OobLine line;
  if (name.password) line.password = name.password->reveal();
  return line;
}

}  // namespace

awaitable<tl::expected<Tunnel, OpenFailure>> open_tunnel(const TunnelTools& tools, const ServiceName& name,
                                                         std::string_view first) {
  auto& dialer = tools.dialer;
  auto connection = co_await dialer.dial(name.key);
  if (!connection) co_return tl::unexpected(OpenFailure(std::move(connection.error())));

  auto& stream = *connection->stream;
  const Dialer::Opening cancellable(dialer, stream);
  Watchdog watchdog(tools.executor, [&stream] { stream.abort(); });
  watchdog.arm(kAnswerTimeout);
  const auto broken_off = [&](std::error_code error) {
    dialer.died(name.key, connection->candidate);
    return tl::unexpected(OpenFailure(BrokenOff{watchdog.bitten() ? make_error_code(Errc::timed_out) : error}));
  };

  const auto dialect = settle_dialect(stream.ssl());
  if (dialect == Dialect::legacy) stream.accept_unannounced_end();
  const auto hello = hello_for(name);
  auto error = co_await send_oob(stream, hello);
  const auto octets = as_octets(first);
  // A new peer may refuse and close while we still send: what it said about that is read all the same.
  if (!error && dialect == Dialect::hardline1) (void)co_await write_all(stream, octets);
  if (error) co_return broken_off(error);

  auto answer = co_await receive_oob(stream);
  if (!answer) co_return broken_off(answer.error());
  if (answer->line.error) co_return tl::unexpected(OpenFailure(Refused{std::move(*answer->line.error)}));
  if (answer->line.wan_hosts) tools.finder.learned(name.key, wire::parse_hosts_list(*answer->line.wan_hosts));
  // An old server that does not like the password closes right behind its line. That it took no request is then no
  // news: its silence is, and whoever reads the stream meets it.
  if (dialect == Dialect::legacy) (void)co_await write_all(stream, octets);
  if (watchdog.bitten()) co_return broken_off(Errc::timed_out);
  log::debug("tunnel: open service={} dialect={}", name.key.brief(),
             dialect == Dialect::legacy ? "legacy" : kAlpnHardline1);
  co_return Tunnel{std::move(connection->stream), dialect, std::move(answer->rest), connection->candidate};
}

}  // namespace hardline::tunnel
