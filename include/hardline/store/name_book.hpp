// The petnames of this computer, in the file `names` of the state folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "hardline/rt/asio.hpp"
#include "hardline/store/names_file.hpp"

namespace hardline::store {

/// In memory, as every request asks it, and on disk, whole and synced, before a change is said to be done. io thread
/// only.
class NameBook {
 public:
  /// Reads `file`, where there is one; blocks. Lines that are not understood are logged once and kept: they are
  /// written back with the next change, behind the others; comments are not, nor is a second line of a name that the
  /// change takes back. A file that cannot be read is an error in the log, and every change fails with the same error
  /// until it can be, so that nothing of it is lost. What somebody else writes into it is read before the next change
  /// is made. `files` outlives it.
  NameBook(std::filesystem::path file, asio::thread_pool& files);
  NameBook(const NameBook&) = delete;
  NameBook& operator=(const NameBook&) = delete;
  ~NameBook();  ///< when every change has ended

  /// The service of this label, in lower case; null if it is nobody's name. Good until the next change.
  const ServiceName* find(std::string_view label) const;

  /// By name.
  std::vector<Pin> pins() const;

  /// Changes are made one after the other. Each counts in memory while it is being written, and is undone there if it
  /// cannot be: then the error is the system's (as std::errc::no_space_on_device). Errc::too_large where there would be
  /// more than kMaxPins.
  awaitable<std::error_code> pin(Petname name, ServiceName service);  ///< makes it, or points it at another service
  awaitable<std::error_code> unpin(Petname name);                     ///< of a name that is not there: no error
  awaitable<std::error_code> rename(Petname from, Petname to);        ///< file_exists, no_such_file_or_directory
  /// All of them or none; those of the same name are replaced.
  awaitable<std::error_code> import(std::vector<Pin> pins);

  /// Calls `listener` with every label that leads to a service now, to another one or to none, until the token is
  /// destroyed: as soon as that is so in memory, and again if it is undone.
  using Listener = std::function<void(const std::string& label)>;
  [[nodiscard]] std::shared_ptr<void> listen(Listener listener);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::store
