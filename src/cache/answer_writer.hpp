// Writes a cache's answers to one client: heads, and bodies in slices that are read when the client can take them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fetch.hpp"
#include "hardline/http/range.hpp"
#include "hardline/http/request.hpp"
#include "hardline/net/relay.hpp"

namespace hardline::cache {

/// A body: a file, or one that is just being fetched into a file.
struct Content {
  std::shared_ptr<const UniqueFd> fd;
  std::optional<std::uint64_t> size;  ///< none while nobody has said
  std::shared_ptr<Fetch> growing;     ///< none: it is all there
};

/// Each call writes one answer, and returns an error where the connection is of no more use: the client is gone, or the
/// body broke off, which an abort() must tell it.
class AnswerWriter {
 public:
  AnswerWriter(ByteStream& client, BufferPool& buffers, asio::thread_pool& disk, UpstreamClient* upstream)
      : client_(client), buffers_(buffers), disk_(disk), upstream_(upstream) {}
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  /// A page of our own. `fields` are lines, as `Allow: GET\r\n`.
  awaitable<std::error_code> page(const http::Request& request, int status, const std::string& fields,
                                  const std::string& html);

  /// A whole answer of some other type.
  awaitable<std::error_code> text(const http::Request& request, int status, const std::string& fields,
                                  const std::string& body);

  /// What `request` wants of a version: all of it, ranges, or word that what the client has is current. `marks` are
  /// lines on where it comes from.
  awaitable<std::error_code> content(const http::Request& request, VersionPtr version, Content content,
                                     std::string marks);

  /// Upstream's answer as it comes.
  awaitable<std::error_code> pass(const http::Request& request, Exchange& exchange, const std::string& marks);

 private:
  enum class Framing { plain, chunked };

  static Framing framing_of_unknown_length(const http::Request& request);
  awaitable<std::error_code> whole(const http::Request& request, const Content& content, std::string head);
  awaitable<std::error_code> parts(const Version& version, const Content& content,
                                   const std::vector<http::ByteRange>& parts, std::string head);
  awaitable<std::error_code> decoded(const http::Request& request, const Content& content, std::string head);
  awaitable<std::error_code> octets(const Content& content, std::uint64_t first, std::uint64_t end, Framing framing,
                                    std::string& head);
  awaitable<Result<std::size_t>> slice(const UniqueFd& fd, std::uint64_t offset, std::uint64_t most, Framing framing,
                                       std::string& head);
  awaitable<Result<std::size_t>> read(int fd, std::span<std::byte> buffer, std::uint64_t offset);
  awaitable<std::error_code> rest_of_unstored(Fetch& fetch, std::uint64_t offset, std::uint64_t end, Framing framing);
  awaitable<std::error_code> piece(const std::string& octets, Framing framing);
  awaitable<std::error_code> send(const std::string& octets);

  ByteStream& client_;
  BufferPool& buffers_;
  asio::thread_pool& disk_;
  UpstreamClient* upstream_;
};

}  // namespace hardline::cache
