// A client's connection as one place sees it to which requests on it lead: a service, or the dashboard. Each request's
// head is looked at before any of it goes on, and what leads elsewhere is held back until all before it is answered. So
// a reverse proxy's connection may carry requests for several services, and a page of another site cannot use one that
// an innocent page has opened.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "hardline/http/answer_meter.hpp"
#include "hardline/http/content_meter.hpp"
#include "hardline/http/request_head.hpp"
#include "hardline/net/byte_stream.hpp"

namespace hardline::door {

/// Octets pass unchanged both ways. What is no request, and what does not tell how long its content is, leads
/// elsewhere, too. Where content has no end that could be told, reading fails. Behind an upgrade that was answered by a
/// 101, all passes.
class RoutedRequests final : public ByteStream {
 public:
  using LeadsHere = std::function<bool(const http::RequestHead&)>;

  enum class Elsewhere {
    waits,   ///< it is held back
    is_cut,  ///< reading fails
  };

  /// `client` outlives this; `leads_here` is asked of each request in origin-form.
  RoutedRequests(ByteStream& client, LeadsHere leads_here, Elsewhere elsewhere = Elsewhere::waits);

  /// Called, at most once, when is_over() becomes true.
  void when_over(std::function<void()> done) { done_ = std::move(done); }

  /// The first request, which leads here, has gone on; `behind` is what has come behind its head. What of that may go
  /// on at once.
  std::string start(const http::RequestHead& head, const http::ForwardedHead& framing, std::string behind);
  /// The same without a first request.
  std::string start(std::string behind);

  /// A request that leads elsewhere waits, and no answer is to come any more, or none whose end could be told. Reading
  /// then ends, what is written is lost, and close() leaves the client's connection open.
  bool is_over() const { return is_over_; }
  /// When it is over: whether the waiting request can be answered. Else the client was told that its connection ends,
  /// or could take that answer for another's.
  bool may_go_on() const { return may_go_on_; }

  /// The request that waits, and its octets with all that has come behind them.
  struct Next {
    tl::expected<http::RequestHead, http::HeadError> head;
    std::string octets;
  };
  Next next() { return {std::move(*next_), std::move(unpassed_)}; }

  awaitable<std::error_code> readable() override;
  Result<std::size_t> read_now(std::span<std::byte> buffer) override;
  awaitable<std::error_code> writable() override { return client_.writable(); }
  Result<std::size_t> write_now(std::span<const std::byte> data) override;
  /// What waits is then thrown away, as is all that comes: left unread, it would have the connection end with a reset,
  /// which can overtake the answer.
  awaitable<void> end_writing() override;
  awaitable<void> failed() override { return client_.failed(); }
  void interrupt() override;
  void close() override;
  void abort() override { client_.abort(); }
  void check_path() override { client_.check_path(); }

 private:
  bool is_content_over() const;
  bool is_waiting() const;
  bool settle_upgrade();
  void begin(const http::RequestHead& head, const http::ForwardedHead& framing);
  std::size_t walk(std::string_view octets);
  std::size_t walk_head(std::string_view octets);
  std::size_t walk_content(std::string_view octets);
  void hold(tl::expected<http::RequestHead, http::HeadError> next);
  void walk_unpassed();
  Result<std::size_t> read_on(std::span<std::byte> buffer);
  Result<std::size_t> give(std::span<std::byte> buffer);
  Result<std::size_t> discard(std::span<std::byte> buffer);
  void end_if_answered(bool just_held);

  ByteStream& client_;
  LeadsHere leads_here_;
  const Elsewhere elsewhere_;
  std::function<void()> done_;

  std::optional<http::ContentMeter> content_;  ///< of the present request
  http::RequestHeadReader reader_;
  std::size_t looked_at_ = 0;  ///< octets of the present head that reader_ has
  std::string unpassed_;       ///< a head in part, or what waits
  std::string outgoing_;       ///< what may go on
  bool asks_upgrade_ = false;  ///< the present request does: what follows waits for its answer
  bool is_opaque_ = false;     ///< what comes is no HTTP
  std::error_code failure_;    ///< of reading
  std::optional<tl::expected<http::RequestHead, http::HeadError>> next_;

  http::AnswerMeter answers_;
  std::size_t to_write_ = 0;  ///< octets that answers_ has, and the client has not
  bool has_ended_writing_ = false;
  bool is_over_ = false;
  bool may_go_on_ = false;
  bool woken_ = false;  ///< since readable() began to wait
};

}  // namespace hardline::door
