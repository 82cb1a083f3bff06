// A list holds only what can be dialled, is bounded, and reads the same after it was written.
#include "fuzz.hpp"
#include "hardline/wire/hosts_list.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hardline::fuzz::require;
  const auto hosts = hardline::wire::parse_hosts_list(hardline::fuzz::as_text(data, size));
  require(hosts.size() <= hardline::wire::kMaxHosts, "a list is bounded");
  for (const auto& host : hosts) {
    require(!host.host.empty() && host.host.size() <= 253, "a host has a name");
    require(host.port != 0, "a host has a port");
    for (char c : host.host) require(c > ' ' && c <= '~' && c != ',' && c != '/', "a host is visible ASCII");
    require(hardline::HostPort::parse(host.to_string()) == host, "an entry reads the same after it was written");
  }
  require(hardline::wire::parse_hosts_list(hardline::wire::format_hosts_list(hosts)) == hosts,
          "a list reads the same after it was written");
  return 0;
}
