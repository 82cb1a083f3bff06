// Whatever a proxy says is understood or refused; what we say is understood as it was meant.
#include <arpa/inet.h>

#include "fuzz.hpp"
#include "hardline/wire/dht_proxy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hardline::fuzz::require;
  using namespace hardline::wire;
  const auto input = hardline::fuzz::as_text(data, size);
  if (const auto value = parse_proxy_value(input)) {
    require(value->size() < size, "a value is shorter than its line");
    require(parse_proxy_value(format_proxy_put(*value)) == value, "a value reads the same after it was written");
  }
  if (const auto info = parse_proxy_info(input); info && !info->public_address.empty()) {
    in6_addr address;
    require(inet_pton(AF_INET, info->public_address.c_str(), &address) == 1 ||
                inet_pton(AF_INET6, info->public_address.c_str(), &address) == 1,
            "an address is one");
  }
  const auto put = format_proxy_put(input);
  require(put.find('\n') == std::string::npos, "a put is one line");
  require(put.size() > kMaxProxyLine || parse_proxy_value(put) == input, "a value of our own can be read");
  return 0;
}
