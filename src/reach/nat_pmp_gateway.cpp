#include <natpmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "hardline/net/default_routes.hpp"
#include "hardline/reach/gateway.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using asio::ip::address_v4;
using std::chrono::steady_clock;

/// The library sends again after 250 ms, 750 ms and 1750 ms, and would go on for a minute (RFC 6886 section 3.1). A
/// router next door that speaks NAT-PMP has answered by then; most others never will.
constexpr auto kSearchPatience = 1500ms;
constexpr auto kPatience = 2500ms;  // of a router that has answered before
constexpr std::size_t kMostRouters = 4;

/// One request and its answer, on a socket of its own: an answer that comes late cannot be taken for another one.
class Exchange {
 public:
  explicit Exchange(const address_v4& router) { opened_ = initnatpmp(&natpmp_, 1, htonl(router.to_uint())) == 0; }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() {
    if (natpmp_.s >= 0) closenatpmp(&natpmp_);  // also where initnatpmp() failed halfway
  }

  tl::expected<natpmpresp_t, MappingError> ask_external_address(steady_clock::duration patience) {
    if (!opened_ || sendpublicaddressrequest(&natpmp_) < 0) return tl::unexpected(MappingError::no_answer);
    return answer(NATPMP_RESPTYPE_PUBLICADDRESS, patience);
  }

  tl::expected<natpmpresp_t, MappingError> ask_mapping(std::uint16_t external_port, std::uint16_t internal_port,
                                                       std::uint32_t lease, steady_clock::duration patience) {
    if (!opened_ || sendnewportmappingrequest(&natpmp_, NATPMP_PROTOCOL_TCP, internal_port, external_port, lease) < 0)
      return tl::unexpected(MappingError::no_answer);
    return answer(NATPMP_RESPTYPE_TCPPORTMAPPING, patience);
  }

  /// Where we send from.
  address_v4 local_address() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (!opened_ || getsockname(natpmp_.s, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return address_v4(ntohl(address.sin_addr.s_addr));
  }

 private:
  tl::expected<natpmpresp_t, MappingError> answer(unsigned type, steady_clock::duration patience) {
    const auto deadline = steady_clock::now() + patience;
    for (;;) {
      natpmpresp_t response{};
      const int result = readnatpmpresponseorretry(&natpmp_, &response);
      if (result == 0 && response.type != type) return tl::unexpected(MappingError::refused);
      if (result == 0) return response;
      if (result != NATPMP_TRYAGAIN) return tl::unexpected(error_of(result));
      const auto left = deadline - steady_clock::now();
      if (left <= 0s) return tl::unexpected(MappingError::no_answer);
      wait(std::min<steady_clock::duration>(left, time_to_next_try()));
    }
  }

  steady_clock::duration time_to_next_try() {
    timeval timeout{};
    getnatpmprequesttimeout(&natpmp_, &timeout);
    const auto time = std::chrono::seconds(timeout.tv_sec) + std::chrono::microseconds(timeout.tv_usec);
    // It reckons by the wall clock, which may be set meanwhile.
    return std::clamp<steady_clock::duration>(time, 1ms, kPatience);
  }

  void wait(steady_clock::duration time) const {
    pollfd readable{natpmp_.s, POLLIN, 0};
    poll(&readable, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count()));
  }

  static MappingError error_of(int result) {
    switch (result) {
      case NATPMP_ERR_UNSUPPORTEDVERSION:
      case NATPMP_ERR_UNSUPPORTEDOPCODE: return MappingError::unsupported;
      case NATPMP_ERR_NOTAUTHORIZED:
      case NATPMP_ERR_NETWORKFAILURE:
      case NATPMP_ERR_OUTOFRESOURCES:
      case NATPMP_ERR_UNDEFINEDERROR: return MappingError::refused;
      default:  // nobody listens there, no route there, or it is off
        return MappingError::no_answer;
    }
  }

  natpmp_t natpmp_{.s = -1,
                   .gateway = 0,
                   .has_pending_request = 0,
                   .pending_request = {},
                   .pending_request_len = 0,
                   .try_number = 0,
                   .retry_time = {}};
  bool opened_ = false;
};

class NatPmpGateway final : public Gateway {
 public:
  NatPmpGateway(const address_v4& router, const address_v4& ours) : router_(router), ours_(ours) {}

  std::string protocol() const override { return "NAT-PMP"; }
  std::string description() const override { return router_.to_string(); }
  address_v4 internal_address() const override { return ours_; }

  tl::expected<address_v4, MappingError> external_address() override {
    Exchange exchange(router_);
    const auto response = exchange.ask_external_address(kPatience);
    if (!response) return tl::unexpected(response.error());
    return address_v4(ntohl(response->pnu.publicaddress.addr.s_addr));
  }

  tl::expected<GrantedMapping, MappingError> map(const MappingRequest& request) override {
    if (request.lease <= 0s) return tl::unexpected(MappingError::unsupported);  // 0 would take a mapping away
    Exchange exchange(router_);
    const auto lease = static_cast<std::uint32_t>(request.lease.count());
    const auto response = exchange.ask_mapping(request.external_port, request.internal_port, lease, kPatience);
    if (!response) return tl::unexpected(response.error());
    const auto& mapping = response->pnu.newportmapping;
    if (mapping.mappedpublicport == 0 || mapping.lifetime == 0) return tl::unexpected(MappingError::refused);
    return GrantedMapping{mapping.mappedpublicport, std::chrono::seconds(mapping.lifetime)};
  }

  /// There is no request for it. The router's count of seconds tells a restart, but not one soon after the last (RFC
  /// 6886 section 3.6); to ask for the mapping again costs no more, and makes it if need be.
  tl::expected<bool, MappingError> has_mapping(std::uint16_t, std::uint16_t) override {
    return tl::unexpected(MappingError::unsupported);
  }

  void unmap(std::uint16_t, std::uint16_t internal_port) override {
    Exchange exchange(router_);
    (void)exchange.ask_mapping(0, internal_port, 0, kPatience);  // RFC 6886 section 3.4
  }

  tl::expected<std::string, MappingError> open_pinhole(const asio::ip::address_v6&, std::uint16_t, std::chrono::seconds,
                                                       const std::string&) override {
    return tl::unexpected(MappingError::unsupported);
  }
  void close_pinhole(const asio::ip::address_v6&, const std::string&) override {}

 private:
  const address_v4 router_;
  const address_v4 ours_;
};

}  // namespace

bool has_nat_pmp() {
  return true;
}

std::vector<std::shared_ptr<Gateway>> find_nat_pmp_gateways() {
  auto routers = default_routers();
  if (routers.size() > kMostRouters) routers.resize(kMostRouters);
  std::vector<std::future<std::shared_ptr<Gateway>>> searches;
  for (const auto& router : routers)
    searches.push_back(std::async(std::launch::async, [router]() -> std::shared_ptr<Gateway> {
      Exchange exchange(router);
      const auto answer = exchange.ask_external_address(kSearchPatience);
      if (!answer && answer.error() != MappingError::refused) return nullptr;  // it may refuse only until it is online
      return std::make_shared<NatPmpGateway>(router, exchange.local_address());
    }));
  std::vector<std::shared_ptr<Gateway>> found;
  for (auto& search : searches)
    if (auto gateway = search.get()) found.push_back(std::move(gateway));
  return found;
}

}  // namespace hardline::reach
