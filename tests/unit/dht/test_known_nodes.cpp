#include "dht/known_nodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/log_capture.hpp"
#include "store/temp_dir.hpp"

namespace hardline::dht {
namespace {

using store::LogCapture;
using store::TempDir;
using store::write_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

udp::endpoint node(const std::string& address, std::uint16_t port) {
  return {asio::ip::make_address(address), port};
}

TEST(KnownNodes, AreReadAsTheyWereWritten) {
  const TempDir dir;
  EXPECT_FALSE(save_known_nodes(dir / "nodes", {node("203.0.113.7", 4222), node("2001:db8::1", 4223)}));
  EXPECT_EQ(store::file_content(dir / "nodes"), "203.0.113.7:4222\n[2001:db8::1]:4223\n");
  EXPECT_THAT(load_known_nodes(dir / "nodes"), ElementsAre(node("203.0.113.7", 4222), node("2001:db8::1", 4223)));
}

TEST(KnownNodes, ReplaceThoseOfBefore) {
  const TempDir dir;
  EXPECT_FALSE(save_known_nodes(dir / "nodes", {node("203.0.113.7", 4222)}));
  EXPECT_FALSE(save_known_nodes(dir / "nodes", {node("203.0.113.8", 4222)}));
  EXPECT_THAT(load_known_nodes(dir / "nodes"), ElementsAre(node("203.0.113.8", 4222)));
  EXPECT_THAT(dir.names(), ElementsAre("nodes"));
}

TEST(KnownNodes, AreNobodyElsesBusiness) {
  const TempDir dir;
  EXPECT_FALSE(save_known_nodes(dir / "nodes", {node("203.0.113.7", 4222)}));
  EXPECT_EQ(std::filesystem::status(dir / "nodes").permissions(), static_cast<std::filesystem::perms>(0600));
}

TEST(KnownNodes, AreAFewDozenAtMost) {
  const TempDir dir;
  std::vector<udp::endpoint> many;
  std::string text;
  for (std::size_t i = 1; i <= 2 * kMaxKnownNodes; ++i) {
    many.push_back(node("203.0.113.7", static_cast<std::uint16_t>(i)));
    text += "203.0.113.7:" + std::to_string(i) + "\n";
  }
  EXPECT_FALSE(save_known_nodes(dir / "nodes", many));
  write_file(dir / "longer", text);
  EXPECT_THAT(load_known_nodes(dir / "nodes"), SizeIs(kMaxKnownNodes));
  EXPECT_THAT(load_known_nodes(dir / "longer"), SizeIs(kMaxKnownNodes));
}

TEST(KnownNodes, AreNoneWithoutAFileAndThatIsNothingToTell) {
  const TempDir dir;
  const LogCapture log;
  EXPECT_THAT(load_known_nodes(dir / "nodes"), IsEmpty());
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(KnownNodes, AreNoneWhereTheFileIsDamagedAndThatIsLogged) {
  const std::string damaged[] = {"203.0.113.7:4222\n203.0.1",
                                 "203.0.113.7:4222\nexample.org:4222\n",
                                 "203.0.113.7:0\n",
                                 std::string("\0\0\0\0", 4),
                                 "\n",
                                 std::string(100'000, '1')};
  for (const auto& text : damaged) {
    const TempDir dir;
    const LogCapture log;
    write_file(dir / "nodes", text);
    EXPECT_THAT(load_known_nodes(dir / "nodes"), IsEmpty()) << text;
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("is ignored"))) << text;
  }
}

TEST(KnownNodes, SayWhyTheyCannotBeWritten) {
  const TempDir dir;
  EXPECT_EQ(save_known_nodes(dir / "no-such-folder/nodes", {node("203.0.113.7", 4222)}),
            std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace hardline::dht
