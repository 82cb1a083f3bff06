// A browser's connection that came by a petname and is kept for more requests, as the relay between it and the service
// sees it: each head is looked at before any of it goes on, as the first was. A page of another site can make a browser
// send its request on a connection that an innocent one has opened.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "hardline/http/content_meter.hpp"
#include "hardline/http/request_head.hpp"
#include "hardline/net/byte_stream.hpp"

namespace hardline::door {

class WatchedRequests final : public ByteStream {
 public:
  using MayPass = std::function<bool(const http::RequestHead&)>;

  /// `first` is the framing of the request that was let pass already, `behind` what has come behind its head; `browser`
  /// outlives this. Where `may_pass` says no, or what comes is no request, reading fails: the connection is cut, and a
  /// browser then asks again on a new one, where there is an answer.
  WatchedRequests(ByteStream& browser, const http::ForwardedHead& first, std::string_view behind, MayPass may_pass);

  /// What of `behind` may go on at once.
  const std::string& start() const { return start_; }

  awaitable<std::error_code> readable() override { return browser_.readable(); }
  Result<std::size_t> read_now(std::span<std::byte> buffer) override;
  awaitable<std::error_code> writable() override { return browser_.writable(); }
  Result<std::size_t> write_now(std::span<const std::byte> data) override { return browser_.write_now(data); }
  awaitable<void> end_writing() override { return browser_.end_writing(); }
  awaitable<void> failed() override { return browser_.failed(); }
  void interrupt() override { browser_.interrupt(); }
  void close() override { browser_.close(); }
  void abort() override { browser_.abort(); }
  void check_path() override { browser_.check_path(); }

 private:
  void take(std::string_view octets);
  std::size_t take_head(std::string_view octets);
  std::size_t take_content(std::string_view octets);

  ByteStream& browser_;
  MayPass may_pass_;
  std::optional<http::ContentMeter> content_;  ///< of the present request
  http::RequestHeadReader reader_;
  std::string head_;      ///< what has come of the next one's
  std::string outgoing_;  ///< what may go on
  std::string start_;
  bool is_upgraded_ = false;  ///< what comes may be no HTTP
  std::error_code refused_;
};

}  // namespace hardline::door
