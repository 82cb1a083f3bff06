#include "hardline/http/chunks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "hardline/http/grammar.hpp"

namespace hardline::http {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// What follows `wanted`, where `c` is that.
template <class State>
constexpr State expect(char c, char wanted, State next) {
  return c == wanted ? next : State::broken;
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
    case State::behind_size: return take_behind_size(c);
    case State::extension: return take_line(c, State::size_end);
    case State::size_end:
      has_digits_ = false;
      passed_over_ = 0;
      return expect(c, '\n', left_ == 0 ? State::trailer : State::content);
    case State::content_cr: return expect(c, '\r', State::content_end);
    case State::content_end: return expect(c, '\n', State::size);
    case State::trailer:
      if (c == '\r') return State::last_end;
      return c == ':' ? State::broken : take_trailer_name(c);
    case State::trailer_name: return take_trailer_name(c);
    case State::trailer_value: return take_line(c, State::trailer_end);
    case State::trailer_end: return expect(c, '\n', State::trailer);
    case State::last_end: return expect(c, '\n', State::done);
    case State::content:
    case State::done:
    case State::broken:
    case State::too_long: break;
  }
  return State::broken;
}

ChunkReader::State ChunkReader::take_behind_size(char c) {
  if (c == '\r') return State::size_end;
  if (c == ';') return pass_over(State::extension);
  return c == ' ' || c == '\t' ? pass_over(State::behind_size) : State::broken;
}

/// The rest of a line, which ends with `end`.
ChunkReader::State ChunkReader::take_line(char c, State end) {
  if (c == '\r') return end;
  return is_value_char(c) ? pass_over(state_) : State::broken;
}

ChunkReader::State ChunkReader::take_size(char c) {
  if (const auto digit = hex_digit(c)) {
    if (left_ > kMaxBeforeDigit) return State::broken;
    left_ = left_ << 4 | *digit;
    has_digits_ = true;
    return pass_over(State::size);
  }
  if (!has_digits_) return State::broken;
  return take_behind_size(c);
}

ChunkReader::State ChunkReader::take_trailer_name(char c) {
  if (c == ':') return State::trailer_value;
  return is_token_char(c) ? pass_over(State::trailer_name) : State::broken;
}

ChunkReader::State ChunkReader::pass_over(State state) {
  return ++passed_over_ > kMaxPassedOver ? State::too_long : state;
}

std::string chunk_start(std::size_t size, unsigned digits) {
  return fmt::format("{:0{}x}\r\n", size, digits);
}

std::string write_chunk(std::string_view content) {
  return chunk_start(content.size()).append(content).append(kChunkEnd);
}

}  // namespace hardline::http
