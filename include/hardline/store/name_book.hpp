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
  /// Reads `file` if there is one; blocks. Lines that are not understood are logged once, and the next change writes
  /// them back behind the others. It does not write back comments, nor a second line of a name that it removes. A file
  /// that cannot be read is an error in the log. Until it can be read, every change fails with the same error, so that
  /// nothing in it is lost. A change first reads what somebody else has written into the file. `files` outlives this.
  NameBook(std::filesystem::path file, asio::thread_pool& files);
  NameBook(const NameBook&) = delete;
  NameBook& operator=(const NameBook&) = delete;
  ~NameBook();  ///< when every change has ended

  /// The service of this label, in lower case; null if it is nobody's name. Good until the next change.
  const ServiceName* find(std::string_view label) const;

  /// By name.
  std::vector<Pin> pins() const;

  /// Changes are made one after the other. Each counts in memory while it is being written. If it cannot be written, it
  /// is undone there, and the error is the system's (as std::errc::no_space_on_device). Errc::too_large if there would
  /// be more than kMaxPins.
  awaitable<std::error_code> pin(Petname name, ServiceName service);  ///< makes it, or points it at another service
  awaitable<std::error_code> unpin(Petname name);                     ///< of a name that is not there: no error
  awaitable<std::error_code> rename(Petname from, Petname to);        ///< file_exists, no_such_file_or_directory
  /// All of them or none; those of the same name are replaced.
  awaitable<std::error_code> import(std::vector<Pin> pins);

  /// Calls `listener` with every label that now leads to another service, to one for the first time, or to none. It is
  /// called as soon as that is so in memory, and again if the change is undone, until the token is destroyed.
  using Listener = std::function<void(const std::string& label)>;
  [[nodiscard]] std::shared_ptr<void> listen(Listener listener);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hardline::store
