// Where a published service's bytes come from, behind one small interface.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "hardline/base/origin_address.hpp"
#include "hardline/net/byte_stream.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/net/socket_stream.hpp"

namespace hardline::tunnel {

class Origin {
 public:
  virtual ~Origin() = default;

  /// A new connection for one tunnel, or why there is none. Bounded in time by the origin itself.
  virtual awaitable<Result<std::unique_ptr<ByteStream>>> connect() = 0;

  /// Whether the place is there now, or what is wrong with it: as connect() without a tunnel. Bounded in the same way.
  virtual awaitable<std::error_code> check() = 0;

  /// The service is withdrawn, or the daemon ends: what the origin does by itself ends soon, checks among it.
  virtual void close() {}
};

/// For looking a name up, and again for connecting: old clients give up after 5 s, and a person does not wait longer
/// for a service on the same machine.
inline constexpr auto kOriginConnectTimeout = std::chrono::seconds(5);

/// Whether a connection to `remote` leads back into this daemon, to what is for the person at this computer alone. An
/// empty one: nothing does.
using LeadsBack = std::function<bool(const StreamSocket::endpoint_type& remote)>;

/// A TCP or Unix socket. A host name is looked up at each connection, on `resolver`, and every address it has is
/// tried in turn. Where that `leads_back`, whatever name it goes by, it fails with Errc::leads_to_ourselves.
class SocketOrigin final : public Origin {
 public:
  SocketOrigin(OriginAddress address, Resolver& resolver, LeadsBack leads_back = {});
  awaitable<Result<std::unique_ptr<ByteStream>>> connect() override;
  awaitable<std::error_code> check() override;  ///< connects and leaves without a word
  void close() override;                        ///< ends checks with Errc::cancelled

 private:
  class Connecting;

  OriginAddress address_;
  Resolver& resolver_;
  const LeadsBack leads_back_;
  std::vector<Connecting*> checks_;  ///< that run now
  bool closed_ = false;
};

}  // namespace hardline::tunnel
