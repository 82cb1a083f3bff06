// The way into the io thread from a thread that is not ours, as a library's callback has to take it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "hardline/rt/asio.hpp"

namespace hardline {

/// Owned by the receiver, on the io thread. Once it is gone nothing that was posted runs any more, and senders, which
/// may outlive it and the io_context, do nothing.
class Mailbox {
  struct Box {
    explicit Box(Executor e) : executor(e) {}
    std::mutex mutex;
    Executor executor;
    bool open = true;
  };

 public:
  /// Copyable; for any thread.
  class Sender {
   public:
    /// Runs `letter` on the io thread, soon, if the Mailbox is still there then.
    void post(std::function<void()> letter) const {
      const std::lock_guard lock(box_->mutex);
      if (!box_->open) return;  // the io_context may be gone with its Mailbox
      asio::post(box_->executor, [box = box_, letter = std::move(letter)] {
        if (box->open) letter();
      });
    }

   private:
    friend class Mailbox;
    explicit Sender(std::shared_ptr<Box> box) : box_(std::move(box)) {}
    std::shared_ptr<Box> box_;
  };

  explicit Mailbox(Executor executor) : box_(std::make_shared<Box>(executor)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() {
    const std::lock_guard lock(box_->mutex);
    box_->open = false;
  }

  Sender sender() const { return Sender(box_); }

 private:
  std::shared_ptr<Box> box_;
};

}  // namespace hardline
