#include "hardline/dht/dht_proxy.hpp"

#include <fmt/format.h>

#include <array>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/http/date.hpp"

namespace hardline::dht {
namespace {

using std::chrono::system_clock;

/// Octets of one answer to a get: Lookup takes 256 values, which fill far less.
constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;

/// What is heard where a path is not known: the older proxies (restbed) say 404, the newer (RESTinio) 501.
bool is_unknown_path(int status) {
  return status == 404 || status == 405 || status == 501;
}

constexpr std::array kTries = {false, true};  ///< whether it is the second

/// Cuts a stream into lines; of those longer than kMaxProxyLine nothing is kept.
class LineReader {
 public:
  /// Calls `take` with each line that has become complete, without its line feed.
  template <class Take>
  void feed(std::string_view more, Take take) {
    for (;;) {
      const auto end = more.find('\n');
      keep(more.substr(0, end));
      if (end == std::string_view::npos) return;
      finish(take);
      more.remove_prefix(end + 1);
    }
  }

  /// The last line needs no line feed.
  template <class Take>
  void finish(Take take) {
    const auto line = std::exchange(line_, {});
    if (!std::exchange(too_long_, false) && !line.empty()) take(line);
  }

 private:
  void keep(std::string_view text) {
    too_long_ = too_long_ || line_.size() + text.size() > wire::kMaxProxyLine;
    if (too_long_)
      line_.clear();
    else
      line_ += text;
  }

  std::string line_;
  bool too_long_ = false;
};

/// Closes `client` when `lookup` is stopped, as long as this is there.
class StopWith {
 public:
  StopWith(std::shared_ptr<Lookup> lookup, web::HttpClient& client) : lookup_(std::move(lookup)) {
    lookup_->when_stopped([&client] { client.close(); });
  }
  StopWith(const StopWith&) = delete;
  StopWith& operator=(const StopWith&) = delete;
  ~StopWith() { lookup_->when_stopped(nullptr); }

 private:
  std::shared_ptr<Lookup> lookup_;
};

std::string problem_of_status(const web::HttpAnswer& answer) {
  if (answer.status / 100 == 3)
    return fmt::format("it wants to be asked at another address (HTTP status {})", answer.status);
  if (is_unknown_path(answer.status)) return fmt::format("there is no OpenDHT proxy (HTTP status {})", answer.status);
  return fmt::format("it answers with HTTP status {}", answer.status);
}

}  // namespace

/// A client that close() closes.
class DhtProxy::Client : public web::HttpClient {
 public:
  explicit Client(DhtProxy& proxy) : web::HttpClient(proxy.executor_, proxy.resolver_, proxy.server()), proxy_(proxy) {
    proxy_.clients_.insert(this);
    if (proxy_.closed_) close();
  }
  ~Client() { proxy_.clients_.erase(this); }

