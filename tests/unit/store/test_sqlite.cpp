#include "store/sqlite.hpp"

#include <gtest/gtest.h>

#include <array>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

constexpr int kCreate = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

std::int64_t count(Database& database) {
  auto query = database.query("SELECT count(*) FROM t");
  query.next();
  return query.integer(0);
}

TEST(Sqlite, KeepsEveryTypeAsItWas) {
  Database database(":memory:", kCreate);
  database.script("CREATE TABLE t (a, b, c, d); CREATE TABLE u (a);");
  const std::array<std::uint8_t, 3> blob{0, 255, 1};
  database.run("INSERT INTO t VALUES (?1, ?2, ?3, NULL)", 1LL << 40, std::string("a\0b", 3), blob);

  auto row = database.query("SELECT a, b, c, d FROM t WHERE c = ?1", blob);
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.integer(0), 1LL << 40);
  EXPECT_EQ(row.bytes(1), std::string_view("a\0b", 3));
  EXPECT_EQ(row.bytes(2), std::string_view("\0\xff\1", 3));
  EXPECT_FALSE(row.is_null(2));
  EXPECT_TRUE(row.is_null(3));
  EXPECT_EQ(row.bytes(3), "");
  EXPECT_FALSE(row.next());
}

TEST(Sqlite, UndoesATransactionThatIsNotCommitted) {
  Database database(":memory:", kCreate);
  database.script("CREATE TABLE t (a)");
  {
    Transaction transaction(database);
    database.run("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(count(database), 0);
  {
    Transaction transaction(database);
    database.run("INSERT INTO t VALUES (1)");
    transaction.commit();
  }
  EXPECT_EQ(count(database), 1);
}

TEST(Sqlite, ThrowsWhatItsFileCannotDo) {
  const TempDir dir;
  try {
    Database database((dir / "none/a.db").string(), kCreate);
    FAIL();
  } catch (const SqliteError& e) {
    EXPECT_EQ(e.code(), SQLITE_CANTOPEN);
    EXPECT_TRUE(e.is_of_the_place());
  }
}

TEST(Sqlite, ThrowsWhatItsContentCannotDo) {
  const TempDir dir;
  write_file(dir / "a.db", std::string(5000, 'x'));
  Database database((dir / "a.db").string(), kCreate);
  try {
    database.run("SELECT * FROM t");
    FAIL();
  } catch (const SqliteError& e) {
    EXPECT_EQ(e.code(), SQLITE_NOTADB);
    EXPECT_FALSE(e.is_of_the_place());
  }
}

TEST(Sqlite, KnowsWhatIsReadOnly) {
  const TempDir dir;
  const auto file = (dir / "a.db").string();
  Database writable(file, kCreate);
  writable.script("CREATE TABLE t (a)");
  EXPECT_FALSE(writable.is_read_only());
  EXPECT_TRUE(Database(file, SQLITE_OPEN_READONLY).is_read_only());
}

}  // namespace
}  // namespace hardline::store
