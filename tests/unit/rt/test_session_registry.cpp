#include "hardline/rt/session_registry.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "hardline/rt/clock.hpp"
#include "support/test_io.hpp"

namespace hardline {
namespace {

using namespace std::chrono_literals;

class FakeSession final : public Session {
 public:
  FakeSession(SessionRegistry& registry, bool busy) : Session(registry), busy_(busy) {}

  std::uint64_t progress() const override { return busy_ ? ++octets_ : octets_; }
  void close_session() override {
    closed = Clock::now();
    if (ends_with_it) ends_with_it->reset();
  }

  void check_path() override {
    ++checks;
    if (ends_with_it) ends_with_it->reset();
  }

  int checks = 0;
  std::optional<Clock::time_point> closed;
  std::unique_ptr<FakeSession>* ends_with_it = nullptr;  ///< another session, or this one

 private:
  bool busy_;
  mutable std::uint64_t octets_ = 0;
};

class SessionRegistryTest : public testing::Test {
 protected:
  support::TestIo io{support::Time::fake};
  SessionRegistry registry;
};

TEST_F(SessionRegistryTest, KnowsTheSessionsThatLive) {
  EXPECT_EQ(registry.size(), 0u);
  {
    const FakeSession session(registry, false);
    EXPECT_EQ(registry.size(), 1u);
  }
  EXPECT_EQ(registry.size(), 0u);
}

TEST_F(SessionRegistryTest, ClosesThoseThatMeetACondition) {
  FakeSession one(registry, false);
  FakeSession other(registry, false);
  registry.close_if([&one](const Session& session) { return &session == &one; });
  EXPECT_TRUE(one.closed);
  EXPECT_FALSE(other.closed);
}

TEST_F(SessionRegistryTest, ClosingMayEndTheSessionAtOnce) {
  auto session = std::make_unique<FakeSession>(registry, false);
  session->ends_with_it = &session;
  registry.close_all();
  EXPECT_FALSE(session);
}

TEST_F(SessionRegistryTest, ClosingOneMayEndAnother) {
  auto one = std::make_unique<FakeSession>(registry, false);
  auto other = std::make_unique<FakeSession>(registry, false);
  one->ends_with_it = &other;
  other->ends_with_it = &one;
  registry.close_all();
  EXPECT_EQ(registry.size(), 1u);
}

TEST_F(SessionRegistryTest, HasEverySessionCheckItsPath) {
  FakeSession one(registry, false);
  FakeSession other(registry, true);
  registry.check_paths();
  EXPECT_EQ(one.checks, 1);
  EXPECT_EQ(other.checks, 1);
}

TEST_F(SessionRegistryTest, HasThoseCheckTheirPathThatMeetACondition) {
  FakeSession one(registry, false);
  FakeSession other(registry, false);
  registry.check_paths_if([&one](const Session& session) { return &session == &one; });
  EXPECT_EQ(one.checks, 1);
  EXPECT_EQ(other.checks, 0);
}

TEST_F(SessionRegistryTest, ACheckMayEndAnotherSession) {
  auto one = std::make_unique<FakeSession>(registry, false);
  auto other = std::make_unique<FakeSession>(registry, false);
  one->ends_with_it = &other;
  other->ends_with_it = &one;
  registry.check_paths();
  EXPECT_EQ(registry.size(), 1u);
}

TEST_F(SessionRegistryTest, FinishingWithoutSessionsTakesNoTime) {
  const auto began = Clock::now();
  io.await(registry.finish(1h));
  EXPECT_EQ(Clock::now(), began);
}

TEST_F(SessionRegistryTest, FinishingClosesIdleSessionsLongBeforeTheGraceEnds) {
  auto session = std::make_unique<FakeSession>(registry, false);
  session->ends_with_it = &session;
  const auto began = Clock::now();
  io.await(registry.finish(1h));
  EXPECT_FALSE(session);
  EXPECT_LE(Clock::now() - began, 2 * SessionRegistry::kIdle);
}

TEST_F(SessionRegistryTest, FinishingLeavesBusySessionsUntilTheGraceEnds) {
  FakeSession session(registry, true);
  const auto began = Clock::now();
  io.await(registry.finish(1200ms));
  ASSERT_TRUE(session.closed);
  EXPECT_EQ(*session.closed - began, 1200ms);
}

TEST_F(SessionRegistryTest, FinishingNeverTakesLongerThanTheGrace) {
  FakeSession session(registry, true);
  const auto began = Clock::now();
  io.await(registry.finish(10ms));
  ASSERT_TRUE(session.closed);
  EXPECT_EQ(*session.closed - began, 10ms);
}

TEST_F(SessionRegistryTest, FinishingReturnsWhenTheLastSessionEndsByItself) {
  auto session = std::make_unique<FakeSession>(registry, true);
  auto finished = io.start(registry.finish(1h));
  io.settle();
  EXPECT_FALSE(finished.done());
  session.reset();
  finished.get();
}

}  // namespace
}  // namespace hardline
