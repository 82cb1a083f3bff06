#include "watched_requests.hpp"

#include <algorithm>
#include <cstring>

#include "hardline/base/errc.hpp"

namespace hardline::door {

WatchedRequests::WatchedRequests(ByteStream& browser, const http::ForwardedHead& first, std::string_view behind,
                                 MayPass may_pass)
    : browser_(browser), may_pass_(std::move(may_pass)), content_(first) {
  take(behind);
  start_ = std::exchange(outgoing_, {});
}

Result<std::size_t> WatchedRequests::read_now(std::span<std::byte> buffer) {
  if (outgoing_.empty()) {
    if (refused_) return fail(refused_);
    const auto got = browser_.read_now(buffer);
    if (!got || *got == 0) return got;
    take({reinterpret_cast<const char*>(buffer.data()), *got});
    if (outgoing_.empty()) return fail(refused_ ? refused_ : would_block());
  }
  const auto size = std::min(buffer.size(), outgoing_.size());
  std::memcpy(buffer.data(), outgoing_.data(), size);
  outgoing_.erase(0, size);
  return size;
}

void WatchedRequests::take(std::string_view octets) {
  while (!octets.empty() && !refused_) {
    if (is_upgraded_) {
      outgoing_ += octets;
      return;
    }
    octets.remove_prefix(content_->is_over() ? take_head(octets) : take_content(octets));
  }
}

std::size_t WatchedRequests::take_content(std::string_view octets) {
  const auto taken = content_->take(octets);
  if (!taken) {
    refused_ = taken.error();
    return 0;
  }
  outgoing_ += octets.substr(0, *taken);
  return *taken;
}

std::size_t WatchedRequests::take_head(std::string_view octets) {
  const auto before = head_.size();
  const auto head = reader_.feed(octets);
  if (!head && head.error() == http::HeadError::incomplete) {
    head_ += octets;
    return octets.size();
  }
  refused_ = make_error_code(Errc::malformed);
  if (!head) return 0;
  const auto taken = head->length - before;
  head_ += octets.substr(0, taken);
  const auto framing = http::forward_request_head(*head, head_);
  if (!framing || !may_pass_(*head)) return taken;
  refused_ = {};
  content_.emplace(*framing);
  is_upgraded_ = head->has_upgrade;
  outgoing_ += std::exchange(head_, {});
  reader_ = {};
  return taken;
}

}  // namespace hardline::door
