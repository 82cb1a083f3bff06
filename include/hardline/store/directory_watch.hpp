// Tells when the files of a directory may have changed (inotify(7)), once the changes have settled.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "hardline/rt/asio.hpp"

namespace hardline::store {

/// How long a directory must be quiet before a change is told, and the longest a busy one may delay it.
inline constexpr auto kSettleTime = std::chrono::milliseconds(300);
inline constexpr auto kLongestSettleTime = std::chrono::milliseconds(1500);

class DirectoryWatch {
 public:
  /// Watches `directory` itself, not what is below it. While it does not exist, the nearest parent that exists is
  /// watched for it to appear. Without inotify (no descriptors left), this logs once, and looks every second instead.
  DirectoryWatch(Executor executor, std::filesystem::path directory);
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;
  ~DirectoryWatch();

  /// Suspends until something was created, written, renamed or removed since the last call, and has settled.
  /// Returns false once close() was called.
  awaitable<bool> changed();

  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hardline::store
