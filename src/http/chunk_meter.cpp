#include "hardline/http/chunk_meter.hpp"

#include "hardline/base/errc.hpp"
#include "hardline/http/beast.hpp"

namespace hardline::http {
namespace {

namespace bhttp = beast::http;

/// The parser reads whole messages: this stands before the content.
constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

constexpr std::size_t kMaxUnparsed = 64 * 1024;  // octets of a chunk's first line, or of the trailer

class Parser final : public MessageParser<true> {
 public:
  Parser() {
    eager(true);
    body_limit(kNoBodyLimit);
  }
};

}  // namespace

struct ChunkMeter::Impl {
  /// Octets of `text` that the parser has done with.
  Result<std::size_t> parse(std::string_view text) {
    std::size_t used = 0;
    while (used < text.size() && !parser.is_done()) {
      beast::error_code error;
      used += parser.put(boost::asio::const_buffer(text.data() + used, text.size() - used), error);
      if (error == bhttp::error::need_more) break;
      if (error) return fail(Errc::malformed);
    }
    return used;
  }

  Parser parser;
  std::string unparsed;  ///< octets of the content that the parser wants to see again, with more
};

ChunkMeter::ChunkMeter() : impl_(std::make_unique<Impl>()) {
  (void)impl_->parse(kHead);
}

ChunkMeter::~ChunkMeter() = default;

Result<std::size_t> ChunkMeter::take(std::string_view octets) {
  auto& unparsed = impl_->unparsed;
  const auto before = unparsed.size();
  unparsed += octets;
  const auto used = impl_->parse(unparsed);
  if (!used) return used;
  if (is_over()) return *used - before;
  unparsed.erase(0, *used);
  if (unparsed.size() > kMaxUnparsed) return fail(Errc::too_large);
  return octets.size();
}

bool ChunkMeter::is_over() const {
  return impl_->parser.is_done();
}

}  // namespace hardline::http
