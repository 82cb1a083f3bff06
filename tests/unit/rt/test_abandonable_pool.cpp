#include "hardline/rt/abandonable_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include "support/test_io.hpp"

namespace hardline {
namespace {

/// A job that waits until it is let go, and tells that it has begun and ended.
struct Blocker {
  void occupy(AbandonablePool& pool) {
    pool.post([state = state] {
      state->begun.set_value();
      state->release.get_future().wait();
      state->ended.set_value();
    });
    ASSERT_EQ(state->begun.get_future().wait_for(support::kDeadline), std::future_status::ready);
  }
  void release() {
    state->release.set_value();
    EXPECT_EQ(state->ended.get_future().wait_for(support::kDeadline), std::future_status::ready);
  }

  struct State {
    std::promise<void> begun, release, ended;
  };
  std::shared_ptr<State> state = std::make_shared<State>();
};

TEST(AbandonablePool, RunsAJobOnAThreadOfItsOwn) {
  AbandonablePool pool(1);
  const auto ran_on = std::make_shared<std::promise<std::thread::id>>();
  pool.post([ran_on] { ran_on->set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran_on->get_future().get(), std::this_thread::get_id());
}

TEST(AbandonablePool, RunsAsManyJobsAtATimeAsItHasThreads) {
  AbandonablePool pool(2);
  Blocker first, second;
  first.occupy(pool);
  second.occupy(pool);  // would fail if it waited for the first
  first.release();
  second.release();
}

TEST(AbandonablePool, RunsJobsInTheirOrder) {
  AbandonablePool pool(1);
  const auto order = std::make_shared<std::string>();
  const auto done = std::make_shared<std::promise<void>>();
  for (char c : std::string("abc")) pool.post([order, c] { *order += c; });
  pool.post([done] { done->set_value(); });
  done->get_future().wait();
  EXPECT_EQ(*order, "abc");
}

TEST(AbandonablePool, DropsWhatAJobOwnsWhenItIsDone) {
  AbandonablePool pool(1);
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = owned;
  pool.post([owned = std::move(owned)] {});
  const auto give_up = std::chrono::steady_clock::now() + support::kDeadline;
  while (!watched.expired() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_TRUE(watched.expired());
}

TEST(AbandonablePool, DoesNotWaitForAJobWhenItGoes) {
  Blocker blocker;
  {
    AbandonablePool pool(1);
    blocker.occupy(pool);
  }  // would hang
  blocker.release();
}

TEST(AbandonablePool, NeverBeginsAJobOnceItIsGone) {
  Blocker blocker;
  const auto ran = std::make_shared<std::atomic<bool>>(false);
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = owned;
  {
    AbandonablePool pool(1);
    blocker.occupy(pool);
    pool.post([ran, owned = std::move(owned)] { *ran = true; });
  }
  EXPECT_TRUE(watched.expired());  // by whoever owned the pool, not later on its thread
  blocker.release();
  EXPECT_FALSE(*ran);
}

}  // namespace
}  // namespace hardline
