#include "hardline/net/pipe.hpp"

#include <algorithm>
#include <array>

#include "hardline/rt/event.hpp"

namespace hardline {
namespace {

constexpr auto kEver = std::chrono::steady_clock::time_point::max();

/// What goes one way.
struct Way {
  explicit Way(Executor executor) : may_read(executor), may_write(executor) {}

  void drop() {
    on_its_way = {};
    buffer.reset();
  }

  BufferPool::Loan buffer;                ///< while something is on its way
  std::span<const std::byte> on_its_way;  ///< in `buffer`
  bool reader_waits = false;
  bool ended = false;  ///< nothing more will be written
  Event may_read;
  Event may_write;
};

/// What has become of one end.
struct Side {
  enum class State { open, closed, aborted };

  explicit Side(Executor executor) : may_have_failed(executor) {}

  bool is_open() const { return state == State::open; }

  State state = State::open;
  unsigned interruptions = 0;
  Event may_have_failed;
};

/// What both ends share. It is kept by coroutines that wait, too: their end may go meanwhile.
struct Pipe {
  Pipe(Executor executor, BufferPool& lender)
      : buffers(lender), sides{Side(executor), Side(executor)}, ways{Way(executor), Way(executor)} {}

  BufferPool& buffers;
  std::array<Side, 2> sides;
  std::array<Way, 2> ways;  ///< the way that begins at the side of this index
};

/// The pipe as it looks from one of its ends.
struct View {
  View(Pipe& pipe, std::size_t side)
      : mine(pipe.sides[side]), theirs(pipe.sides[1 - side]), out(pipe.ways[side]), in(pipe.ways[1 - side]) {}

  bool can_read() const {
    return !in.on_its_way.empty() || in.ended || theirs.state == Side::State::aborted || !mine.is_open();
  }
  /// Or write_now() has an error to tell.
  bool can_write() const {
    return (out.reader_waits && out.on_its_way.empty()) || out.ended || !theirs.is_open() || !mine.is_open();
  }

  void interrupt() {
    ++mine.interruptions;
    in.reader_waits = false;
    in.may_read.notify();
    out.may_write.notify();
    mine.may_have_failed.notify();
  }

  /// Nothing is read or written at this end any more.
  void leave(Side::State how) {
    mine.state = how;
    out.ended = true;
    in.drop();
    interrupt();
    out.may_read.notify();
    in.may_write.notify();
    theirs.may_have_failed.notify();
  }

  Side& mine;
  Side& theirs;
  Way& out;
  Way& in;
};

std::error_code closed_here() {
  return asio::error::make_error_code(asio::error::bad_descriptor);
}

std::error_code interrupted() {
  return asio::error::make_error_code(asio::error::operation_aborted);
}

awaitable<std::error_code> wait_readable(std::shared_ptr<Pipe> pipe, std::size_t side) {
  const View end(*pipe, side);
  if (!end.mine.is_open()) co_return closed_here();
  const auto before = end.mine.interruptions;
  while (!end.can_read()) {
    end.in.reader_waits = true;
    end.in.may_write.notify();
    co_await end.in.may_read.wait_until(kEver);
    if (end.mine.interruptions != before) co_return interrupted();
    end.in.reader_waits = false;
  }
  co_return std::error_code();
}

awaitable<std::error_code> wait_writable(std::shared_ptr<Pipe> pipe, std::size_t side) {
  const View end(*pipe, side);
  if (!end.mine.is_open()) co_return closed_here();
  const auto before = end.mine.interruptions;
  while (!end.can_write()) {
    co_await end.out.may_write.wait_until(kEver);
    if (end.mine.interruptions != before) co_return interrupted();
  }
  co_return std::error_code();
}

awaitable<void> wait_failed(std::shared_ptr<Pipe> pipe, std::size_t side) {
  const View end(*pipe, side);
  const auto before = end.mine.interruptions;
  while (end.mine.is_open() && end.theirs.is_open() && end.mine.interruptions == before)
    co_await end.mine.may_have_failed.wait_until(kEver);
}

class PipeEnd final : public ByteStream {
 public:
  PipeEnd(std::shared_ptr<Pipe> pipe, std::size_t side) : pipe_(std::move(pipe)), side_(side) {}
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;
  ~PipeEnd() override { end().out.ended ? close() : abort(); }

  awaitable<std::error_code> readable() override { return wait_readable(pipe_, side_); }

  Result<std::size_t> read_now(std::span<std::byte> buffer) override {
    auto [mine, theirs, out, in] = end();
    if (!mine.is_open()) return fail(closed_here());
    if (theirs.state == Side::State::aborted) return fail(make_error_code(std::errc::connection_reset));
    if (in.on_its_way.empty()) {
      if (in.ended || buffer.empty()) return 0;
      return fail(would_block());
    }
    const auto taken = in.on_its_way.first(std::min(buffer.size(), in.on_its_way.size()));
    std::copy(taken.begin(), taken.end(), buffer.begin());
    in.on_its_way = in.on_its_way.subspan(taken.size());
    if (in.on_its_way.empty()) in.drop();
    return taken.size();
  }

  awaitable<std::error_code> writable() override { return wait_writable(pipe_, side_); }

  Result<std::size_t> write_now(std::span<const std::byte> data) override {
    auto [mine, theirs, out, in] = end();
    if (!mine.is_open()) return fail(closed_here());
    if (theirs.state == Side::State::aborted) return fail(make_error_code(std::errc::connection_reset));
    if (!theirs.is_open() || out.ended) return fail(make_error_code(std::errc::broken_pipe));
    if (data.empty()) return 0;
    if (!end().can_write()) return fail(would_block());
    out.buffer = pipe_->buffers.borrow();
    const auto taken = data.first(std::min(data.size(), out.buffer->size()));
    std::copy(taken.begin(), taken.end(), out.buffer->begin());
    out.on_its_way = std::span<const std::byte>(*out.buffer).first(taken.size());
    out.may_read.notify();
    return taken.size();
  }

  awaitable<void> end_writing() override {
    end_out();
    co_return;
  }

  awaitable<void> failed() override { return wait_failed(pipe_, side_); }

  void interrupt() override { end().interrupt(); }

  void close() override {
    if (end().mine.is_open()) end().leave(Side::State::closed);
  }

  void abort() override {
    if (!end().mine.is_open()) return;
    end().out.drop();
    end().leave(Side::State::aborted);
  }

 private:
  View end() const { return {*pipe_, side_}; }

  void end_out() {
    auto& out = end().out;
    out.ended = true;
    out.may_read.notify();
    out.may_write.notify();
  }

  const std::shared_ptr<Pipe> pipe_;
  const std::size_t side_;
};

}  // namespace

std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>> make_pipe(Executor executor, BufferPool& buffers) {
  auto pipe = std::make_shared<Pipe>(executor, buffers);
  return {std::make_unique<PipeEnd>(pipe, 0), std::make_unique<PipeEnd>(pipe, 1)};
}

}  // namespace hardline
