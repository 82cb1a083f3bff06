// A router that answers to UPnP as its test says: SSDP on port 1900, its description and its actions on port 5555.
#pragma once

#include <boost/asio/ip/multicast.hpp>
#include <map>
#include <mutex>
#include <sstream>
#include <variant>

#include "support/network_namespace.hpp"

namespace hardline::test {

class ScriptedIgd {
 public:
  using Arguments = std::map<std::string, std::string>;

  ScriptedIgd(const NetworkNamespace& network, const std::string& address)
      : host_(network), location_("http://" + address + ":5555/root.xml") {
    answer("GetStatusInfo", {{"NewConnectionStatus", "Connected"}, {"NewUptime", "5"}});
    answer("GetExternalIPAddress", {{"NewExternalIPAddress", "203.0.113.7"}});
    host_.call([this, address] {
      ssdp_.open(udp::v4());
      ssdp_.set_option(udp::socket::reuse_address(true));
      ssdp_.bind({udp::v4(), 1900});
      const auto group = asio::ip::make_address_v4("239.255.255.250");
      ssdp_.set_option(asio::ip::multicast::join_group(group, asio::ip::make_address_v4(address)));
      http_ = tcp::acceptor(host_.io(), tcp::endpoint(tcp::v4(), 5555));
      receive();
      accept();
    });
  }
  ScriptedIgd(const ScriptedIgd&) = delete;
  ScriptedIgd& operator=(const ScriptedIgd&) = delete;
  ~ScriptedIgd() {
    host_.call([this] {
      ssdp_.close();
      http_.close();
    });
    host_.finish();
  }

  /// `PPP:` before an action makes it one of the WANPPPConnection alone.
  void answer(const std::string& action, Arguments arguments) { set(action, std::move(arguments)); }
  void answer(const std::string& action, int error) { set(action, error); }
  void announce(const std::string& location) {
    const std::lock_guard lock(mutex_);
    location_ = location;
  }
  /// How often; "root" is its description.
  int asked(const std::string& action) {
    const std::lock_guard lock(mutex_);
    return asked_[action];
  }

 private:
  using Answer = std::variant<int, Arguments>;

  void set(const std::string& action, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[action] = std::move(answer);
  }

  void receive() {
    ssdp_.async_receive_from(asio::buffer(datagram_), from_, [this](const AsioError& error, std::size_t size) {
      if (error) return;
      const std::string search(datagram_, size);
      const std::lock_guard lock(mutex_);
      if (search.find("InternetGatewayDevice:1") != std::string::npos)
        ssdp_.send_to(asio::buffer("HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
                                   "USN: uuid:1::x\r\nLOCATION: " +
                                   location_ + "\r\n\r\n"),
                      from_);
      receive();
    });
  }

  void accept() {
    http_.async_accept([this](const AsioError& error, tcp::socket socket) {
      if (error) return;
      serve(socket);
      accept();
    });
  }

  void serve(tcp::socket& socket) {
    AsioError error;
    std::string request;
    char chunk[4096];
    while (!whole(request)) {
      const auto size = socket.read_some(asio::buffer(chunk), error);
      if (error) return;
      request.append(chunk, size);
    }
    asio::write(socket, asio::buffer(response_to(request)), error);
  }

  static bool whole(const std::string& request) {
    const auto head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto field = request.find("Content-Length: ");
    const auto length = field == std::string::npos ? 0 : std::stoul(request.substr(field + 16));
    return request.size() >= head + 4 + length;
  }

  static std::string http(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  std::string response_to(const std::string& request) {
    const std::lock_guard lock(mutex_);
    if (request.starts_with("GET")) {
      ++asked_["root"];
      return http("200 OK", description());
    }
    const auto hash = request.find('#');
    const auto name = request.substr(hash + 1, request.find('"', hash) - hash - 1);
    ++asked_[name];
    const bool ppp = request.starts_with("POST /ppp ");
    auto answer = answers_.find(ppp ? "PPP:" + name : name);
    if (answer == answers_.end()) return http("500 Error", fault(ppp ? 501 : 714));
    if (const auto* code = std::get_if<int>(&answer->second)) return http("500 Error", fault(*code));
    std::string body = "<s:Envelope><s:Body><u:" + name + "Response>";
    for (const auto& [key, value] : std::get<Arguments>(answer->second))
      body += "<" + key + ">" + value + "</" + key + ">";
    return http("200 OK", body + "</u:" + name + "Response></s:Body></s:Envelope>");
  }

  static std::string fault(int code) {
    return "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>" + std::to_string(code) +
           "</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>";
  }

  static std::string service(const std::string& type, const std::string& path) {
    return "<service><serviceType>urn:schemas-upnp-org:service:" + type + "</serviceType><controlURL>" + path +
           "</controlURL><SCPDURL>/scpd.xml</SCPDURL></service>";
  }

  static std::string description() {
    return "<?xml version=\"1.0\"?><root><device>"
           "<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><serviceList>" +
           service("WANCommonInterfaceConfig:1", "/common") + service("WANIPConnection:1", "/ip") +
           service("WANPPPConnection:1", "/ppp") + "</serviceList></device></root>";
  }

  Host host_;
  std::mutex mutex_;
  std::string location_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, int> asked_;
  udp::socket ssdp_{host_.io()};
  tcp::acceptor http_{host_.io()};
  udp::endpoint from_;
  char datagram_[1500];
};

}  // namespace hardline::test
