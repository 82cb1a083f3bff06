// Where a cached service's folder is, and whether it may be that one: what is in it is served to strangers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "hardline/store/service_file.hpp"

namespace hardline::store {

/// The folder of a service whose origin is a cache, absolute and without a slash at its end; a relative one is below
/// `state`, which is absolute. Throws ConfigError where the daemon's own files would lie in it: for `/`, and for what
/// is, or has within it, the state folder or the folder of the service file. Links are followed, as far as there is
/// something.
std::filesystem::path cache_directory(const ServiceFile& service, const std::filesystem::path& state);

/// What is unwise about the folder, which is absolute, though it works; nullopt if nothing is.
std::optional<std::string> remark_on_directory(const ServiceFile& service);

/// Whether the folders are the same, or one is within the other. Links are followed.
bool overlap(const std::filesystem::path& one, const std::filesystem::path& other);

/// Why a cache with this folder, which is absolute, will not work for this process's user; nullopt if it will. A folder
/// that can be made is not missing, except of a service that has nothing but its folder.
std::optional<std::string> problem_with_directory(const CacheSettings& cache);

}  // namespace hardline::store
