#include "upstream_client.hpp"

#include <algorithm>
#include <charconv>

#include "hardline/base/ascii.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/http/cacheability.hpp"
#include "hardline/http/url.hpp"

namespace hardline::cache {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kOutageLogPeriod = std::chrono::minutes(1);
constexpr auto kRest = std::chrono::seconds(5);  // a page's twenty files shall not each wait for one that is off

std::optional<std::uint64_t> content_length(const http::HeaderFields& fields) {
  const auto text = http::find_field(fields, "Content-Length");
  if (!text || http::find_field(fields, "Transfer-Encoding")) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return length;
}

}  // namespace

Exchange::Exchange(UpstreamClient& upstream, std::unique_ptr<web::HttpClient> client)
    : upstream_(upstream), client_(std::move(client)) {
  upstream_.running_.insert(client_.get());
}

Exchange::~Exchange() {
  upstream_.running_.erase(client_.get());
}

awaitable<Result<std::string>> Exchange::read() {
  if (!unread_.empty()) co_return std::exchange(unread_, {});
  client_->extend(Clock::now() + UpstreamClient::kIdleLimit);
  auto piece = co_await client_->read_piece();
  if (!piece || piece->empty()) co_return piece;
  upstream_.quota_.take(piece->size(), Clock::now());
  const auto until = Clock::now() + upstream_.quota_.delay(Clock::now());
  client_->extend(until + UpstreamClient::kHeldLimit);
  while (!upstream_.closed_ && Clock::now() < until) co_await upstream_.closing_.wait_until(until);
  co_return piece;
}

void Exchange::unread(std::string octets) {
  unread_ = std::move(octets) + unread_;
}

UpstreamClient::UpstreamClient(Executor executor, Resolver& resolver, const Upstream& upstream,
                               std::uint64_t octets_per_hour)
    : executor_(executor),
      resolver_(resolver),
      quota_(octets_per_hour, Clock::now()),
      outages_(kOutageLogPeriod),
      closing_(executor) {
  if (upstream.tls) tls_ = upstream.verify ? web::verifying_context() : web::unverifying_context();
  server_ = {upstream.where, tls_.get()};
}

awaitable<tl::expected<std::unique_ptr<Exchange>, UpstreamProblem>> UpstreamClient::ask(std::string method,
                                                                                        std::string target,
                                                                                        http::HeaderFields fields,
                                                                                        Clock::duration limit) {
  auto exchange = std::make_unique<Exchange>(*this, std::make_unique<web::HttpClient>(executor_, resolver_, server_));
  if (closed_) exchange->client_->close();
  web::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.fields = std::move(fields);
  const auto deadline = Clock::now() + limit;
  auto answer = co_await exchange->client_->begin(std::move(request), deadline);
  if (!answer) {
    if (!std::exchange(down_, true) && !closed_) tell_of_outage(exchange->client_->problem());
    rest_until_ = Clock::now() + kRest;
    co_return tl::unexpected(UpstreamProblem{answer.error(), exchange->client_->problem()});
  }
  down_ = false;
  if (std::exchange(outage_told_, false)) log::info("cache: {} answers again", to_string(server_.where));
  exchange->status = answer->status;
  exchange->length = content_length(answer->fields);
  for (const auto& [name, value] : answer->fields) {
    if (http::is_hop_by_hop(name, answer->fields)) continue;
    const auto lower = to_lower(name);
    if (lower == "content-length") continue;
    exchange->fields.emplace_back(name, lower == "location" ? without_own_authority(value) : value);
  }
  co_return exchange;
}

bool UpstreamClient::takes_turn_to_ask() {
  const auto now = Clock::now();
  if (now < rest_until_) return false;
  rest_until_ = now + kRest;  // how long the answer may take
  return true;
}

/// A stranger who knows a page that makes the server break off can have it down and up again as often as they ask.
void UpstreamClient::tell_of_outage(std::string_view problem) {
  const auto more = outages_.admit();
  if (more) log::warn("cache: {} does not answer: {} more={}", to_string(server_.where), problem, *more);
  outage_told_ = more.has_value();
}

/// A redirect within the server names it by an address that visitors do not have.
std::string UpstreamClient::without_own_authority(std::string_view location) const {
  const auto* address = std::get_if<HostPort>(&server_.where);
  const auto where = address ? *address : HostPort{"localhost", 80};
  const auto scheme_end = location.find("://");
  if (scheme_end == std::string_view::npos) return std::string(location);
  const auto path_at = std::min(location.find_first_of("/?#", scheme_end + 3), location.size());
  const auto url = http::Url::parse(location.substr(0, path_at));
  const auto path = location.substr(path_at);
  const bool is_own = url && url->where.port == where.port && to_lower(url->where.host) == to_lower(where.host);
  if (!is_own || path.starts_with("//")) return std::string(location);
  return path.starts_with('/') ? std::string(path) : "/" + std::string(path);
}

void UpstreamClient::close() {
  closed_ = true;
  closing_.notify();
  for (auto* client : running_) client->close();
}

}  // namespace hardline::cache
