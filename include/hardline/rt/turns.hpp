// Has coroutines of one io thread do something one after the other.
#pragma once

#include <cstdint>
#include <utility>

#include "hardline/rt/event.hpp"

namespace hardline {

/// Turns are taken in the order in which they were asked for: `const auto turn = co_await turns.take();`. It outlives
/// whoever holds one or waits for one.
class Turns {
 public:
  /// Lasts as long as it is held.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->end_one();
    }

   private:
    friend class Turns;
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turns* turns_;
  };

  explicit Turns(Executor executor) : ended_one_(executor) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Completes when every turn that was asked for before has ended.
  awaitable<Turn> take();

 private:
  void end_one();

  Event ended_one_;
  std::uint64_t asked_for_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace hardline
