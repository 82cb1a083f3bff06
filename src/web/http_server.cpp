#include "hardline/web/http_server.hpp"

#include <array>
#include <stdexcept>

#include "hardline/base/log.hpp"
#include "hardline/http/chunks.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/rt/watchdog.hpp"
#include "hardline/web/json_response.hpp"
#include "http_messages.hpp"

namespace hardline::web {
namespace {

/// Octets read at once: a request is rarely larger.
constexpr std::size_t kReadSize = 4096;
/// Of what comes while an answer goes on, which nobody wants; whoever sends more is taken for gone.
constexpr std::size_t kMaxUnasked = 64 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class Connection final : public Exchange {
 public:
  Connection(Executor executor, ByteStream& stream, std::string early, HttpHandler& handler, HttpLimits limits)
      : executor_(executor),
        stream_(stream),
        received_(std::move(early)),
        handler_(handler),
        limits_(limits),
        watcher_(executor),
        news_(executor),
        watchdog_(executor, [this] { time_out(); }) {}

  awaitable<void> run() {
    bool again = true;
    while (again) {
      const bool complete = co_await read_request();
      if (complete)
        again = co_await answer();
      else
        again = false;
      // Whoever sends request upon request without a pause does not keep others waiting.
      co_await asio::post(executor_, use_awaitable);
    }
    if (answered_ == By::other_hands) co_return;
    if (gone_)
      stream_.close();
    else
      co_await linger_and_close(stream_);
  }

  const Request& request() const override { return parser_->request(); }

  awaitable<void> respond(const Response& response) override {
    answer_by(By::response);
    Response fault;
    const Response* sent = &response;
    if (!can_be_sent(response)) sent = &(fault = unsendable());
    auto text = write_head(*sent, Framing::length, !keeps_alive_);
    if (request().method != "HEAD" && !has_no_body(sent->status)) text += sent->body;
    co_await write(text);
  }

  awaitable<bool> begin(const Response& response) override {
    if (!can_be_sent(response)) {
      const auto fault = unsendable();
      co_await respond(fault);
      co_return false;
    }
    answer_by(By::pieces);
    keeps_alive_ = false;
    const auto head = write_head(response, in_chunks() ? Framing::chunks : Framing::until_end, true);
    const bool taken = co_await write(head);
    if (request().method == "HEAD") {
      answered_ = By::response;
      over_ = true;
    } else if (taken) {
      watcher_.spawn("http: watching for the other side's end", watch());
    }
    co_return !is_over();
  }

  awaitable<bool> send(std::string_view piece) override {
    if (piece.empty() || is_over()) co_return !is_over();
    if (answered_ != By::pieces) throw std::logic_error("send() without begin()");
    if (in_chunks()) {
      const auto chunk = http::write_chunk(piece);
      co_await write(chunk);
    } else {
      co_await write(piece);
    }
    co_return !is_over();
  }

  bool is_over() const override { return over_ || gone_; }
  Event& news() override { return news_; }

  awaitable<std::optional<Taken>> take_over(std::string_view protocol) override {
    if (!asks_for_protocol(request(), protocol)) throw std::logic_error("the request asked for no other protocol");
    answer_by(By::other_hands);
    const auto head =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + std::string(protocol) + "\r\n\r\n";
    const bool taken = co_await write(head);
    if (!taken) {
      answered_ = By::response;
      co_return std::nullopt;
    }
    std::optional<Taken> connection(Taken{stream_, std::move(received_)});
    co_return connection;
  }

 private:
  enum class By { nobody, response, pieces, other_hands };

  bool in_chunks() const { return !parser_->is_http10(); }

  void answer_by(By how) {
    if (answered_ != By::nobody) throw std::logic_error("a request was answered twice");
    answered_ = how;
  }

  static Response unsendable() {
    log::error("http: an answer has a field that cannot be sent");
    return error_response(500, "internal", "The daemon made an answer that cannot be sent. Its log says more.");
  }

  /// Whether there is one to answer. What is no request was answered here.
  awaitable<bool> read_request() {
    parser_.emplace(limits_);
    answered_ = By::nobody;
    bool begun = !received_.empty();
    bool continued = false;
    watchdog_.arm(begun ? limits_.transfer : limits_.idle);
    for (;;) {
      received_.erase(0, parser_->feed(received_));
      if (parser_->is_done()) break;
      if (const auto& refusal = parser_->refusal()) {
        co_await refuse(*refusal);
        co_return false;
      }
      if (parser_->expects_continue() && !std::exchange(continued, true)) {
        const auto word = as_octets(kContinue);
        co_await write_all(stream_, word);
      }
      const bool more = co_await read_more();
      if (timed_out_ && begun) {
        const auto refusal = error_response(408, "timed_out", "The request did not arrive in time.");
        co_await refuse(refusal);
        co_return false;
      }
      if (timed_out_ || !more) {
        gone_ = true;
        co_return false;
      }
      if (!std::exchange(begun, true)) watchdog_.arm(limits_.transfer);
    }
    watchdog_.disarm();
    co_return true;
  }

  /// False at the end of the stream, when it failed, and when time is up.
  awaitable<bool> read_more() {
    std::array<std::byte, kReadSize> chunk;
    while (!timed_out_) {
      const auto got = stream_.read_now(chunk);
      if (got) {
        received_.append(reinterpret_cast<const char*>(chunk.data()), *got);
        co_return *got > 0;
      }
      if (got.error() != would_block()) co_return false;
      const auto error = co_await stream_.readable();
      if (error) co_return false;
    }
    co_return false;
  }

  awaitable<void> refuse(const Response& refusal) {
    timed_out_ = false;
    answered_ = By::response;
    auto text = write_head(refusal, Framing::length, true);
    if (request().method != "HEAD") text += refusal.body;
    co_await write(text);
  }

  /// Whether another request may follow.
  awaitable<bool> answer() {
    keeps_alive_ = parser_->keeps_alive();
    bool failed = false;
    try {
      co_await handler_.handle(*this);
    } catch (const std::exception& e) {
      failed = true;
      log::error("http: a request could not be answered: {}", e.what());
    }
    if (answered_ == By::nobody) {
      const auto fault = error_response(500, "internal", "The daemon could not answer this. Its log says why.");
      co_await respond(fault);
    } else if (answered_ == By::pieces) {
      co_await end_pieces(!failed);
    } else if (answered_ == By::other_hands && failed) {
      stream_.abort();
    }
    co_return answered_ == By::response&& keeps_alive_ && !gone_;
  }

  awaitable<void> end_pieces(bool properly) {
    if (properly && !is_over() && in_chunks()) co_await write(http::kLastChunk);
    if (!properly) stream_.abort();
    gone_ = gone_ || !properly || over_;
    ended_ = true;
    stream_.interrupt();
    co_await watcher_.join();
  }

  /// Reads what nobody asked for, until the stream ends or the answer does.
  awaitable<void> watch() {
    std::array<std::byte, 512> unasked;
    std::size_t total = 0;
    while (!ended_ && total <= kMaxUnasked) {
      const auto got = stream_.read_now(unasked);
      if (got && *got == 0) break;
      if (got) total += *got;
      if (!got && got.error() != would_block()) break;
      if (got) continue;
      const auto error = co_await stream_.readable();
      if (error && error != std::error_code(AsioError(asio::error::operation_aborted))) break;
    }
    if (ended_) co_return;
    over_ = true;
    news_.notify();
  }

  /// False where nobody takes it any more.
  awaitable<bool> write(std::string_view text) {
    writing_ = true;
    watchdog_.arm(limits_.transfer);
    const auto octets = as_octets(text);
    const auto error = co_await write_all(stream_, octets);
    watchdog_.disarm();
    writing_ = false;
    if (error) gone_ = true;
    co_return !gone_;
  }

  void time_out() {
    timed_out_ = true;
    // Whoever did not send is told so; who does not read cannot be.
    if (writing_)
      stream_.abort();
    else
      stream_.interrupt();
  }

  Executor executor_;
  ByteStream& stream_;
  std::string received_;  ///< and not read as a request yet
  HttpHandler& handler_;
  const HttpLimits limits_;
  std::optional<RequestParser> parser_;
  By answered_ = By::nobody;
  bool keeps_alive_ = true;
  bool writing_ = false;
  bool timed_out_ = false;
  bool gone_ = false;   ///< nothing more can be said to the other side
  bool over_ = false;   ///< the other side has ended while an answer went on
  bool ended_ = false;  ///< the answer that went on has
  TaskGroup watcher_;
  Event news_;
  Watchdog watchdog_;
};

}  // namespace

awaitable<void> serve_http(Executor executor, ByteStream& stream, std::string early, HttpHandler& handler,
                           HttpLimits limits) {
  Connection connection(executor, stream, std::move(early), handler, limits);
  co_await connection.run();
}

}  // namespace hardline::web
