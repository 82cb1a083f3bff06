#include "hardline/web/http_client.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

#include "hardline/base/ascii.hpp"
#include "hardline/http/answer_reader.hpp"
#include "hardline/http/beast.hpp"
#include "hardline/net/socket_stream.hpp"
#include "hardline/rt/stop.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline::web {
namespace {

namespace bhttp = beast::http;

constexpr auto kStagger = std::chrono::milliseconds(250);  // RFC 8305 section 5, Connection Attempt Delay
constexpr std::size_t kMaxAddresses = 16;                  // of a host; 4 s until the last is tried
constexpr std::size_t kReadSize = 64 * 1024;               // four TLS records, as relays read
constexpr int kTurn = 16;                                  // reads without waiting before others get a turn
constexpr std::size_t kMaxField = 16 * 1024;               // octets of a request's field; Beast throws at 64 KiB

/// IPv6 and IPv4 by turns, in their order, beginning with the family of the first (RFC 8305 section 4).
std::vector<tcp::endpoint> by_turns(std::vector<tcp::endpoint> endpoints) {
  if (endpoints.empty()) return endpoints;
  const bool first_is_v6 = endpoints.front().address().is_v6();
  const auto second_family = std::stable_partition(endpoints.begin(), endpoints.end(),
                                                   [&](const auto& e) { return e.address().is_v6() == first_is_v6; });
  std::vector<tcp::endpoint> ordered;
  auto first = endpoints.begin();
  auto second = second_family;
  while (first != second_family || second != endpoints.end()) {
    if (first != second_family) ordered.push_back(*first++);
    if (second != endpoints.end()) ordered.push_back(*second++);
  }
  ordered.resize(std::min(ordered.size(), kMaxAddresses));
  return ordered;
}

/// Says less about a server than what another of its addresses may say.
bool means_no_path(const AsioError& error) {
  return error == asio::error::network_unreachable || error == asio::error::host_unreachable ||
         error == asio::error::address_family_not_supported;
}

bool is_visible(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

/// Nothing in it ends its line, and so begins another field or request.
bool can_be_sent(const HttpRequest& request) {
  const auto is_word = [](std::string_view text) {
    return !text.empty() && text.size() <= kMaxField && std::all_of(text.begin(), text.end(), is_visible);
  };
  const auto is_line = [](std::string_view text) {
    return text.size() <= kMaxField && text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
  };
  if (!is_word(request.method) || !is_word(request.target) || request.target.front() != '/') return false;
  return std::all_of(request.fields.begin(), request.fields.end(), [&](const auto& field) {
    return is_word(field.first) && field.first.find(':') == std::string::npos && is_line(field.second);
  });
}

std::string serialized(const HttpRequest& request, const HttpServer& server) {
  bhttp::request<bhttp::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(bhttp::field::host, host_field(server));
  message.set(bhttp::field::user_agent, "hardlined/" HARDLINE_VERSION);
  message.set(bhttp::field::connection, "close");
  for (const auto& [name, value] : request.fields) message.insert(name, value);
  if (message.count(bhttp::field::accept) == 0) message.set(bhttp::field::accept, "*/*");
  if (!request.body.empty()) {
    if (message.count(bhttp::field::content_type) == 0) message.set(bhttp::field::content_type, "application/json");
    message.body() = request.body;
  }
  message.prepare_payload();
  std::ostringstream text;
  text << message;
  return text.str();
}

/// SNI and the name that the certificate must have. An address is no SNI (RFC 6066 section 3).
bool expect_name(SSL* ssl, const std::string& host) {
  AsioError not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

SslContextPtr new_context(int verify_mode) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
    throw std::runtime_error("OpenSSL makes no context for https");
  SSL_CTX_set_verify(context.get(), verify_mode, nullptr);
  return context;
}

}  // namespace

std::string host_field(const HttpServer& server) {
  const auto* where = std::get_if<HostPort>(&server.where);
  if (!where) return "localhost";
  auto text = where->to_string();
  if (where->port == (server.tls ? 443 : 80)) text.erase(text.rfind(':'));
  return text;
}

std::optional<std::string_view> HttpAnswer::field(std::string_view name) const {
  const auto wanted = to_lower(name);
  for (const auto& [key, value] : fields)
    if (to_lower(key) == wanted) return value;
  return std::nullopt;
}

SslContextPtr verifying_context() {
  auto context = new_context(SSL_VERIFY_PEER);
  SSL_CTX_set_default_verify_paths(context.get());  // none at all: then nothing is trusted
  ERR_clear_error();
  return context;
}

SslContextPtr unverifying_context() {
  return new_context(SSL_VERIFY_NONE);
}

class HttpClient::Impl {
 public:
  Impl(Executor executor, Resolver& resolver, HttpServer server)
      : executor_(executor),
        resolver_(resolver),
        server_(std::move(server)),
        attempts_(executor),
        watchdog_(executor, [this] { time_out(); }) {}

