#include "meant.hpp"

#include <fmt/format.h>

#include "ask.hpp"
#include "hardline/base/ascii.hpp"
#include "hardline/base/text.hpp"
#include "hardline/daemon/forward_setting.hpp"

namespace hardline::cli {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kThisComputer = "localhost";
constexpr std::size_t kMaxUnixPath = 107;  // octets (unix(7): sun_path, less its final NUL)

bool takes_prefix(std::string_view& text, std::string_view prefix) {
  if (to_lower(text.substr(0, prefix.size())) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

store::MeantService parse_meant_service(const std::string& word) {
  if (auto service = store::parse_meant(word)) return *std::move(service);
  throw UsageError(fmt::format(
      "\"{}\" is not a service: give the name it is pinned under (see `hardlined names`), its own name, which "
      "ends in 40 digits from 0-9 and a-f, or its whole address",
      visible_text(word)));
}

std::string name_of(const store::MeantService& service) {
  const auto* name = std::get_if<Petname>(&service);
  return name ? name->text() : std::get<ServiceName>(service).label();
}

std::string public_name_of(const store::MeantService& service) {
  const auto* name = std::get_if<Petname>(&service);
  return name ? name->text() : std::get<ServiceName>(service).key.hex();
}

std::string url_of(const store::MeantService& service, std::uint16_t local_port) {
  const auto* name = std::get_if<Petname>(&service);
  return name ? fmt::format("http://{}.localhost:{}/", name->text(), local_port)
              : std::get<ServiceName>(service).url(local_port);
}

Petname parse_meant_petname(const std::string& word) {
  auto name = Petname::parse(word);
  if (!name) throw UsageError(fmt::format("\"{}\" cannot be a name: it {}", visible_text(word), name.error()));
  return std::move(*name);
}

OriginAddress parse_meant_origin(const std::string& word) {
  std::string_view rest = word;
  if (takes_prefix(rest, kUnix)) {
    if (rest.empty() || rest.front() != '/' || rest.size() > kMaxUnixPath)
      throw UsageError(fmt::format("\"{}\": the path of a Unix socket begins with / and has at most {} octets",
                                   visible_text(word), kMaxUnixPath));
    return UnixPath{std::string(rest)};
  }
  if (const auto port = parse_port(rest)) return HostPort{std::string(kThisComputer), *port};
  if (takes_prefix(rest, kHttp) && !rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (const auto address = HostPort::parse(rest)) return *address;
  throw UsageError(fmt::format(
      "\"{}\" is not a service's address: give HOST:PORT, a PORT on this computer, or a socket as unix:/path",
      visible_text(word)));
}

HostPort parse_meant_listener(const std::string& word) {
  if (auto local = daemon::parse_local_port(word)) return *std::move(local);
  throw UsageError(fmt::format(
      "\"{}\" is not an address to listen on: give a PORT, ADDRESS:PORT, or *:PORT for all addresses of this "
      "computer; port 0 picks a free one",
      visible_text(word)));
}

}  // namespace hardline::cli
