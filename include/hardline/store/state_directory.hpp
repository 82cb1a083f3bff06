// The folder where the daemon keeps what it learns, and the lock that keeps a second daemon out of it.
#pragma once

#include <filesystem>

#include "hardline/store/file.hpp"

namespace hardline::store {

/// `$STATE_DIRECTORY` (systemd.exec(5); its first entry), else /var/lib/hardline for root, else
/// `$XDG_STATE_HOME/hardline`, else ~/.local/state/hardline.
std::filesystem::path default_state_directory();

/// Makes the folder (mode 0700) where it is missing and holds `daemon.lock` in it (flock(2)) while it lives. The lock
/// file stays behind: removing it could take away one that another daemon has just locked.
class StateDirectory {
 public:
  /// Throws std::runtime_error with a sentence for a person: which process holds it, or why it cannot be made.
  explicit StateDirectory(std::filesystem::path path);
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }  ///< absolute

 private:
  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace hardline::store
