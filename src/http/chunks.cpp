#include "hardline/http/chunks.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace hardline::http {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// One more digit would overflow.
constexpr std::uint64_t kMaxBeforeDigit = UINT64_MAX >> 4;

}  // namespace

std::string_view ChunkReader::next(std::string_view& framed) {
  while (!framed.empty() && !is_done() && !is_broken()) {
    if (state_ == State::content) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, framed.size()));
      const auto content = framed.substr(0, count);
      framed.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) state_ = State::content_cr;
      return content;
    }
    state_ = take(framed.front());
    framed.remove_prefix(1);
  }
  return {};
}

ChunkReader::State ChunkReader::take(char c) {
  switch (state_) {
    case State::size: return take_size(c);
    case State::extension:
      if (c == '\r') return State::size_end;
      return c == '\n' ? State::broken : pass_over(State::extension);
    case State::size_end:
      has_digits_ = false;
      passed_over_ = 0;
      if (c != '\n') return State::broken;
      return left_ == 0 ? State::trailer : State::content;
    case State::content_cr: return c == '\r' ? State::content_end : State::broken;
    case State::content_end: return c == '\n' ? State::size : State::broken;
    case State::trailer: return take_trailer(c);
    case State::trailer_end:
      if (c != '\n') return State::broken;
      return std::exchange(line_is_empty_, true) ? State::done : State::trailer;
    case State::content:
    case State::done:
    case State::broken: break;
  }
  return State::broken;
}

ChunkReader::State ChunkReader::take_size(char c) {
  if (const auto digit = hex_digit(c)) {
    if (left_ > kMaxBeforeDigit) return State::broken;
    left_ = left_ << 4 | *digit;
    has_digits_ = true;
    return State::size;
  }
  if (!has_digits_) return State::broken;
  if (c == '\r') return State::size_end;
  return c == ';' || c == ' ' || c == '\t' ? State::extension : State::broken;
}

ChunkReader::State ChunkReader::take_trailer(char c) {
  if (c == '\r') return State::trailer_end;
  if (c == '\n') return State::broken;
  line_is_empty_ = false;
  return pass_over(State::trailer);
}

ChunkReader::State ChunkReader::pass_over(State state) {
  return ++passed_over_ > kMaxPassedOver ? State::broken : state;
}

}  // namespace hardline::http
