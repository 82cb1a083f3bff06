#include "hardline/wire/hosts_list.hpp"

#include "hardline/base/ascii.hpp"

namespace hardline::wire {

std::vector<HostPort> parse_hosts_list(std::string_view text) {
  std::vector<HostPort> hosts;
  while (!text.empty() && hosts.size() < kMaxHosts)
    if (auto host = HostPort::parse(trim(take_until(text, ',')))) hosts.push_back(*std::move(host));
  return hosts;
}

std::string format_hosts_list(std::span<const HostPort> hosts) {
  std::string text;
  for (const auto& host : hosts) {
    if (!text.empty()) text += ',';
    text += host.to_string();
  }
  return text;
}

}  // namespace hardline::wire
