// A peers.db as the old program made it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite.hpp"

namespace hardline::store {

inline void make_old_database(const std::filesystem::path& file,
                              const std::vector<std::pair<std::string, std::string>>& id_and_info) {
  Database database(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  database.script("CREATE TABLE peers (serviceID TEXT, info TEXT)");
  for (const auto& [id, info] : id_and_info) database.run("INSERT INTO peers VALUES (?1, ?2)", id, info);
}

}  // namespace hardline::store