  awaitable<Result<HttpAnswer>> begin(HttpRequest request, Deadline deadline) {
    reset();
    if (closed_) co_return failed(Errc::cancelled);
    if (!can_be_sent(request)) co_return failed(make_error_code(std::errc::invalid_argument));
    runs_ = true;
    watchdog_.arm(deadline - Clock::now());
    auto error = co_await connect(deadline);
    if (error) co_return failed(error);
    doing_ = "it did not take the request in time";
    const auto text = serialized(request, server_);
    const auto octets = as_octets(text);
    error = co_await write_all(*stream_, octets);
    if (error) co_return failed(error);
    doing_ = "it did not answer in time";
    reader_.emplace(request.method == "HEAD");
    while (!error && !reader_->has_head()) error = co_await read_on();
    if (!reader_->has_head()) co_return failed(error);
    broken_ = error;
    doing_ = "its answer did not end in time";
    co_return HttpAnswer{reader_->status(), std::move(reader_->fields()), {}};
  }

  void extend(Deadline deadline) {
    if (runs_ && !timed_out_) watchdog_.arm(deadline - Clock::now());
  }

  awaitable<Result<std::string>> read_piece() {
    while (!broken_ && reader_ && !reader_->has_content() && !reader_->is_done()) broken_ = co_await read_on();
    if (!reader_) co_return failed(Errc::cancelled);
    if (!reader_->has_content() && broken_) co_return failed(broken_);
    if (!reader_->has_content()) end();
    co_return reader_->take_content();
  }

  awaitable<Result<std::string>> read_body(std::size_t max) {
    std::string body;
    for (;;) {
      const auto piece = co_await read_piece();
      if (!piece) co_return fail(piece.error());
      if (piece->empty()) co_return body;
      if (body.size() + piece->size() > max) co_return failed(Errc::too_large);
      body += *piece;
    }
  }

  awaitable<Result<HttpAnswer>> exchange(HttpRequest request, Deadline deadline, std::size_t max_body) {
    auto answer = co_await begin(std::move(request), deadline);
    if (!answer) co_return answer;
    auto body = co_await read_body(max_body);
    if (!body) co_return fail(body.error());
    answer->body = std::move(*body);
    co_return answer;
  }

  void close() {
    closed_ = true;
    abort();
  }

  const std::string& problem() const { return problem_; }

 private:
  struct Race {
    std::size_t running = 0;  ///< attempts
    std::vector<tcp::socket*> connecting;
    std::optional<tcp::socket> winner;
    AsioError error = asio::error::host_not_found;
    bool failed_once = false;
  };

  void reset() {
    stream_.reset();
    tls_ = nullptr;
    reader_.reset();
    problem_.clear();
    broken_ = {};
    timed_out_ = false;
    stop_.emplace(executor_);
  }

  void end() {
    runs_ = false;
    watchdog_.disarm();
    if (stream_) stream_->close();
  }

  void time_out() {
    timed_out_ = true;
    abort();
  }