 private:
  DhtProxy& proxy_;
};

DhtProxy::DhtProxy(Executor executor, Resolver& resolver, NetworkClock& clock, http::Url url)
    : executor_(executor), resolver_(resolver), clock_(clock), url_(std::move(url)) {
  if (url_.tls) tls_ = web::verifying_context();
}

web::HttpServer DhtProxy::server() const {
  return {url_.where, tls_.get()};
}

DhtProxy::Paths DhtProxy::paths_of(const DhtKey& key) const {
  const auto base = url_.path == "/" ? "" : url_.path;
  return {base + "/" + key.hex(), base + "/key/" + key.hex()};
}

awaitable<std::error_code> DhtProxy::get(DhtKey key, std::shared_ptr<Lookup> lookup, Deadline deadline) {
  Client client(*this);
  const StopWith stop_with(lookup, client);
  const web::HttpRequest request;
  const auto paths = paths_of(key);
  const auto answer = co_await begin(client, request, paths, deadline);
  if (!answer) co_return answer.error();
  const auto error = co_await read_values(client, lookup);
  co_return error;
}

awaitable<std::error_code> DhtProxy::put(DhtKey key, std::string value, Deadline deadline) {
  Client client(*this);
  web::HttpRequest request;
  request.method = "POST";
  request.body = wire::format_proxy_put(value);
  const auto paths = paths_of(key);
  const auto answer = co_await begin(client, request, paths, deadline);
  if (!answer) co_return answer.error();
  const auto body = co_await client.read_body(wire::kMaxProxyLine);
  if (!body) co_return failed(body.error(), client.problem());
  if (wire::parse_proxy_value(*body) != value)
    co_return failed(Errc::malformed, "it did not confirm that it took the value");
  was_of_use();
  co_return std::error_code();
}

awaitable<std::error_code> DhtProxy::ask_about_us(Deadline deadline) {
  const auto base = url_.path == "/" ? "" : url_.path;
  const Paths paths{base + "/", base + "/node/info"};
  Client client(*this);
  web::HttpRequest request;
  const bool newer_first = newer_paths_;
  for (const bool second_try : kTries) {
    request.target = newer_first != second_try ? paths.newer : paths.older;
    const auto answer = co_await client.exchange(request, deadline, wire::kMaxProxyLine);
    if (!answer) co_return failed(answer.error(), client.problem());
    heard(*answer);
    const auto info = answer->status == 200 ? wire::parse_proxy_info(answer->body) : std::nullopt;
    if (info) {
      told(*info);
      break;
    }
    if (!second_try) continue;
    if (answer->status != 200) co_return failed(Errc::unexpected_status, problem_of_status(*answer));
    co_return failed(Errc::malformed, "what it says about itself is not what an OpenDHT proxy says");
  }
  co_return std::error_code();
}

void DhtProxy::close() {
  closed_ = true;
  for (auto* client : clients_) client->close();
}

void DhtProxy::note_put_lost(bool lost) {
  status_.loses_puts = lost;
}

/// The answer of this proxy under the path it knows; its status is 200.
awaitable<Result<web::HttpAnswer>> DhtProxy::begin(web::HttpClient& client, web::HttpRequest request, Paths paths,
                                                   Deadline deadline) {
  const bool newer_first = newer_paths_;
  for (const bool second_try : kTries) {
    const bool newer = newer_first != second_try;
    request.target = newer ? paths.newer : paths.older;
    auto answer = co_await client.begin(request, deadline);
    if (!answer) co_return fail(failed(answer.error(), client.problem()));
    heard(*answer);
    if (is_unknown_path(answer->status) && !second_try) continue;
    if (answer->status != 200) co_return fail(failed(Errc::unexpected_status, problem_of_status(*answer)));
    newer_paths_ = newer;
    co_return std::move(answer);
  }
  co_return fail(Errc::unexpected_status);  // for the compiler: the second try has returned
}

awaitable<std::error_code> DhtProxy::read_values(web::HttpClient& client, std::shared_ptr<Lookup> lookup) {
  LineReader lines;
  std::size_t total = 0;
  bool found = false;
  const auto offer = [&](std::string_view line) {
    const auto value = wire::parse_proxy_value(line);
    if (!value) return;
    found = true;
    lookup->offer(*value);
  };
  for (;;) {
    const auto piece = co_await client.read_piece();
    if (!piece && found) was_of_use();  // if it breaks off or stays open now, then not for nothing
    if (!piece && !found) failed(piece.error(), client.problem());
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    total += piece->size();
    if (total > kMaxAnswer) co_return failed(Errc::too_large, "its answer does not end");
    lines.feed(*piece, offer);
  }
  lines.finish(offer);
  if (found) was_of_use();
  if (!knows_nobody_) status_.problem.clear();
  co_return std::error_code();
}

void DhtProxy::heard(const web::HttpAnswer& answer) {
  status_.last_answer = system_clock::now();
  if (answer.field("Age")) return;  // from a cache on the way: its Date is an old one (RFC 9111 section 5.1)
  if (const auto date = http::parse_http_date(answer.field("Date").value_or(""))) clock_.observe(*date);
}

void DhtProxy::told(const wire::ProxyInfo& info) {
  AsioError no_address;
  const auto address = asio::ip::make_address(info.public_address, no_address);
  status_.public_address = no_address ? std::nullopt : std::optional(address);
  knows_nobody_ = info.good_nodes == 0;
  status_.problem = knows_nobody_ ? "its node is alone: it has no contact with any other" : "";
}

void DhtProxy::was_of_use() {
  knows_nobody_ = false;
  status_.problem.clear();
}

std::error_code DhtProxy::failed(std::error_code error, std::string problem) {
  if (error == Errc::cancelled) return error;  // says nothing of the proxy
  log::debug("dht: proxy failed url={} problem=\"{}\"", url_.to_string(), problem);
  status_.problem = std::move(problem);
  return error;
}

}  // namespace hardline::dht
