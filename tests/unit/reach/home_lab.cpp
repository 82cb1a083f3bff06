#include "reach/home_lab.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace hardline::test {
namespace {

using namespace std::chrono_literals;

constexpr char kMiniupnpd[] = "/usr/sbin/miniupnpd";

constexpr char kTables[] = R"(
table inet miniupnpd
delete table inet miniupnpd
table inet miniupnpd {
  chain forward { type filter hook forward priority -1; policy accept; }
  chain prerouting { type nat hook prerouting priority -100; policy accept; }
  chain postrouting { type nat hook postrouting priority 99; policy accept; }
}
)";

constexpr char kConfiguration[] = R"(
ext_ifname=wan
listening_ip=lan
listening_ip=lan2
http_port=5000
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
uuid=11111111-2222-3333-4444-555555555555
upnp_table_name=miniupnpd
upnp_nat_table_name=miniupnpd
upnp_forward_chain=forward
upnp_nat_chain=prerouting
upnp_nat_postrouting_chain=postrouting
)";

constexpr char kRules[] = R"(
allow 1024-65535 10.0.0.0/8 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
)";

void shell(const NetworkNamespace& network, const std::string& command) {
  network.run([&] {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  });
}

}  // namespace

std::optional<std::string> HomeLab::missing() {
  if (access(kMiniupnpd, X_OK) != 0) return std::string("no ") + kMiniupnpd;
  if (std::system("nft --version >/dev/null 2>&1") != 0) return "no `nft` program (nftables)";
  if (auto reason = leave_the_real_network()) return reason;
  const NetworkNamespace network;
  try {
    shell(network, "nft add table inet probe 2>/dev/null");
  } catch (const std::runtime_error&) {
    return "no nftables in a network namespace";
  }
  return std::nullopt;
}

HomeLab::HomeLab() {
  std::string pattern = (std::filesystem::temp_directory_path() / "home-lab-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  // Else IPv6 addresses can be used only a second or two after their links came up.
  for (const auto* network : {&home, &router}) shell(*network, "sysctl -qw net.ipv6.conf.default.accept_dad=0");
  connect(home, "10.1.0.11/24", router, "10.1.0.1/24", "lan");
  connect(neighbour, "10.2.0.11/24", router, "10.2.0.1/24", "lan2");
  connect(outside, "11.0.0.10/24", router, "11.0.0.1/24", "wan");
  home.ip("-6 addr add 2001:470:1::11/64 dev lan nodad");
  router.ip("-6 addr add 2001:470:1::1/64 dev lan nodad");
  // miniupnpd names one of its addresses to all its networks, and does no IPv6 where one of them has none.
  router.ip("-6 addr add 2001:470:1:2::1/64 dev lan2 nodad");
  home.ip("route add default via 10.1.0.1");
  home.ip("-6 route add default via 2001:470:1::1");
  neighbour.ip("route add default via 10.2.0.1");
  shell(router, "sysctl -qw net.ipv4.ip_forward=1");
}

HomeLab::~HomeLab() {
  cut_miniupnpd();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void HomeLab::start_miniupnpd(const std::string& more) {
  std::ofstream(file("nft")) << kTables;
  shell(router, "nft -f " + file("nft"));
  std::ofstream(file("conf")) << kConfiguration << more << kRules;
  const auto configuration = file("conf"), pid = file("pid"), log = file("log");
  miniupnpd_ = fork();
  if (miniupnpd_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    router.enter();
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execl(kMiniupnpd, kMiniupnpd, "-f", configuration.c_str(), "-d", "-P", pid.c_str(), nullptr);
    _exit(127);
  }
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (!serves()) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("miniupnpd does not serve");
    std::this_thread::sleep_for(20ms);
  }
}

/// NAT-PMP, which it opens last: a request for its address is answered.
bool HomeLab::serves() const {
  bool answered = false;
  home.run([&] {
    asio::io_context io;
    udp::socket socket(io, udp::v4());
    AsioError error;
    socket.connect({asio::ip::make_address("10.1.0.1"), 5351}, error);
    socket.send(asio::buffer("\0", 2), 0, error);
    char answer[16];
    socket.async_receive(asio::buffer(answer), [&](const AsioError& failed, std::size_t) { answered = !failed; });
    io.run_for(200ms);
  });
  return answered;
}

void HomeLab::cut_miniupnpd() {
  if (miniupnpd_ < 0) return;
  kill(miniupnpd_, SIGKILL);
  waitpid(miniupnpd_, nullptr, 0);
  miniupnpd_ = -1;
  shell(router, "nft -f " + file("nft"));
}

std::string HomeLab::rules() const {
  shell(router, "nft list table inet miniupnpd >" + file("rules"));
  std::ifstream rules(file("rules"));
  return {std::istreambuf_iterator<char>(rules), {}};
}

bool can_connect(const NetworkNamespace& network, const std::string& address, std::uint16_t port) {
  bool connected = false;
  network.run([&] {
    asio::io_context io;
    tcp::socket socket(io);
    const tcp::endpoint endpoint(asio::ip::make_address(address), port);
    socket.async_connect(endpoint, [&](const AsioError& error) { connected = !error; });
    io.run_for(1s);
  });
  return connected;
}

}  // namespace hardline::test
