// SQLite's C interface (sqlite.org/c3ref) with objects that close themselves and errors that are thrown.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hardline::store {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& what) : std::runtime_error(what), code_(code & 0xff) {}

  int code() const { return code_; }  ///< SQLITE_FULL and the like, without the extension

  /// Whether it is the file's place that is at fault, not its content: another file would fare no better there.
  bool is_of_the_place() const;

 private:
  int code_;
};

/// A query and where it has got to. Its columns count from 0 and are read after next() returned true.
class Query {
 public:
  bool next();

  std::int64_t integer(int column) { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  std::string_view bytes(int column);  ///< of a text or a blob; good until next()

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  Query(sqlite3* database, std::string_view sql);
  void bind(int index, std::int64_t value);
  void bind(int index, const std::optional<std::int64_t>& value);  ///< NULL for none
  void bind(int index, std::string_view text);
  void bind(int index, std::span<const std::uint8_t> blob);
  void check(int code);

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  /// `flags` as for sqlite3_open_v2(). Throws SqliteError, as everything here does.
  Database(const std::string& name, int flags);

  /// The arguments are those of `?1`, `?2` and so on, and are copied.
  template <class... Arguments>
  Query query(std::string_view sql, const Arguments&... arguments) {
    Query query(handle_.get(), sql);
    [[maybe_unused]] int index = 0;
    (query.bind(++index, arguments), ...);
    return query;
  }

  /// For what has no rows to read.
  template <class... Arguments>
  void run(std::string_view sql, const Arguments&... arguments) {
    auto running = query(sql, arguments...);
    while (running.next()) continue;
  }

  /// Several statements, separated by semicolons, without arguments.
  void script(const char* sql);

  bool is_read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// Undone when it is destroyed before commit().
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace hardline::store
