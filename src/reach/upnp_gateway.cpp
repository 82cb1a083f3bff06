#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>

#include <algorithm>
#include <future>
#include <set>
#include <string_view>
#include <tuple>

#include "hardline/base/log.hpp"
#include "hardline/net/address_scope.hpp"
#include "hardline/net/default_routes.hpp"
#include "hardline/net/interfaces.hpp"
#include "hardline/reach/gateway.hpp"
#include "soap.hpp"

namespace hardline::reach {
namespace {

using namespace std::chrono_literals;
using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

/// How long after the last answer to a search the next one may come, in ms. Devices put their answers off by up to a
/// second, which is the least that can be asked for (UPnP Device Architecture 1.1 section 1.3.2).
constexpr int kAnswersWithin = 1200;
constexpr unsigned char kTtl = 2;  // UPnP Device Architecture 1.1 section 1.3.2
/// A machine may have a bridge for each of a hundred containers; routers are on the first few networks.
constexpr std::size_t kMostNetworks = 8;
/// Roots that are looked into on one network. Anybody there can answer a search.
constexpr std::size_t kMostRoots = 8;
/// Octets of an IPv6 address that are the same in one home: a /56 (RFC 6177 section 2). A router with several networks
/// may name itself to all of them by its address on one.
constexpr int kHomePrefix = 7;
constexpr char kMappingName[] = "hardlined";  // what a person reads in the router's list
constexpr char kTcp[] = "TCP";
constexpr char kTcpNumber[] = "6";
constexpr int kInvalidAction = 401;
constexpr int kFirewallDisabled = 702;  // WANIPv6FirewallControl:1
constexpr auto kFirewallPatience = 5s;

/// What the library returns when nothing, or nothing that makes sense, came back.
bool is_silence(int result) {
  return result == UPNPCOMMAND_HTTP_ERROR || result == UPNPCOMMAND_MEM_ALLOC_ERROR;
}

MappingError error_of(int result) {
  if (is_silence(result)) return MappingError::no_answer;
  switch (result) {
    case 718:  // ConflictInMappingEntry
    case 729:  // ConflictWithOtherMechanisms
    case 501:  // ActionFailed: some routers know no better word for either
      return MappingError::conflict;
    case 725:  // OnlyPermanentLeasesSupported
    case 402:  // InvalidArgs
      return MappingError::only_permanent;
    case kInvalidAction:
    case 602:  // OptionalActionNotImplemented
      return MappingError::unsupported;
    default: return MappingError::refused;
  }
}

/// A network that is searched, and who counts as a neighbour there.
struct Network {
  std::string multicast_by;  ///< what the library wants: our IPv4 address, or the interface's name for IPv6
  bool v6 = false;
  Interface interface;              ///< for IPv4
  std::vector<address_v6> v6_here;  ///< our own addresses, for IPv6

  bool has(const address& host) const {
    if (host.is_v4()) return !v6 && address_towards(interface, host.to_v4());
    if (!v6) return false;
    const auto bytes = host.to_v6().to_bytes();
    const auto is_near = [&](const address_v6& ours) {
      const auto our_bytes = ours.to_bytes();
      return std::equal(bytes.begin(), bytes.begin() + kHomePrefix, our_bytes.begin());
    };
    return std::any_of(v6_here.begin(), v6_here.end(), is_near);
  }

  /// Whether a device may send us there: it, or whoever plays it, must be a neighbour.
  bool has_url(std::string_view url) const {
    const auto parsed = DeviceUrl::parse(url);
    return parsed && has(address_of(*parsed));
  }
};

/// A service of a device: where its actions are sent, and its type with its version.
struct Service {
  std::string url;
  std::string type;

  explicit operator bool() const { return !url.empty() && !type.empty(); }
  const char* control_url() const { return url.c_str(); }
  const char* service_type() const { return type.c_str(); }
};

/// The mapping a router has for an external port.
struct Entry {
  std::string client;
  std::string port;
};

/// Nothing in it changes: an abandoned call may still run beside the next one.
class UpnpGateway final : public Gateway {
 public:
  UpnpGateway(address router, address_v4 ours, Service connection, Service firewall)
      : router_(router), ours_(ours), connection_(std::move(connection)), firewall_(std::move(firewall)) {}

  std::string protocol() const override {
    const bool second = connection_.type.ends_with(":2") || !connection_;  // only IGD:2 is a firewall alone
    return second ? "UPnP IGDv2" : "UPnP IGDv1";
  }
  std::string description() const override { return router_.to_string(); }
  address_v4 internal_address() const override { return ours_; }

