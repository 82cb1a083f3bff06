#include "hardline/net/relay.hpp"

#include "hardline/base/errc.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/rt/watchdog.hpp"

namespace hardline {
namespace {

/// Buffers moved without waiting before the other coroutines get a turn.
constexpr int kTurn = 16;

class Relay {
 public:
  Relay(Executor executor, ByteStream& near, ByteStream& far, BufferPool& buffers, RelayOptions options,
        RelayOutcome& outcome)
      : near_(near),
        far_(far),
        buffers_(buffers),
        options_(options),
        outcome_(outcome),
        directions_(executor),
        linger_(executor, [this] { close_unless_answering(); }) {}

  awaitable<void> run() {
    directions_.spawn("relay", carry_to_far());
    directions_.spawn("relay", carry_to_near());
    co_await directions_.join();
    far_.close();
    if (outcome_.to_near.stop || near_is_owed_an_answer()) co_return;
    if (outcome_.to_far.write_error || outcome_.to_far.stop)
      co_await linger_and_close(near_);  // it may still be sending what far no longer takes
    else
      near_.close();
  }

 private:
  bool near_is_owed_an_answer() const {
    return options_.keep_near_if_far_is_silent && outcome_.to_near.octets == 0 && !outcome_.to_near.write_error &&
           !outcome_.to_far.read_error;
  }

  awaitable<void> carry_to_far() {
    auto& carried = outcome_.to_far;
    co_await carry(near_, far_, buffers_, carried);
    to_far_ended_ = true;
    if (to_near_ended_) far_.interrupt();                // whoever looks out for its failure
    if (carried.stop || carried.write_error) co_return;  // how far ends its own direction decides
    if (carried.read_error) {
      far_.abort();
      co_return;
    }
    if (!options_.far_cannot_half_close) co_await far_.end_writing();
    if (options_.far_cannot_half_close || options_.near_cannot_half_close) linger_.arm(kLegacyLinger);
    if (to_near_ended_) co_return;
    co_await near_.failed();
    if (to_near_ended_) co_return;
    near_.abort();
    far_.abort();
  }

  awaitable<void> carry_to_near() {
    auto& carried = outcome_.to_near;
    co_await carry(far_, near_, buffers_, carried);
    to_near_ended_ = true;
    if (to_far_ended_) near_.interrupt();  // whoever looks out for its failure
    if (carried.stop) co_return;
    if (near_is_owed_an_answer()) {
      outcome_.to_far.stop = true;
      near_.interrupt();
      far_.close();
    } else if (carried.write_error) {
      far_.abort();
      near_.abort();
    } else if (carried.read_error) {
      near_.abort();
    } else {
      co_await near_.end_writing();
      if (to_far_ended_) co_return;
      co_await far_.failed();
      if (to_far_ended_) co_return;
      outcome_.to_far.stop = true;
      near_.interrupt();
      far_.close();
    }
  }

  void close_unless_answering() {
    if (std::exchange(octets_at_last_look_, outcome_.to_near.octets) == outcome_.to_near.octets)
      far_.close();
    else
      linger_.arm(kLegacyLinger);
  }

  ByteStream& near_;
  ByteStream& far_;
  BufferPool& buffers_;
  RelayOptions options_;
  RelayOutcome& outcome_;
  TaskGroup directions_;
  Watchdog linger_;
  bool to_far_ended_ = false;
  bool to_near_ended_ = false;
  std::uint64_t octets_at_last_look_ = 0;
};

}  // namespace

BufferPool::Loan BufferPool::borrow() {
  Block* block;
  if (free_.empty()) {
    block = new Block;
  } else {
    block = free_.back().release();
    free_.pop_back();
  }
  ++lent_;
  return Loan(block, GiveBack{this});
}

void BufferPool::give_back(Block* block) {
  std::unique_ptr<Block> owned(block);
  --lent_;
  if (free_.size() < kMostKept) free_.push_back(std::move(owned));
}

awaitable<void> carry(ByteStream& from, ByteStream& to, BufferPool& buffers, Carried& carried) {
  auto executor = co_await asio::this_coro::executor;
  int moved = 0;
  while (!carried.stop) {
    if (++moved == kTurn) {
      moved = 0;
      co_await asio::post(executor, use_awaitable);
    }
    auto buffer = buffers.borrow();
    const auto got = from.read_now(*buffer);
    if (!got && got.error() == would_block()) {
      buffer.reset();
      const auto error = co_await from.readable();
      if (error && !carried.stop) {
        carried.read_error = error;
        co_return;
      }
      continue;
    }
    if (!got) {
      carried.read_error = got.error();
      co_return;
    }
    if (*got == 0) co_return;
    auto rest = std::span<const std::byte>(*buffer).first(*got);
    while (!rest.empty()) {
      const auto written = to.write_now(rest);
      std::error_code error;
      if (written) {
        carried.octets += *written;
        rest = rest.subspan(*written);
      } else if (written.error() == would_block()) {
        error = co_await to.writable();
      } else {
        error = written.error();
      }
      if (error) {
        carried.write_error = error;
        co_return;
      }
    }
  }
}

awaitable<void> relay(ByteStream& near, ByteStream& far, BufferPool& buffers, RelayOptions options,
                      RelayOutcome& outcome) {
  auto executor = co_await asio::this_coro::executor;
  Relay both(executor, near, far, buffers, options, outcome);
  co_await both.run();
}

}  // namespace hardline
