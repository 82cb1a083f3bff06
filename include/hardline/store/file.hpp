// Small files read whole, and new files that appear whole or not at all.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "hardline/base/result.hpp"
#include "hardline/base/unique_fd.hpp"

namespace hardline::store {

/// `path` with `suffix` after its last component.
std::filesystem::path with_suffix(const std::filesystem::path& path, std::string_view suffix);

/// The bytes of a regular file of at most `limit` octets; file_too_large where there are more. Never blocks on a FIFO.
Result<std::string> read_small_file(const std::filesystem::path& file, std::size_t limit);

/// Makes what the directory's entries say now survive a power cut.
std::error_code sync_directory(int directory);

/// Renames `from` to `to`, but never over an existing file: EEXIST.
std::error_code rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// Renames `file` to `file` + `suffix`, numbered where that exists. Returns the new name.
Result<std::filesystem::path> set_aside(const std::filesystem::path& file, const std::string& suffix);

/// A file in the making: written and synced under a hidden name beside its own, then put in place. Unless keep() is
/// called, the destructor removes it again, in place or not. Makers of the same file must exclude one another: the
/// hidden name is a fixed one, so that the next maker clears away what a killed one left.
class NewFile {
 public:
  explicit NewFile(std::filesystem::path file);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  std::error_code write(std::string_view content, mode_t mode);
  std::error_code give_to(uid_t user, gid_t group);  ///< what was written; -1 leaves one as it is (chown(2))
  std::error_code place();                           ///< EEXIST where there is a file of this name
  std::error_code replace();  ///< also where there is one; it is kept then, and nothing is left to remove
  void keep() { remove_.clear(); }

 private:
  std::filesystem::path file_;
  std::filesystem::path temporary_;
  std::filesystem::path remove_;  ///< what there is of it by now; empty for nothing
};

}  // namespace hardline::store
