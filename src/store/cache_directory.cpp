#include "hardline/store/cache_directory.hpp"

#include <unistd.h>

#include <algorithm>

#include "hardline/store/config_error.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

/// Without a slash at the end, which would be one more component, an empty one.
fs::path without_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

fs::path links_followed(const fs::path& path) {
  std::error_code unknown;
  const auto real = fs::weakly_canonical(path, unknown);
  return without_slash(unknown ? path.lexically_normal() : real);
}

bool is_or_contains(const fs::path& folder, const fs::path& other) {
  const auto outer = links_followed(folder), inner = links_followed(other);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

}  // namespace

fs::path cache_directory(const ServiceFile& service, const fs::path& state) {
  const auto given = std::get<CacheSettings>(service.origin).directory;
  const auto directory = without_slash((state / given).lexically_normal());
  const auto refuse_if_in_it = [&](const fs::path& own, const std::string& what) {
    if (is_or_contains(directory, own))
      throw ConfigError(service.file, 0, "directory",
                        "must not be " + directory.string() + ": " + what + " is there, " + own.string() +
                            ", and anyone could ask for it; choose a separate folder");
  };
  refuse_if_in_it(state, "the daemon's state");
  refuse_if_in_it(service.file.parent_path(), "the folder of the service files");
  return directory;
}

std::optional<std::string> remark_on_directory(const ServiceFile& service) {
  const auto& directory = std::get<CacheSettings>(service.origin).directory;
  if (!is_or_contains(directory, service.certfile)) return std::nullopt;
  return service.file.string() + ": directory: the service's key is in " + directory.string() +
         ", which anyone may read; files of that kind are never served, but keep it elsewhere";
}

bool overlap(const fs::path& one, const fs::path& other) {
  return is_or_contains(one, other) || is_or_contains(other, one);
}

std::optional<std::string> problem_with_directory(const CacheSettings& cache) {
  const auto& directory = cache.directory;
  std::error_code error;
  const auto status = fs::status(directory, error);
  const bool missing = status.type() == fs::file_type::not_found;
  if (missing && cache.upstream && fs::is_directory(directory.parent_path(), error)) return std::nullopt;
  if (missing) return directory.string() + ": there is no such folder";
  if (error) return directory.string() + ": " + error.message();
  if (!fs::is_directory(status)) return directory.string() + ": is not a folder";
  if (::access(directory.c_str(), R_OK | X_OK) != 0) return directory.string() + ": this user may not read the folder";
  if (cache.upstream && ::access(directory.c_str(), W_OK) != 0)
    return directory.string() + ": this user may not write to the folder, so that no copy can be kept";
  return std::nullopt;
}

}  // namespace hardline::store
