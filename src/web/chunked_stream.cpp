#include "hardline/web/chunked_stream.hpp"

#include <algorithm>

#include "hardline/http/chunks.hpp"

namespace hardline::web {

awaitable<std::error_code> ChunkedStream::readable() {
  if (!early_.empty()) co_return std::error_code();
  const auto error = co_await below_.readable();
  co_return error;
}

Result<std::size_t> ChunkedStream::read_now(std::span<std::byte> buffer) {
  if (early_.empty()) {
    const auto got = below_.read_now(buffer);
    // A program that was killed closes its socket like one that has said everything.
    const bool is_cut = got && *got == 0 && !buffer.empty() && !has_ended_ && below_.is_hung_up();
    if (is_cut) return fail(std::make_error_code(std::errc::connection_reset));
    return got;
  }
  const auto octets = as_octets(early_);
  const auto taken = octets.first(std::min(octets.size(), buffer.size()));
  std::copy(taken.begin(), taken.end(), buffer.begin());
  early_.erase(0, taken.size());
  return taken.size();
}

awaitable<std::error_code> ChunkedStream::writable() {
  const auto error = co_await below_.writable();
  co_return error;
}

Result<std::size_t> ChunkedStream::write_now(std::span<const std::byte> data) {
  if (data.empty()) return 0;
  if (chunk_left_ == 0) {
    framing_ += http::chunk_start(data.size());
    chunk_left_ = data.size();
  }
  if (const auto error = write_framing()) return fail(error);
  const auto written = below_.write_now(data.first(std::min(data.size(), chunk_left_)));
  if (!written) return written;
  chunk_left_ -= *written;
  if (chunk_left_ > 0) return written;
  framing_ = http::kChunkEnd;
  write_framing();  // else before the next chunk
  return written;
}

awaitable<void> ChunkedStream::end_writing() {
  if (chunk_left_ > 0) {
    abort();
    co_return;
  }
  has_ended_ = true;
  framing_ += http::kLastChunk;
  const auto octets = as_octets(framing_);
  const auto error = co_await write_all(below_, octets);
  if (error)
    abort();
  else
    co_await below_.end_writing();
}

awaitable<void> ChunkedStream::failed() {
  co_await below_.failed();
}

void ChunkedStream::interrupt() {
  below_.interrupt();
}

void ChunkedStream::close() {
  below_.close();
}

void ChunkedStream::abort() {
  below_.abort();
}

void ChunkedStream::check_path() {
  below_.check_path();
}

/// None once all of it is written.
std::error_code ChunkedStream::write_framing() {
  while (!framing_.empty()) {
    const auto written = below_.write_now(as_octets(framing_));
    if (!written) return written.error();
    framing_.erase(0, *written);
  }
  return {};
}

}  // namespace hardline::web
