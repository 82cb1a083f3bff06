#include "hardline/rt/abandonable_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace hardline {

struct AbandonablePool::Queue {
  std::mutex mutex;
  std::condition_variable news;
  std::deque<std::function<void()>> jobs;
  bool closed = false;
};

AbandonablePool::AbandonablePool(std::size_t threads) : queue_(std::make_shared<Queue>()) {
  for (std::size_t i = 0; i < threads; ++i) std::thread(work, queue_).detach();
}

AbandonablePool::~AbandonablePool() {
  const std::lock_guard lock(queue_->mutex);
  queue_->closed = true;
  queue_->jobs.clear();
  queue_->news.notify_all();
}

void AbandonablePool::post(std::function<void()> job) {
  const std::lock_guard lock(queue_->mutex);
  queue_->jobs.push_back(std::move(job));
  queue_->news.notify_one();
}

void AbandonablePool::work(std::shared_ptr<Queue> queue) {
  std::unique_lock lock(queue->mutex);
  for (;;) {
    queue->news.wait(lock, [&] { return queue->closed || !queue->jobs.empty(); });
    if (queue->closed) return;
    auto job = std::move(queue->jobs.front());
    queue->jobs.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it owns goes before the next wait
    lock.lock();
  }
}

}  // namespace hardline
