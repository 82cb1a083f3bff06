// A URL names a server that can be asked, and reads the same after it was written.
#include "fuzz.hpp"
#include "hardline/http/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hardline::fuzz::require;
  using hardline::http::Url;
  const auto url = Url::parse(hardline::fuzz::as_text(data, size));
  if (!url) return 0;
  require(!url->where.host.empty() && url->where.host.size() <= 253 && url->where.port != 0, "a URL names a server");
  for (char c : url->where.host) require(c > ' ' && c <= '~' && c != '/' && c != '@', "a host is a host");
  require(url->path.starts_with('/'), "a path begins with a slash");
  require(url->path == "/" || !url->path.ends_with('/'), "a path ends without a slash");
  for (char c : url->path) require(c > ' ' && c <= '~' && c != '?' && c != '#', "a path can be sent in a request line");
  require(Url::parse(url->to_string()) == url, "a URL reads the same after it was written");
  return 0;
}
