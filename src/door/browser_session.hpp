// One connection to the local port, of a browser or another program, from its first octet to the last.
#pragma once

#include <optional>
#include <string>

#include "forwarded_request.hpp"
#include "hardline/door/local_proxy.hpp"
#include "hardline/net/socket_stream.hpp"
#include "hardline/web/page.hpp"
#include "route.hpp"
#include "watched_requests.hpp"

namespace hardline::door {

class LocalProxy::BrowserSession final : public Session {
 public:
  BrowserSession(LocalProxy& proxy, tcp::socket socket);

  awaitable<void> run();

  /// Of the dashboard: none, so that it is idle whatever it shows. What it shows comes back after a restart.
  std::uint64_t progress() const override { return outcome_.octets(); }
  void close_session() override;
  void check_path() override;

  bool leads_to(const KeyHash& key) const { return service_ == key; }
  bool came_by(const std::string& petname) const { return petname_ == petname; }

 private:
  awaitable<std::optional<web::Page>> read_head();
  awaitable<void> serve_dashboard();
  awaitable<void> lead_to(const ToService& service);
  awaitable<bool> answer_name_change(const KeyHash& key);
  awaitable<void> connect(const ServiceName& name);
  awaitable<void> ask(const ServiceName& name);
  awaitable<bool> carry_through(tunnel::Tunnel& tunnel);
  awaitable<bool> send(const web::Page& page);
  awaitable<void> show(const web::Page& page);

  std::optional<http::ForwardedHead> forwarded_head() const;
  std::string_view behind_head() const { return std::string_view(received_).substr(head_.length); }
  bool is_watched() const;
  void watch(const http::ForwardedHead& first);
  ByteStream& near_end();
  bool may_follow(const http::RequestHead& next) const;
  bool is_repeatable() const;
  bool nothing_more_was_sent() const;

  LocalProxy& proxy_;
  SocketStream browser_;
  /// What is sent into a tunnel first. Once one stands: the head of a request that may be repeated, else nothing.
  std::string received_;
  http::RequestHead head_;
  std::optional<ForwardedRequest> forwarded_;  ///< where it came in absolute-form
  std::optional<WatchedRequests> watched_;     ///< where a browser came by a petname, but for absolute-form
  std::optional<KeyHash> service_;
  std::string petname_;  ///< empty where it came by none
  ByteStream* far_ = nullptr;
  RelayOutcome outcome_;
};

}  // namespace hardline::door