  /// Makes whatever waits come back.
  void abort() {
    if (stop_) stop_->request();
    if (stream_) stream_->abort();
  }

  tl::unexpected<std::error_code> failed(std::error_code error) {
    end();
    if (closed_)
      error = Errc::cancelled;
    else if (timed_out_)
      error = Errc::timed_out;
    problem_ = words_for(error);
    return fail(error);
  }

  std::string words_for(const std::error_code& error) const {
    if (error == Errc::timed_out) return doing_;
    if (error == Errc::cancelled) return "nobody waited for its answer";
    if (error == std::error_code(AsioError(asio::error::host_not_found)))
      return "its name has no address, or no name server answers";
    if (error == std::errc::connection_refused) return "it refuses connections";
    if (error == std::errc::invalid_argument) return "a request cannot be written that way";
    if (error == Errc::certificate_untrusted)
      return std::string("its certificate is not trusted: ") +
             X509_verify_cert_error_string(SSL_get_verify_result(tls_->ssl()));
    if (error == Errc::tls_failed) return "TLS with it failed: " + tls_->failure();
    if (error == Errc::malformed) return "its answer is not HTTP/1.1";
    if (error == Errc::too_large) return "its answer is too long";
    if (error == Errc::truncated) return "the connection was cut before the end of its answer";
    if (error == Errc::peer_closed) return "it closed the connection without an answer";
    return "the connection failed: " + error.message();
  }

  awaitable<std::error_code> connect(Deadline deadline) {
    if (const auto* path = std::get_if<UnixPath>(&server_.where)) {
      doing_ = "it did not accept the connection in time";
      const auto error = co_await connect_to_path(path->path);
      co_return error;
    }
    const auto& where = std::get<HostPort>(server_.where);
    doing_ = "no name server answered in time";
    const auto endpoints = co_await resolver_.resolve(where, deadline - Clock::now(), &*stop_);
    if (!endpoints) co_return endpoints.error();
    doing_ = "it did not accept the connection in time";
    Race race;
    auto ordered = by_turns(*endpoints);
    co_await run(race, std::move(ordered));
    if (stop_->requested()) co_return Errc::cancelled;
    if (!race.winner) co_return race.error;
    if (!server_.tls) {
      stream_ = std::make_unique<SocketStream>(std::move(*race.winner));
      co_return std::error_code();
    }
    doing_ = "TLS did not come about in time";
    const auto error = co_await secure(std::move(*race.winner), where.host);
    co_return error;
  }

  awaitable<std::error_code> connect_to_path(std::string path) {
    if (path.size() >= sizeof(sockaddr_un::sun_path)) co_return make_error_code(std::errc::filename_too_long);
    StreamSocket socket(executor_);
    AsioError error;
    const StreamSocket::endpoint_type endpoint{asio::local::stream_protocol::endpoint(path)};
    co_await socket.async_connect(endpoint, redirect_error(use_awaitable, error));
    if (!error) stream_ = std::make_unique<SocketStream>(std::move(socket));
    co_return error;
  }

  /// Connects to `endpoints`, each a while after the one before it, until one connection stands.
  awaitable<void> run(Race& race, std::vector<tcp::endpoint> endpoints) {
    auto next = endpoints.begin();
    auto next_begins = Clock::now();
    while (!race.winner && !stop_->requested()) {
      const bool more = next != endpoints.end();
      if (more && (race.running == 0 || Clock::now() >= next_begins)) {
        ++race.running;
        attempts_.spawn("http: connect", attempt(race, *next++));
        next_begins = Clock::now() + kStagger;
        continue;
      }
      if (!more && race.running == 0) break;
      const auto until = more ? next_begins : Clock::time_point::max();
      co_await stop_->changed.wait_until(until);
    }
    AsioError ignored;
    for (auto* socket : race.connecting) socket->close(ignored);
    co_await attempts_.join();
  }

