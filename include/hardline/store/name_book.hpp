// The petnames of this computer, in the file `names` of the state folder.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
  /// written back with the next change, behind the others. A file that cannot be read is an error in the log, and then
  /// every change fails with the same error, so that nothing of it is lost.
  NameBook(std::filesystem::path file, asio::thread_pool& files);
  NameBook(const NameBook&) = delete;
  NameBook& operator=(const NameBook&) = delete;
  ~NameBook();

  /// The service of this label, in lower case; null if it is nobody's name.
  const ServiceName* find(std::string_view label) const;

  /// By name.
  std::vector<Pin> pins() const;

  /// Changes. Each is in memory at once and undone there if it cannot be written: then the error says why (as
  /// no_space_on_device); too_many_files_open_in_system never, but Errc::too_large past kMaxPins.
  awaitable<std::error_code> pin(Petname name, ServiceName service);  ///< makes it, or points it at another service
  awaitable<std::error_code> unpin(Petname name);                     ///< of a name that is not there: no error
  awaitable<std::error_code> rename(Petname from, Petname to);        ///< file_exists, no_such_file_or_directory
  awaitable<std::error_code> import(
      std::vector<Pin> pins);  ///< all of them or none; those of the same name are replaced

  /// Calls `listener` with every label that leads somewhere else now, or nowhere, until the token is destroyed.
  using Listener = std::function<void(const std::string& label)>;
  [[nodiscard]] std::shared_ptr<void> listen(Listener listener);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::store
