// A thread pool whose jobs may be left behind: for calls into libraries that can hang for seconds and cannot be
// cancelled (getaddrinfo, a gateway that went silent). The end of the process does not wait for them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace hardline {

/// Its threads refer to nothing but their own queue, and are not joined: a job that runs when the pool goes ends
/// unheard, one that has not begun never does. So a job owns all it touches. post() is for any thread.
class AbandonablePool {
 public:
  explicit AbandonablePool(std::size_t threads);
  AbandonablePool(const AbandonablePool&) = delete;
  AbandonablePool& operator=(const AbandonablePool&) = delete;
  ~AbandonablePool();

  void post(std::function<void()> job);

 private:
  struct Queue;
  static void work(std::shared_ptr<Queue> queue);

  std::shared_ptr<Queue> queue_;
};

}  // namespace hardline
