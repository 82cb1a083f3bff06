#include "store/old_peers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/old_database.hpp"
#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHash = "03b131fef9459a4a73da0c27e5b9e96362859de6";

TEST(OldPeers, AreReadWithAndWithoutPassword) {
  const TempDir dir;
  make_old_database(dir / "peers.db",
                    {{"secret-" + kHash, R"({"WANHosts": "203.0.113.7:7008,[200:1234::1]:7009"})"},
                     {"-f4525bb0fb13c3ed1816607803ee2991997de13d", R"({"WANHosts":"203.0.113.8:1"})"}});
  const auto peers = read_old_peers(dir / "peers.db");
  ASSERT_THAT(peers, SizeIs(2));
  EXPECT_EQ(peers[0].key.hex(), kHash);
  EXPECT_THAT(peers[0].hosts, ElementsAre(HostPort{"203.0.113.7", 7008}, HostPort{"200:1234::1", 7009}));
  EXPECT_EQ(peers[1].key.brief(), "f4525bb0");
}

TEST(OldPeers, AreLeftOutWhereTheyMakeNoSense) {
  const TempDir dir;
  make_old_database(dir / "peers.db",
                    {{"", ""},
                     {"nonsense", R"({"WANHosts":"203.0.113.7:7008"})"},
                     {kHash, "nonsense"},
                     {kHash, "{}"},
                     {kHash, R"({"WANHosts":7})"},
                     {kHash, R"({"WANHosts":""})"},
                     {kHash, R"({"WANHosts":"203.0.113.7:7008","x":")" + std::string(20'000, 'x') + "\"}"}});
  EXPECT_THAT(read_old_peers(dir / "peers.db"), IsEmpty());
}

TEST(OldPeers, AreOnlyRead) {
  const TempDir dir;
  make_old_database(dir / "peers.db", {{kHash, R"({"WANHosts":"203.0.113.7:7008"})"}});
  const auto before = file_content(dir / "peers.db");
  EXPECT_THAT(read_old_peers(dir / "peers.db"), SizeIs(1));
  EXPECT_EQ(file_content(dir / "peers.db"), before);
  EXPECT_THAT(dir.names(), ElementsAre("peers.db"));
}

TEST(OldPeers, ThrowWhereTheyCannotBeRead) {
  const TempDir dir;
  write_file(dir / "peers.db", "nonsense");
  EXPECT_THROW(read_old_peers(dir / "peers.db"), SqliteError);
  EXPECT_THROW(read_old_peers(dir / "none.db"), SqliteError);
}

}  // namespace
}  // namespace hardline::store
