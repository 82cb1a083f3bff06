// Every coroutine belongs to a TaskGroup, so that nothing outlives what it refers to and no exception is lost.
#pragma once

#include <string>

#include "hardline/rt/asio.hpp"
#include "hardline/rt/event.hpp"

namespace hardline {

/// Spawns coroutines on the io thread and waits for all of them. Not thread-safe: io thread only.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor) : executor_(executor), empty_(executor) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task`. An exception that leaves it is a bug: it is logged under `name`, and the others go on.
  void spawn(std::string name, awaitable<void> task);

  std::size_t size() const { return running_; }

  /// Completes when no task is left, also those spawned meanwhile.
  awaitable<void> join();

 private:
  Executor executor_;
  Event empty_;
  std::size_t running_ = 0;
};

}  // namespace hardline
