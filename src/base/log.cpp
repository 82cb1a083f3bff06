#include "hardline/base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>

namespace hardline::log {
namespace {

/// The `%*` flag: the line's priority as journald reads it from standard error.
class JournalPriority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override {
    const auto priority = message.level >= spdlog::level::err    ? '3'
                          : message.level == spdlog::level::warn ? '4'
                          : message.level == spdlog::level::info ? '6'
                                                                 : '7';
    out.push_back(priority);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JournalPriority>(); }
};

/// Keeps the last problems. OpenDHT's threads log too.
class ProblemSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ProblemSink() { set_level(spdlog::level::warn); }

  std::vector<Problem> problems() {
    const std::lock_guard lock(mutex_);
    return {problems_.begin(), problems_.end()};
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    problems_.clear();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (problems_.size() == kMaxProblems) problems_.pop_front();
    problems_.push_back({message.time, message.level >= spdlog::level::err,
                         std::string(message.payload.data(), message.payload.size())});
  }
  void flush_() override {}

 private:
  std::deque<Problem> problems_;
};

/// Shared with the logger, which threads may still use when the process ends.
const std::shared_ptr<ProblemSink>& problem_sink() {
  static const auto sink = std::make_shared<ProblemSink>();
  return sink;
}

}  // namespace

std::optional<spdlog::level::level_enum> parse_level(std::string_view name) {
  if (name == "error") return spdlog::level::err;
  if (name == "warn") return spdlog::level::warn;
  if (name == "info") return spdlog::level::info;
  if (name == "debug") return spdlog::level::debug;
  if (name == "trace") return spdlog::level::trace;
  return std::nullopt;
}

void init(spdlog::level::level_enum level) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<JournalPriority>('*');
  formatter->set_pattern(std::getenv("JOURNAL_STREAM") ? "<%*>%v" : "%Y-%m-%d %H:%M:%S.%e %-5l %v");
  const auto standard_error = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  standard_error->set_level(level);
  problem_sink()->forget();
  const spdlog::sinks_init_list sinks{standard_error, problem_sink()};
  auto logger = std::make_shared<spdlog::logger>("hardlined", sinks);
  logger->set_formatter(std::move(formatter));
  logger->set_level(std::min(level, spdlog::level::warn));  // what a sink wants must not end here
  spdlog::set_default_logger(std::move(logger));
}

std::vector<Problem> recent_problems() {
  return problem_sink()->problems();
}

std::optional<unsigned> Limiter::admit(std::chrono::steady_clock::time_point now) {
  if (last_ && now - *last_ < period_) {
    ++held_back_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(held_back_, 0);
}

}  // namespace hardline::log
