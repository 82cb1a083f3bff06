// One connection to the local port, of a browser or another program, from its first octet to the last: request after
// request, each to where its own Host leads.
#pragma once

#include <optional>
#include <string>

#include "forwarded_request.hpp"
#include "hardline/net/relay.hpp"
#include "hardline/net/socket_stream.hpp"
#include "hardline/rt/session_registry.hpp"
#include "hardline/store/name_book.hpp"
#include "hardline/store/visit_log.hpp"
#include "hardline/tunnel/client.hpp"
#include "hardline/web/http_server.hpp"
#include "hardline/web/page.hpp"
#include "route.hpp"
#include "routed_requests.hpp"

namespace hardline::door {

/// What lies inside of the local port. All of it outlives the sessions.
struct Inside {
  const tunnel::TunnelTools& tools;
  store::NameBook& names;
  store::VisitLog& visits;
  web::HttpHandler& dashboard;
  SessionRegistry& registry;
  std::uint16_t local_port;
};

class BrowserSession final : public Session {
 public:
  /// For a request's first head to arrive, and for a page to be taken.
  static constexpr auto kHeadTimeout = std::chrono::seconds(10);

  BrowserSession(const Inside& inside, tcp::socket socket);

  awaitable<void> run();

  /// Of the dashboard: none, so that it is idle whatever it shows. What it shows comes back after a restart.
  std::uint64_t progress() const override { return moved_before_ + outcome_.octets(); }
  void close_session() override;
  void check_path() override;

  bool leads_to(const KeyHash& key) const { return service_ && service_->key == key; }
  bool came_by(const std::string& petname) const { return petname_ == petname; }

 private:
  awaitable<std::optional<web::Page>> read_head();
  awaitable<bool> answer_request();
  awaitable<bool> next_request();
  awaitable<bool> serve_dashboard();
  awaitable<bool> lead_to(const ToService& service);
  awaitable<bool> answer_name_change();
  awaitable<void> connect();
  awaitable<void> ask();
  awaitable<bool> carry_through(tunnel::Tunnel& tunnel);
  awaitable<bool> send(const web::Page& page);
  awaitable<void> show(const web::Page& page);

  std::optional<http::ForwardedHead> forwarded_head() const;
  std::string_view behind_head() const { return std::string_view(received_).substr(head_.length); }
  void route_requests(RoutedRequests::LeadsHere leads_here, const http::ForwardedHead& first);
  ByteStream& near_end();
  bool leads_to_dashboard(const http::RequestHead& next) const;
  bool leads_to_service(const http::RequestHead& next) const;
  void begin_tunnel();
  void stop_tunnel();
  bool is_repeatable() const;
  bool nothing_more_was_sent() const;

  const Inside inside_;
  SocketStream browser_;
  /// What is sent into a tunnel first. Once one stands: the head of a request that may be repeated, else nothing.
  std::string received_;
  http::RequestHead head_;                     ///< of the request that is being led, or of the first one led there
  std::optional<ForwardedRequest> forwarded_;  ///< where it came in absolute-form
  std::optional<RoutedRequests> requests_;     ///< else, but for a program's CONNECT
  std::optional<ServiceName> service_;         ///< none while the dashboard answers
  std::string petname_;                        ///< by which it was asked for; empty where by none
  ByteStream* far_ = nullptr;
  RelayOutcome outcome_;            ///< of the present tunnel
  std::uint64_t moved_before_ = 0;  ///< octets, by those before it
};

}  // namespace hardline::door