  tl::expected<address_v4, MappingError> external_address() override {
    if (!connection_) return tl::unexpected(MappingError::unsupported);
    char text[40] = "";
    const int result = UPNP_GetExternalIPAddress(connection_.control_url(), connection_.service_type(), text);
    if (result != UPNPCOMMAND_SUCCESS) return tl::unexpected(error_of(result));
    AsioError error;
    const auto parsed = asio::ip::make_address_v4(text, error);
    if (error) return tl::unexpected(MappingError::refused);  // empty while it is not online
    return parsed;
  }

  tl::expected<GrantedMapping, MappingError> map(const MappingRequest& request) override {
    if (!connection_) return tl::unexpected(MappingError::unsupported);
    // Many routers let whoever asks last have a port.
    const auto entry = entry_at(request.external_port);
    if (entry && !is_ours(*entry, request.internal_port)) return tl::unexpected(MappingError::conflict);
    if (!entry && entry.error() == MappingError::no_answer) return tl::unexpected(entry.error());

    const auto external = std::to_string(request.external_port);
    const auto internal = std::to_string(request.internal_port);
    const auto client = ours_.to_string();
    const auto lease = std::to_string(request.lease.count());
    const int result =
        UPNP_AddPortMapping(connection_.control_url(), connection_.service_type(), external.c_str(), internal.c_str(),
                            client.c_str(), kMappingName, kTcp, nullptr, lease.c_str());
    if (result != UPNPCOMMAND_SUCCESS) {
      log::debug("gateway: {}: AddPortMapping {}: {}", description(), external, result);
      return tl::unexpected(error_of(result));
    }
    return GrantedMapping{request.external_port, request.lease};
  }

  tl::expected<bool, MappingError> has_mapping(std::uint16_t external_port, std::uint16_t internal_port) override {
    const auto entry = entry_at(external_port);
    if (!entry) return tl::unexpected(entry.error());
    return is_ours(*entry, internal_port);
  }

  void unmap(std::uint16_t external_port, std::uint16_t internal_port) override {
    const auto entry = entry_at(external_port);
    if (!entry && entry.error() == MappingError::no_answer) return;
    if (entry && !is_ours(*entry, internal_port)) return;
    const auto external = std::to_string(external_port);
    UPNP_DeletePortMapping(connection_.control_url(), connection_.service_type(), external.c_str(), kTcp, nullptr);
  }

  tl::expected<std::string, MappingError> open_pinhole(const address_v6& address, std::uint16_t port,
                                                       std::chrono::seconds lease,
                                                       const std::string& renewed_id) override {
    if (!firewall_) return tl::unexpected(MappingError::unsupported);
    const auto seconds = std::to_string(lease.count());
    if (!renewed_id.empty()) {
      const SoapAction update{firewall_.type, "UpdatePinhole", {{"UniqueID", renewed_id}, {"NewLeaseTime", seconds}}};
      const auto updated = ask_firewall(update, address);
      if (!updated) return tl::unexpected(MappingError::no_answer);
      if (updated->error == 0) return renewed_id;
    }
    const SoapAction add{firewall_.type,
                         "AddPinhole",
                         {{"RemoteHost", ""},
                          {"RemotePort", "0"},
                          {"InternalClient", address.to_string()},
                          {"InternalPort", std::to_string(port)},
                          {"Protocol", kTcpNumber},
                          {"LeaseTime", seconds}}};
    const auto added = ask_firewall(add, address);
    if (!added) return tl::unexpected(MappingError::no_answer);
    if (added->error == kFirewallDisabled) return std::string();  // everybody is let in
    if (added->error != 0) {
      log::debug("gateway: {}: AddPinhole [{}]:{}: {}", description(), address.to_string(), port, added->error);
      return tl::unexpected(added->error == kInvalidAction ? MappingError::unsupported : MappingError::refused);
    }
    return added->value("UniqueID");
  }

  void close_pinhole(const address_v6& address, const std::string& id) override {
    const SoapAction remove{firewall_.type, "DeletePinhole", {{"UniqueID", id}}};
    if (firewall_) ask_firewall(remove, address);
  }

