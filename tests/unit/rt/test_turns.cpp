#include "hardline/rt/turns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/test_io.hpp"

namespace hardline {
namespace {

using testing::ElementsAre;

class TurnsTest : public testing::Test {
 protected:
  /// What takes a while, and must not be mixed with what others do.
  awaitable<void> work(std::string name) {
    const auto turn = co_await turns.take();
    events.push_back(name + " begins");
    co_await finish.wait();
    events.push_back(name + " ends");
  }

  awaitable<void> fail() {
    const auto turn = co_await turns.take();
    throw std::runtime_error("as it happens");
  }

  support::TestIo io;
  Event finish{io.executor()};
  Turns turns{io.executor()};
  std::vector<std::string> events;
};

TEST_F(TurnsTest, TheFirstHasNobodyToWaitFor) {
  auto first = io.start(work("first"));
  EXPECT_TRUE(io.run_until([&] { return !events.empty(); }));
  finish.notify();
  first.get();
  EXPECT_THAT(events, ElementsAre("first begins", "first ends"));
}

TEST_F(TurnsTest, OthersComeOneAfterTheOtherInTheirOrder) {
  std::vector<support::Running<void>> all;
  for (const auto* name : {"a", "b", "c"}) all.push_back(io.start(work(name)));
  for (auto& one : all) {
    io.settle();
    finish.notify();
    one.get();
  }
  EXPECT_THAT(events, ElementsAre("a begins", "a ends", "b begins", "b ends", "c begins", "c ends"));
}

TEST_F(TurnsTest, AnExceptionEndsATurn) {
  auto failing = io.start(fail());
  auto next = io.start(work("next"));
  EXPECT_THROW(failing.get(), std::runtime_error);
  EXPECT_TRUE(io.run_until([&] { return !events.empty(); }));
  finish.notify();
  next.get();
}

}  // namespace
}  // namespace hardline
