#include "sqlite.hpp"

#include "hardline/base/log.hpp"

namespace hardline::store {
namespace {

constexpr int kBusyTimeoutMs = 2000;  // somebody looks into the database with a tool of theirs

}  // namespace

bool SqliteError::is_of_the_place() const {
  switch (code_) {
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
    case SQLITE_AUTH: return true;
    default: return false;
  }
}

Query::Query(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

bool Query::next() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) check(code);
  return code == SQLITE_ROW;
}

std::string_view Query::bytes(int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {data, data ? static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)) : 0};
}

void Query::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index, value));
}

void Query::bind(int index, const std::optional<std::int64_t>& value) {
  if (value)
    bind(index, *value);
  else
    check(sqlite3_bind_null(statement_.get(), index));
}

void Query::bind(int index, std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::bind(int index, std::span<const std::uint8_t> blob) {
  check(sqlite3_bind_blob64(statement_.get(), index, blob.data(), blob.size(), SQLITE_TRANSIENT));
}

void Query::check(int code) {
  if (code != SQLITE_OK) throw SqliteError(code, sqlite3_errmsg(database_));
}

Database::Database(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);  // there is one to close even where it could not be opened
  if (code != SQLITE_OK) throw SqliteError(code, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
}

void Database::script(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw SqliteError(code, sqlite3_errmsg(handle_.get()));
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const SqliteError& e) {
    // SQLite has already rolled back after some errors, a full disk among them.
    log::debug("store: rollback: {}", e.what());
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace hardline::store
