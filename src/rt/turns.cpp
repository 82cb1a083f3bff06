#include "hardline/rt/turns.hpp"

namespace hardline {

awaitable<Turns::Turn> Turns::take() {
  const auto before = asked_for_++;
  while (ended_ < before) co_await ended_one_.wait();
  co_return Turn(*this);
}

void Turns::end_one() {
  ++ended_;
  ended_one_.notify();
}

}  // namespace hardline
