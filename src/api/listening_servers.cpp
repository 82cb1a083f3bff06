#include "hardline/api/listening_servers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "hardline/base/ascii.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/base/page_title.hpp"
#include "hardline/base/text.hpp"
#include "hardline/base/unique_fd.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/web/http_client.hpp"

namespace hardline::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kAnswerLimit = std::chrono::seconds(1);  // a server on this machine that needs longer is not well
constexpr std::size_t kMostAsked = 64;
constexpr std::size_t kMostOfPage = 64 * 1024;  // a title stands near its begin
constexpr std::size_t kMaxServer = 100;         // octets
/// The kernel lists what listens before all connections, of which there can be any number: a line has 150 octets.
constexpr std::size_t kMostOfTable = 256 * 1024;
constexpr std::string_view kListening = "0A";  // TCP_LISTEN
constexpr int kRedirections = 1;               // as from / to /web/index.html

/// Of services whose protocol is another one and which take a browser amiss: mail servers, databases and Windows shares
/// count failures and shut the door, printers print what they get. RFC 6335's registry has the names.
constexpr std::array<std::uint16_t, 17> kNotAsked{21,  22,  23,  25,  53,   110,  139,  143, 445,
                                                  465, 587, 993, 995, 3306, 5432, 6379, 9100};

std::string_view next_word(std::string_view& line) {
  const auto begin = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(begin);
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> parse_hex(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The kernel prints an address as numbers of 32 bits in this machine's order of octets.
template <class Octets>
std::optional<Octets> parse_octets(std::string_view hex) {
  constexpr std::size_t kDigits = 8;
  Octets octets;
  if (hex.size() != octets.size() * 2) return std::nullopt;
  for (std::size_t word = 0; word * kDigits < hex.size(); ++word) {
    const auto number = parse_hex<std::uint32_t>(hex.substr(word * kDigits, kDigits));
    if (!number) return std::nullopt;
    std::memcpy(octets.data() + word * sizeof *number, &*number, sizeof *number);
  }
  return octets;
}

std::optional<asio::ip::address> parse_kernel_address(std::string_view hex) {
  if (const auto v4 = parse_octets<asio::ip::address_v4::bytes_type>(hex)) return asio::ip::address_v4(*v4);
  const auto v6 = parse_octets<asio::ip::address_v6::bytes_type>(hex);
  if (!v6) return std::nullopt;
  const asio::ip::address_v6 address(*v6);
  if (address.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address);
  return address;
}

std::string read_table(const char* file) {
  std::string text;
  const UniqueFd fd(::open(file, O_RDONLY | O_CLOEXEC));
  while (fd && text.size() < kMostOfTable) {
    char buffer[16 * 1024];
    const auto got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

/// A server, and the names under which it may answer, the best first.
struct Asked {
  std::vector<std::string> hosts;
  std::uint16_t port;
};

/// Where a socket can be reached from here; empty where that needs more than an address.
std::vector<std::string> hosts_of(const asio::ip::address& bound) {
  const std::string v4 = asio::ip::address_v4::loopback().to_string();
  if (bound.is_v4() && bound.is_unspecified()) return {v4};
  // Bound to every IPv6 address, it usually has those of IPv4 too: the kernel does not tell.
  if (bound.is_unspecified()) return {v4, asio::ip::address_v6::loopback().to_string()};
  if (bound.is_multicast() || (bound.is_v6() && bound.to_v6().is_link_local())) return {};
  return {bound.to_string()};
}

/// The fewer, the better: where it can be reached by 127.0.0.1, then any loopback address, then others.
int rank(const ListeningSocket& socket) {
  const auto& address = socket.address;
  if (address == asio::ip::address_v4::loopback()) return 0;
  if (address.is_unspecified()) return address.is_v4() ? 1 : 2;
  return address.is_loopback() ? 3 : 4;
}

std::vector<Asked> choose(std::vector<ListeningSocket> sockets, const std::vector<std::uint16_t>& own_ports) {
  const auto one_of = [](const auto& ports, std::uint16_t port) {
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  };
  std::stable_sort(sockets.begin(), sockets.end(), [](const auto& a, const auto& b) {
    return std::pair(a.port, rank(a)) < std::pair(b.port, rank(b));
  });
  std::vector<Asked> asked;
  for (const auto& [address, port] : sockets) {
    if (asked.size() == kMostAsked) break;
    if (one_of(own_ports, port) || one_of(kNotAsked, port)) continue;
    if (!asked.empty() && asked.back().port == port) continue;
    if (auto hosts = hosts_of(address); !hosts.empty()) asked.push_back({std::move(hosts), port});
  }
  return asked;
}

/// Where on the same server an answer sends to; nullopt if it is elsewhere, or nowhere.
std::optional<std::string> redirection_of(const web::HttpAnswer& answer, const HostPort& server) {
  const auto location = answer.field("Location");
  if (answer.status / 100 != 3 || !location || location->empty()) return std::nullopt;
  auto target = location->substr(0, location->find('#'));
  const auto own = "http://" + server.to_string();
  if (target.starts_with(own + '/')) target.remove_prefix(own.size());
  if (target.starts_with("//") || target.find("://") < target.find('/')) return std::nullopt;
  const bool clean = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (target.empty() || !clean) return std::nullopt;
  return target.starts_with('/') ? std::string(target) : '/' + std::string(target);
}

/// As much of a page as may have its title.
awaitable<std::string> read_page(web::HttpClient& client) {
  constexpr std::string_view kEnough = "</title";
  std::string page, lower;
  std::size_t searched = 0;
  while (page.size() < kMostOfPage && lower.find(kEnough, searched) == std::string::npos) {
    searched = lower.size() - std::min(lower.size(), kEnough.size());  // it may have come in two pieces
    const auto piece = co_await client.read_piece();
    if (!piece || piece->empty()) break;
    page += *piece;
    lower += to_lower(*piece);
  }
  page.resize(std::min(page.size(), kMostOfPage));
  co_return page;
}

/// An error where nobody speaks HTTP.
awaitable<Result<WebServer>> ask_server(Executor executor, Resolver& resolver, HostPort where,
                                        Clock::time_point deadline) {
  std::optional<WebServer> found;
  web::HttpRequest request;
  request.fields = {{"Accept", "text/html"}};
  for (int redirections = 0; redirections <= kRedirections; ++redirections) {
    web::HttpClient client(executor, resolver, web::HttpServer{where});
    const auto answer = co_await client.begin(request, deadline);
    if (!answer && !found) co_return fail(answer.error());
    if (!answer) break;
    if (answer->status == 400 && !found) co_return fail(Errc::unexpected_status);
    if (!found) found = WebServer{where, "", clean_text(answer->field("Server").value_or(""), kMaxServer)};
    if (auto target = redirection_of(*answer, where)) {
      request.target = std::move(*target);
      continue;
    }
    const auto type = to_lower(answer->field("Content-Type").value_or("text/html"));
    if (answer->status / 100 != 2 || type.find("html") == std::string::npos) break;
    const auto page = co_await read_page(client);
    found->title = title_of_page(page);
    break;
  }
  co_return std::move(*found);
}

awaitable<void> ask(Executor executor, Resolver& resolver, Asked asked, std::vector<WebServer>& servers) {
  const auto deadline = Clock::now() + kAnswerLimit;
  for (const auto& host : asked.hosts) {
    const HostPort where{host, asked.port};
    auto found = co_await ask_server(executor, resolver, where, deadline);
    if (found) servers.push_back(std::move(*found));
    if (found || found.error() != std::errc::connection_refused) break;
  }
}

}  // namespace

std::vector<ListeningSocket> parse_listening_sockets(std::string_view proc_net_tcp) {
  std::vector<ListeningSocket> sockets;
  while (!proc_net_tcp.empty()) {
    auto line = proc_net_tcp.substr(0, proc_net_tcp.find('\n'));
    proc_net_tcp.remove_prefix(std::min(line.size() + 1, proc_net_tcp.size()));
    next_word(line);  // its number
    const auto local = next_word(line);
    next_word(line);  // the other end
    if (next_word(line) != kListening) continue;
    const auto colon = local.find(':');
    if (colon == std::string_view::npos) continue;
    const auto address = parse_kernel_address(local.substr(0, colon));
    const auto port = parse_hex<std::uint16_t>(local.substr(colon + 1));
    if (address && port) sockets.push_back({*address, *port});
  }
  return sockets;
}

std::vector<ListeningSocket> list_listening_sockets() {
  std::vector<ListeningSocket> sockets;
  for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    const auto listed = parse_listening_sockets(read_table(table));
    sockets.insert(sockets.end(), listed.begin(), listed.end());
  }
  return sockets;
}

awaitable<std::vector<WebServer>> ask_for_pages(Executor executor, Resolver& resolver,
                                                std::vector<ListeningSocket> sockets,
                                                std::vector<std::uint16_t> own_ports) {
  std::vector<WebServer> servers;
  TaskGroup asking(executor);
  for (auto& asked : choose(std::move(sockets), own_ports))
    asking.spawn("listening servers", ask(executor, resolver, std::move(asked), servers));
  co_await asking.join();
  std::sort(servers.begin(), servers.end(),
            [](const auto& a, const auto& b) { return a.address.port < b.address.port; });
  co_return servers;
}

awaitable<std::vector<WebServer>> find_web_servers(Executor executor, Resolver& resolver,
                                                   std::vector<std::uint16_t> own_ports) {
  const auto sockets = list_listening_sockets();
  auto servers = co_await ask_for_pages(executor, resolver, sockets, own_ports);
  co_return servers;
}

}  // namespace hardline::api
