#include "hardline/rt/task_group.hpp"

#include "hardline/base/log.hpp"

namespace hardline {

void TaskGroup::spawn(std::string name, awaitable<void> task) {
  ++running_;
  auto finished = [this, name = std::move(name)](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
      log::error("{}: ended by an unexpected error: {}", name, e.what());
    }
    if (--running_ == 0) empty_.notify();
  };
  asio::co_spawn(executor_, std::move(task), std::move(finished));
}

awaitable<void> TaskGroup::join() {
  while (running_ > 0) co_await empty_.wait();
}

}  // namespace hardline
