#include "known_nodes.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "hardline/base/host_port.hpp"
#include "hardline/base/log.hpp"
#include "hardline/store/file.hpp"

namespace hardline::dht {
namespace {

constexpr std::size_t kMaxFileSize = 16 * 1024;  // many times what we write
constexpr mode_t kMode = 0600;                   // whom we talk to is nobody's business

std::optional<udp::endpoint> parse_node(std::string_view line) {
  const auto where = HostPort::parse(line);
  if (!where) return std::nullopt;
  AsioError ec;
  const auto address = asio::ip::make_address(where->host, ec);
  if (ec) return std::nullopt;
  return udp::endpoint(address, where->port);
}

std::optional<std::vector<udp::endpoint>> parse_nodes(std::string_view text) {
  std::vector<udp::endpoint> nodes;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;  // cut short
    const auto node = parse_node(text.substr(0, end));
    if (!node) return std::nullopt;
    if (nodes.size() < kMaxKnownNodes) nodes.push_back(*node);
    text.remove_prefix(end + 1);
  }
  return nodes;
}

}  // namespace

std::vector<udp::endpoint> load_known_nodes(const std::filesystem::path& file) {
  const auto text = store::read_small_file(file, kMaxFileSize);
  if (!text && text.error() == std::errc::no_such_file_or_directory) return {};
  auto nodes = text ? parse_nodes(*text) : std::nullopt;
  if (nodes) return std::move(*nodes);
  log::warn("dht: {} is ignored: {}", file.string(), text ? "it is damaged" : text.error().message());
  return {};
}

std::error_code save_known_nodes(const std::filesystem::path& file, const std::vector<udp::endpoint>& nodes) {
  std::string text;
  const auto count = std::min(nodes.size(), kMaxKnownNodes);
  for (std::size_t i = 0; i < count; ++i)
    text += HostPort{nodes[i].address().to_string(), nodes[i].port()}.to_string() + "\n";
  store::NewFile fresh(file);
  if (const auto error = fresh.write(text, kMode)) return error;
  return fresh.replace();
}

}  // namespace hardline::dht