  awaitable<void> attempt(Race& race, tcp::endpoint endpoint) {
    tcp::socket socket(executor_);
    AsioError error;
    race.connecting.push_back(&socket);
    co_await socket.async_connect(endpoint, redirect_error(use_awaitable, error));
    std::erase(race.connecting, &socket);
    if (!error && !race.winner) race.winner = std::move(socket);
    if (error && (!race.failed_once || means_no_path(race.error))) race.error = error;
    race.failed_once = race.failed_once || error;
    --race.running;
    stop_->changed.notify();
  }

  awaitable<std::error_code> secure(tcp::socket socket, std::string host) {
    auto stream = std::make_unique<TlsStream>(std::move(socket), server_.tls);
    tls_ = stream.get();
    stream_ = std::move(stream);
    SSL_set_connect_state(tls_->ssl());  // it is made as a server's end
    if (!expect_name(tls_->ssl(), host)) co_return make_error_code(Errc::tls_failed);
    const auto error = co_await tls_->handshake();
    const bool verifies = SSL_get_verify_mode(tls_->ssl()) != SSL_VERIFY_NONE;
    if (error && verifies && SSL_get_verify_result(tls_->ssl()) != X509_V_OK) co_return Errc::certificate_untrusted;
    co_return error;
  }

  /// Waits for more of the answer, and takes it apart.
  awaitable<std::error_code> read_on() {
    if (++reads_ % kTurn == 0) co_await asio::post(executor_, use_awaitable);
    auto error = read_what_has_come();
    while (error == would_block()) {
      error = co_await stream_->readable();
      if (!error) error = read_what_has_come();
    }
    co_return error;
  }

  std::error_code read_what_has_come() {
    // Not kept while somebody waits: an idle client holds none.
    const auto buffer = std::make_unique_for_overwrite<std::array<std::byte, kReadSize>>();
    const auto got = stream_->read_now(*buffer);
    if (!got && got.error() == std::errc::connection_reset && reader_->got_some()) return Errc::truncated;
    if (!got) return got.error();
    const std::string_view octets(reinterpret_cast<const char*>(buffer->data()), *got);
    return octets.empty() ? reader_->end() : reader_->feed(octets);
  }

  Executor executor_;
  Resolver& resolver_;
  HttpServer server_;
  std::optional<Stop> stop_;  ///< of the exchange that runs
  TaskGroup attempts_;        ///< empty but while it connects
  std::unique_ptr<ByteStream> stream_;
  TlsStream* tls_ = nullptr;  ///< stream_, where it is TLS
  std::optional<http::AnswerReader> reader_;
  std::error_code broken_;  ///< how the answer broke off, for when what had come of it was taken
  const char* doing_ = "";  ///< what did not come to an end, when the deadline passes
  std::string problem_;
  unsigned reads_ = 0;
  bool runs_ = false;  ///< an exchange
  bool timed_out_ = false;
  bool closed_ = false;
  Watchdog watchdog_;
};

HttpClient::HttpClient(Executor executor, Resolver& resolver, HttpServer server)
    : impl_(std::make_unique<Impl>(executor, resolver, std::move(server))) {}

HttpClient::~HttpClient() = default;

awaitable<Result<HttpAnswer>> HttpClient::begin(HttpRequest request, Deadline deadline) {
  return impl_->begin(std::move(request), deadline);
}

void HttpClient::extend(Deadline deadline) {
  impl_->extend(deadline);
}

awaitable<Result<std::string>> HttpClient::read_piece() {
  return impl_->read_piece();
}

awaitable<Result<std::string>> HttpClient::read_body(std::size_t max) {
  return impl_->read_body(max);
}

awaitable<Result<HttpAnswer>> HttpClient::exchange(HttpRequest request, Deadline deadline, std::size_t max_body) {
  return impl_->exchange(std::move(request), deadline, max_body);
}

void HttpClient::close() {
  impl_->close();
}

const std::string& HttpClient::problem() const {
  return impl_->problem();
}

}  // namespace hardline::web
