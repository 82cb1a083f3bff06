#include "forwarded_request.hpp"

namespace hardline::door {
namespace {

template <class Octet>
std::string_view as_text(std::span<Octet> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace

ForwardedRequest::ForwardedRequest(ByteStream& client, http::ForwardedHead head, std::string_view behind)
    : client_(client), content_(head), start_(std::move(head.text)) {
  if (content_.is_over()) return;
  const auto content = content_.take(behind);
  if (content)
    start_ += behind.substr(0, *content);
  else
    broken_content_ = content.error();
}

Result<std::size_t> ForwardedRequest::read_now(std::span<std::byte> buffer) {
  if (broken_content_) return fail(broken_content_);
  const auto got = client_.read_now(buffer);
  if (!got || *got == 0) return got;
  if (content_.is_over()) return fail(would_block());
  const auto taken = content_.take(as_text(buffer.first(*got)));
  if (!taken) broken_content_ = taken.error();
  return taken;
}

/// How many of `octets` belong to the head; when it is whole, it is outgoing_.
std::size_t ForwardedRequest::take_answer_head(std::string_view octets) {
  const auto before = answer_.octets().size();
  auto head = answer_.feed(octets);
  const auto taken = answer_.octets().size() - before;
  if (head) {
    outgoing_ = std::move(head->text);
    past_heads_ = head->status >= 200;
    answer_ = {};
  } else if (head.error() != http::HeadError::incomplete) {
    outgoing_ = answer_.octets();
    past_heads_ = true;
  }
  return taken;
}

Result<std::size_t> ForwardedRequest::write_now(std::span<const std::byte> data) {
  if (outgoing_.empty()) {
    if (past_heads_) return client_.write_now(data);
    taken_ = take_answer_head(as_text(data));
  }
  while (!outgoing_.empty()) {
    const auto written = client_.write_now(as_octets(outgoing_));
    if (!written) return written;  // where it would block, `data` comes again
    outgoing_.erase(0, *written);
  }
  return taken_;
}

awaitable<void> ForwardedRequest::end_writing() {
  if (!past_heads_) {
    const auto half_a_head = as_octets(answer_.octets());
    (void)co_await write_all(client_, half_a_head);
  }
  co_await client_.end_writing();
}

}  // namespace hardline::door