 private:
  /// `unsupported` where it has none, or cannot say: routers differ in how they say either.
  tl::expected<Entry, MappingError> entry_at(std::uint16_t external_port) const {
    if (!connection_) return tl::unexpected(MappingError::unsupported);
    const auto external = std::to_string(external_port);
    char client[40] = "", port[8] = "", description[128] = "", enabled[8] = "", lease[32] = "";
    const int result =
        UPNP_GetSpecificPortMappingEntry(connection_.control_url(), connection_.service_type(), external.c_str(), kTcp,
                                         nullptr, client, port, description, enabled, lease);
    if (is_silence(result)) return tl::unexpected(MappingError::no_answer);
    if (result != UPNPCOMMAND_SUCCESS) return tl::unexpected(MappingError::unsupported);
    return Entry{client, port};
  }

  std::optional<SoapAnswer> ask_firewall(const SoapAction& action, const address_v6& for_whom) const {
    const auto url = DeviceUrl::parse(firewall_.url);
    std::optional<address> from;
    if (url->address.v6) from = for_whom;
    return ask(*url, action, from, kFirewallPatience);
  }

  bool is_ours(const Entry& entry, std::uint16_t internal_port) const {
    return entry.client == ours_.to_string() && entry.port == std::to_string(internal_port);
  }

  const address router_;
  const address_v4 ours_;
  const Service connection_;  ///< WANIPConnection or WANPPPConnection
  const Service firewall_;    ///< WANIPv6FirewallControl
};

struct Candidate {
  std::shared_ptr<Gateway> gateway;
  std::string root;
  address router;
  bool connected = false;
  bool public_address = false;
};

/// The URLs of a description, as the library makes them from it.
class Urls {
 public:
  Urls() = default;
  Urls(const Urls&) = delete;
  Urls& operator=(const Urls&) = delete;
  ~Urls() { FreeUPNPUrls(&urls_); }

  UPNPUrls* get() { return &urls_; }
  const UPNPUrls* operator->() const { return &urls_; }

