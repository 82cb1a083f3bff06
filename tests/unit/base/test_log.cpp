#include "hardline/base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>
#include <vector>

namespace hardline::log {
namespace {

using namespace std::chrono_literals;

/// Puts the process's logger and environment back as they were.
class LogLine : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("JOURNAL_STREAM");
    spdlog::set_default_logger(before_);
  }

  template <class Write>
  std::string captured(spdlog::level::level_enum level, Write write) {
    testing::internal::CaptureStderr();
    init(level);
    write();
    spdlog::default_logger()->flush();
    return testing::internal::GetCapturedStderr();
  }

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST(LogLevel, IsReadByName) {
  EXPECT_EQ(parse_level("error"), spdlog::level::err);
  EXPECT_EQ(parse_level("warn"), spdlog::level::warn);
  EXPECT_EQ(parse_level("info"), spdlog::level::info);
  EXPECT_EQ(parse_level("debug"), spdlog::level::debug);
  EXPECT_EQ(parse_level("trace"), spdlog::level::trace);
  for (const char* name : {"", "INFO", "verbose", "warning"}) EXPECT_FALSE(parse_level(name)) << name;
}

TEST_F(LogLine, StartsWithTimeAndLevel) {
  unsetenv("JOURNAL_STREAM");
  EXPECT_THAT(
      captured(spdlog::level::info, [] { warn("lan: lost interface={}", "eth9"); }),
      testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\\.[0-9]{3} warning lan: lost interface=eth9\n"));
}

TEST_F(LogLine, StartsWithItsPriorityUnderTheJournal) {
  setenv("JOURNAL_STREAM", "8:12345", 1);
  EXPECT_EQ(captured(spdlog::level::debug,
                     [] {
                       error("a");
                       warn("b");
                       info("c");
                       debug("d");
                     }),
            "<3>a\n<4>b\n<6>c\n<7>d\n");
}

TEST_F(LogLine, IsLeftOutBelowTheLevel) {
  EXPECT_EQ(captured(spdlog::level::err, [] { warn("a"); }), "");
}

TEST_F(LogLine, ThatTellsOfAProblemIsKeptWhateverTheLevel) {
  captured(spdlog::level::off, [] {
    info("lan: joined");
    warn("lan: lost interface={}", "eth9");
    error("store: full");
  });
  const auto problems = recent_problems();
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].text, "lan: lost interface=eth9");
  EXPECT_FALSE(problems[0].is_error);
  EXPECT_EQ(problems[1].text, "store: full");
  EXPECT_TRUE(problems[1].is_error);
  EXPECT_LE(problems[0].when, problems[1].when);
}

TEST_F(LogLine, ThatTellsOfAProblemIsForgottenWhenEnoughHaveFollowed) {
  captured(spdlog::level::err, [] {
    for (std::size_t i = 0; i <= kMaxProblems; ++i) warn("{}", i);
  });
  const auto problems = recent_problems();
  ASSERT_EQ(problems.size(), kMaxProblems);
  EXPECT_EQ(problems.front().text, "1");
  EXPECT_EQ(problems.back().text, std::to_string(kMaxProblems));
}

TEST_F(LogLine, ThatTellsOfAProblemMayComeFromAnyThread) {
  captured(spdlog::level::off, [] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([] {
        for (int n = 0; n < 100; ++n) warn("a line");
      });
    for (int n = 0; n < 100; ++n) EXPECT_LE(recent_problems().size(), kMaxProblems);
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(recent_problems().size(), kMaxProblems);
}

TEST(LogLimiter, LetsOneThroughEachPeriodAndCountsTheOthers) {
  Limiter limiter(10s);
  const std::chrono::steady_clock::time_point start(1h);
  EXPECT_EQ(limiter.admit(start), 0U);
  EXPECT_FALSE(limiter.admit(start));
  EXPECT_FALSE(limiter.admit(start + 10s - 1ns));
  EXPECT_EQ(limiter.admit(start + 10s), 2U);
  EXPECT_EQ(limiter.admit(start + 20s), 0U);
}

}  // namespace
}  // namespace hardline::log
