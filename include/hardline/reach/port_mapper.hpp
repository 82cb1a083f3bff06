// Keeps the P2P port reachable through the home router: asks for a mapping, renews it, makes it again when the router
// forgot it, and takes it back at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "hardline/reach/gateway.hpp"
#include "hardline/reach/port_mapper_options.hpp"
#include "hardline/rt/abandonable_pool.hpp"
#include "hardline/rt/asio.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/mailbox.hpp"

namespace hardline::reach {

struct PortMapperTimes {
  std::chrono::seconds lease = std::chrono::hours(1);  ///< renewed at half of it
  std::chrono::milliseconds verify_every =
      std::chrono::seconds(45);  ///< so that a restarted router has it back in a minute
  std::chrono::milliseconds search_again = std::chrono::minutes(2);  ///< while there is no gateway, or none that maps
  std::chrono::milliseconds close_within = std::chrono::seconds(3);  ///< to take mappings back at the end
};

/// What is mapped now, for people and for WANHosts.
struct PortMapping {
  std::string protocol;  ///< Gateway::protocol()
  std::uint16_t internal_port = 0;
  std::uint16_t external_port = 0;
  asio::ip::address_v4 internal_address;
  std::optional<asio::ip::address_v4> external_address;  ///< as the gateway says; may be private
  std::chrono::seconds lease{0};                         ///< 0: permanent
  std::chrono::steady_clock::time_point renewed;
};

struct PortMapperStatus {
  enum class State { off, searching, no_gateway, refused, mapped };
  State state = State::off;
  std::string gateway;                                   ///< Gateway::description(); empty if none was found
  std::optional<asio::ip::address_v4> external_address;  ///< the gateway's, also where it maps nothing
  std::optional<PortMapping> mapping;
  std::vector<asio::ip::address_v6> pinholes;  ///< addresses that are let in
  std::string problem;                         ///< one clause for a person, empty if there is none
};

/// io thread only; blocking calls run on a pool of its own and are abandoned at the end if a router hangs.
class PortMapper {
 public:
  /// Next external ports tried where the first one is somebody else's.
  static constexpr int kMorePorts = 10;

  /// `changed` is called whenever status() has changed in a way that matters to WANHosts or a person.
  PortMapper(Executor executor, PortMapperOptions options, std::function<void()> changed, PortMapperTimes times = {});
  /// For tests: gateways found by `find`.
  PortMapper(Executor executor, FindGateways find, std::function<void()> changed, PortMapperTimes times = {});

  /// Keeps `port` mapped until close(), while something is wanted.
  awaitable<void> run(std::uint16_t port);
  /// Whether there is anything to be reached at: with nothing published, nothing is asked of a router.
  void want(bool wanted);
  /// Addresses that are to be let in at the P2P port (Reachability knows them).
  void want_pinholes(std::vector<asio::ip::address_v6> addresses);
  /// Addresses or routes of this machine have changed, or it slept: look again now.
  void network_changed();
  /// Ends run(), which takes the mappings back first, within PortMapperTimes::close_within.
  void close();

  const PortMapperStatus& status() const { return status_; }

 private:
  using Clock = hardline::Clock;
  using Gateways = std::vector<std::shared_ptr<Gateway>>;

  /// What becomes of a call that has not come back when something else is to be done.
  enum class Call {
    searches,  ///< given up at close()
    asks,      ///< and when the network has changed, because whom it asks may be gone
    leaves,    ///< leaves something in the router, so that the end waits for it as long as it can afford
    ends,      ///< takes it back
  };
  /// nullopt where it was given up.
  template <class Job>
  awaitable<std::optional<std::invoke_result_t<Job&>>> call(Call kind, Job job);
  Clock::time_point give_up_at(Call kind, Clock::time_point begun) const;
  bool is_over() const { return closed_at_ || !wanted_; }

  awaitable<void> search();
  awaitable<void> leave_old_address();
  awaitable<void> unmap(std::shared_ptr<Gateway> gateway, std::uint16_t external_port);
  awaitable<void> map();
  awaitable<std::optional<MappingError>> map_at(std::shared_ptr<Gateway> gateway);
  awaitable<std::optional<asio::ip::address_v4>> external_address_of(std::shared_ptr<Gateway> gateway);
  awaitable<void> verify();
  awaitable<void> take_back();
  std::vector<std::uint16_t> ports_to_try() const;
  void adopt(const std::shared_ptr<Gateway>& gateway, const GrantedMapping& granted,
             std::optional<asio::ip::address_v4> external);
  void lose(PortMapperStatus::State state, std::string problem, std::optional<asio::ip::address_v4> external);
  Clock::time_point next_due() const;
  void wake();

  /// An address that is to be let in, and the pinhole for it where there is one.
  struct Pinhole {
    asio::ip::address_v6 address;
    std::shared_ptr<Gateway> gateway = nullptr;
    std::string id = {};
    std::optional<bool> open = std::nullopt;  ///< as last told
    Clock::time_point due = {};               ///< to be opened, or looked after
  };
  awaitable<void> look_after_pinholes();
  awaitable<void> open(asio::ip::address_v6 address);
  awaitable<void> close_unwanted_pinholes();
  void list_pinholes();
  void tell_pinhole(Pinhole& pinhole, bool open);

  Executor executor_;
  FindGateways find_;
  bool allowed_ = true;  ///< by any protocol
  bool pinholes_allowed_ = true;
  std::function<void()> changed_;
  PortMapperTimes times_;
  AbandonablePool pool_;
  Mailbox mailbox_;
  PortMapperStatus status_;
  Event news_;

  std::uint16_t port_ = 0;
  bool wanted_ = false;
  bool search_now_ = true;
  bool disturbed_ = false;  ///< run() has something new to look at
  std::optional<Clock::time_point> closed_at_;

  Gateways gateways_;                   ///< the last search's
  std::shared_ptr<Gateway> mapped_at_;  ///< where a mapping of ours is, or may be left
  std::uint16_t mapped_port_ = 0;       ///< its external port
  bool permanent_ = false;              ///< mapped_at_ knows no leases
  bool seen_there_ = false;             ///< mapped_at_ could be asked for the mapping, and had it
  bool lost_ = false;                   ///< there was one: the router is probably restarting
  Clock::time_point verify_at_, renew_at_, search_at_;
  std::vector<Pinhole> pinholes_;
  std::vector<Pinhole> unwanted_pinholes_;  ///< open, and not yet closed
};

}  // namespace hardline::reach