 private:
  UPNPUrls urls_{};
};

/// None where the device says what must not stand in a request of ours.
Service service(const char* url, const char* type, const Network& network) {
  if (!url || !network.has_url(url) || !is_service_type(type)) return {};
  return {url, type};
}

bool says_connected(const Service& connection) {
  char status[64] = "", last_error[64] = "";
  unsigned uptime = 0;
  const int result =
      UPNP_GetStatusInfo(connection.control_url(), connection.service_type(), status, &uptime, last_error);
  const std::string_view said(status);
  return result == UPNPCOMMAND_SUCCESS && (said == "Connected" || said == "Up");
}

/// A router may describe a PPP connection and an IP connection, of which one is in use.
std::optional<Candidate> look_into(const UPNPDev& device, const Network& network) {
  const auto url = DeviceUrl::parse(device.descURL);
  if (!url) return std::nullopt;
  const auto router = address_of(*url);
  if (!network.has(router)) return std::nullopt;
  Urls urls;
  IGDdatas description{};
  char ours[64] = "";
  if (UPNP_GetIGDFromUrl(device.descURL, urls.get(), &description, ours, sizeof ours) != 1) return std::nullopt;
  AsioError error;
  const auto our_address = asio::ip::make_address_v4(ours, error);
  const auto firewall = service(urls->controlURL_6FC, description.IPv6FC.servicetype, network);

  std::optional<Candidate> best;
  for (const auto* connection : {&description.first, &description.second}) {
    IGDdatas one = description;
    one.first = *connection;
    Urls its_urls;
    GetUPNPUrls(its_urls.get(), &one, device.descURL, device.scope_id);
    Service control;
    if (!network.v6 && connection->servicetype[0] != '\0')
      control = service(its_urls->controlURL, connection->servicetype, network);
    if (!control && !firewall) continue;
    Candidate candidate;
    candidate.gateway = std::make_shared<UpnpGateway>(router, our_address, control, firewall);
    candidate.root = device.descURL;
    candidate.router = router;
    candidate.connected = control && says_connected(control);
    const auto external = candidate.gateway->external_address();
    candidate.public_address = external && is_global_unicast(*external);
    if (!best ||
        std::tie(candidate.connected, candidate.public_address) > std::tie(best->connected, best->public_address))
      best = std::move(candidate);
    if (!control) break;
  }
  return best;
}

struct FreeDevices {
  void operator()(UPNPDev* devices) const { freeUPNPDevlist(devices); }
};

using DeviceTypes = std::vector<const char*>;

std::vector<Candidate> search(const Network& network, const DeviceTypes& types) {
  int error = UPNPDISCOVER_SUCCESS;
  constexpr char kNoMiniSsdpd[] = "";  // its memory may be of yesterday
  const std::unique_ptr<UPNPDev, FreeDevices> devices(
      upnpDiscoverDevices(types.data(), kAnswersWithin, network.multicast_by.c_str(), kNoMiniSsdpd, UPNP_LOCAL_PORT_ANY,
                          network.v6, kTtl, &error, /*searchalltypes=*/1));
  std::set<std::string> roots;
  std::vector<Candidate> found;
  for (const auto* device = devices.get(); device && roots.size() < kMostRoots; device = device->pNext)
    if (roots.insert(device->descURL).second)
      if (auto candidate = look_into(*device, network)) found.push_back(std::move(*candidate));
  return found;
}

/// Most routers answer to what they are; a few only to a search for any root device, as do televisions and printers.
/// Over IPv6 the library searches the link and then the site, which takes as long; what is new enough for pinholes
/// answers to the first.
std::vector<Candidate> search_well(const Network& network) {
  static const DeviceTypes routers = {
      "urn:schemas-upnp-org:device:InternetGatewayDevice:1", "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
      "urn:schemas-upnp-org:service:WANIPConnection:1", "urn:schemas-upnp-org:service:WANPPPConnection:1", nullptr};
  static const DeviceTypes everything = {"urn:schemas-upnp-org:device:InternetGatewayDevice:1", "upnp:rootdevice",
                                         nullptr};
  auto found = search(network, routers);
  if (found.empty() && !network.v6) found = search(network, everything);
  return found;
}

/// Those with a default router first.
std::vector<Network> v4_networks(const std::vector<address_v4>& routers) {
  std::vector<Network> networks;
  for (const auto& interface : list_interfaces().value_or(std::vector<Interface>{})) {
    if (interface.loopback) continue;
    for (const auto& ours : subnet_addresses(interface)) networks.push_back({ours.to_string(), false, interface, {}});
  }
  const auto leads_out = [&](const Network& network) {
    return std::any_of(routers.begin(), routers.end(), [&](const address_v4& router) { return network.has(router); });
  };
  std::stable_partition(networks.begin(), networks.end(), leads_out);
  if (networks.size() > kMostNetworks) networks.resize(kMostNetworks);
  return networks;
}

/// Those with an address that a pinhole could be for.
std::vector<Network> v6_networks() {
  std::vector<Network> networks;
  const auto addresses = list_addresses().value_or(std::vector<LocalAddress>{});
  for (const auto& local : addresses) {
    if (!local.address.is_v6() || !is_global_unicast(local.address)) continue;
    const auto known = [&](const Network& network) { return network.multicast_by == local.interface; };
    if (std::any_of(networks.begin(), networks.end(), known)) continue;
    Network network{local.interface, true, {}, {}};
    for (const auto& other : addresses)
      if (other.interface == local.interface && other.address.is_v6()) network.v6_here.push_back(other.address.to_v6());
    networks.push_back(std::move(network));
  }
  if (networks.size() > kMostNetworks) networks.resize(kMostNetworks);
  return networks;
}

}  // namespace

std::vector<std::shared_ptr<Gateway>> find_upnp_gateways() {
  const auto routers = default_routers();
  auto networks = v4_networks(routers);
  for (auto& network : v6_networks()) networks.push_back(std::move(network));
  std::vector<std::future<std::vector<Candidate>>> searches;
  for (const auto& network : networks)
    searches.push_back(std::async(std::launch::async, [network] { return search_well(network); }));

  std::vector<Candidate> found;
  for (auto& search : searches)
    for (auto& candidate : search.get()) {
      const auto known = [&](const Candidate& other) { return other.root == candidate.root; };
      if (std::none_of(found.begin(), found.end(), known)) found.push_back(std::move(candidate));
    }
  const auto merit = [&](const Candidate& candidate) {
    const bool leads_out = candidate.router.is_v4() &&
                           std::find(routers.begin(), routers.end(), candidate.router.to_v4()) != routers.end();
    return std::tuple(candidate.connected, candidate.public_address, leads_out);
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const Candidate& a, const Candidate& b) { return merit(a) > merit(b); });
  std::vector<std::shared_ptr<Gateway>> gateways;
  for (auto& candidate : found) gateways.push_back(std::move(candidate.gateway));
  return gateways;
}

}  // namespace hardline::reach
