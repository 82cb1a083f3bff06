#include "kept_forwards.hpp"

#include "hardline/base/log.hpp"

namespace hardline::daemon {
namespace {

/// A program that connects again and again to a service that is not there shall not fill the log.
constexpr auto kProblemLogPeriod = std::chrono::minutes(1);

}  // namespace

void KeptForwards::start(const std::vector<ForwardSetting>& settings, tunnel::TunnelTools tools, TaskGroup& tasks) {
  for (const auto& [name, local] : settings) {
    auto resolve = [this, name = name] { return resolve_(name); };
    auto failed = [where = local.to_string(), limiter = log::Limiter(kProblemLogPeriod)](const auto& problem) mutable {
      if (limiter.admit()) log::warn("forward: {}: {}", where, problem);
    };
    auto forward = std::make_unique<tunnel::PortForward>(tools, std::move(resolve), std::move(failed));
    try {
      forward->open(local.host, local.port);
    } catch (const std::system_error& e) {
      log::error("forward: {} cannot be used: {}", local.to_string(), e.code().message());
      continue;
    }
    forward->start(tasks);
    log::info("forward: {} leads to a service", HostPort{local.host, forward->port()}.to_string());
    forwards_.push_back(std::move(forward));
  }
}

void KeptForwards::stop() {
  for (auto& forward : forwards_) forward->stop();
}

void KeptForwards::check_paths() {
  for (auto& forward : forwards_) forward->sessions().check_paths();
}

void KeptForwards::close_all() {
  for (auto& forward : forwards_) forward->sessions().close_all();
}

awaitable<void> KeptForwards::finish(std::chrono::steady_clock::duration grace) {
  auto executor = co_await asio::this_coro::executor;
  TaskGroup finishing(executor);
  for (auto& forward : forwards_) finishing.spawn("forward", forward->sessions().finish(grace));
  co_await finishing.join();
}

}  // namespace hardline::daemon
