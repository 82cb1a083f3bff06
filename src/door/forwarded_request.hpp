// One request that came to a proxy (in absolute-form), as the relay between its client and the service sees it: the
// client's connection, from which nothing comes but this request, and on which the answer says that it is the last. The
// next request may be meant for another service.
#pragma once

#include <string>

#include "hardline/http/content_meter.hpp"
#include "hardline/net/byte_stream.hpp"

namespace hardline::door {

class ForwardedRequest final : public ByteStream {
 public:
  /// `behind` is what has come of the client behind the head; `client` outlives this.
  ForwardedRequest(ByteStream& client, http::ForwardedHead head, std::string_view behind);

  /// What is sent first: the head, and what has come of the content.
  const std::string& start() const { return start_; }

  awaitable<std::error_code> readable() override { return client_.readable(); }
  /// The rest of the content. What comes behind it is thrown away: left unread, it would have the connection end with a
  /// reset, which can overtake the answer.
  Result<std::size_t> read_now(std::span<std::byte> buffer) override;
  awaitable<std::error_code> writable() override { return client_.writable(); }
  /// The answer, whose heads are held back until they are whole. What is no HTTP is passed on as it is.
  Result<std::size_t> write_now(std::span<const std::byte> data) override;
  awaitable<void> end_writing() override;
  awaitable<void> failed() override { return client_.failed(); }
  void interrupt() override { client_.interrupt(); }
  void close() override { client_.close(); }
  void abort() override { client_.abort(); }
  void check_path() override { client_.check_path(); }

 private:
  std::size_t take_answer_head(std::string_view octets);

  ByteStream& client_;
  http::ContentMeter content_;
  std::error_code broken_content_;
  std::string start_;

  http::AnswerHeadReader answer_;
  std::string outgoing_;     ///< a head that is being written
  std::size_t taken_ = 0;    ///< octets of the last write_now()'s data that are in it
  bool past_heads_ = false;  ///< the last head, or what is none, is outgoing_ or written
};

}  // namespace hardline::door
