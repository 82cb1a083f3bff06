#include "hardline/wire/lpd.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace hardline::wire {
namespace {

constexpr auto kKey = "03b131fef9459a4a73da0c27e5b9e96362859de6";
constexpr auto kName = "abc234defg567-03b131fef9459a4a73da0c27e5b9e96362859de6";
constexpr auto kCookie = "6b0d64f5-4c6f-4b4e-9d0b-3d6ad1a9e1fc";

std::string service(const std::string& headers) {
  return "HARDLINE-SERVICE * HTTP/1.1\r\n" + headers + "\r\n\r\n";
}

std::optional<LpdAnnouncement> announcement(const std::string& datagram) {
  const auto message = parse_lpd(datagram);
  if (!message || !std::holds_alternative<LpdAnnouncement>(*message)) return std::nullopt;
  return std::get<LpdAnnouncement>(*message);
}

std::optional<LpdSearch> search(const std::string& datagram) {
  const auto message = parse_lpd(datagram);
  if (!message || !std::holds_alternative<LpdSearch>(*message)) return std::nullopt;
  return std::get<LpdSearch>(*message);
}

LpdAnnouncement an_announcement(const std::string& title) {
  return {*ServiceName::parse(kName), 7008, kCookie, title};
}

TEST(LpdCodec, WritesASearchAsOldPeersDo) {
  EXPECT_EQ(format_lpd(LpdSearch{parse_hash160(kKey), kCookie}),
            "HARDLINE-SEARCH * HTTP/1.1\r\nInfohash: 03b131fef9459a4a73da0c27e5b9e96362859de6\r\n"
            "cookie: 6b0d64f5-4c6f-4b4e-9d0b-3d6ad1a9e1fc\r\n\r\n\r\n");
}

TEST(LpdCodec, WritesTheEmptySearchAsOldPeersDo) {
  EXPECT_EQ(format_lpd(LpdSearch{std::nullopt, "c"}),
            "HARDLINE-SEARCH * HTTP/1.1\r\nInfohash: \r\ncookie: c\r\n\r\n\r\n");
}

TEST(LpdCodec, WritesAnAnnouncementAsOldPeersDo) {
  EXPECT_EQ(format_lpd(an_announcement("My Service")),
            "HARDLINE-SERVICE * HTTP/1.1\r\nPort: 7008\r\n"
            "Infohash: abc234defg567-03b131fef9459a4a73da0c27e5b9e96362859de6\r\n"
            "cookie: 6b0d64f5-4c6f-4b4e-9d0b-3d6ad1a9e1fc\r\ntitle: My Service\r\n\r\n\r\n");
}

TEST(LpdCodec, AnnouncesTheBareKeyOfAServiceWithoutAPassword) {
  const LpdAnnouncement bare{*ServiceName::parse(kKey), 7008, "c", ""};
  EXPECT_NE(format_lpd(bare).find("\r\nInfohash: 03b131fef9459a4a73da0c27e5b9e96362859de6\r\n"), std::string::npos);
}

TEST(LpdCodec, ReadsASearch) {
  const auto read = search(format_lpd(LpdSearch{parse_hash160(kKey), kCookie}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, parse_hash160(kKey));
  EXPECT_EQ(read->cookie, kCookie);
}

TEST(LpdCodec, ReadsTheEmptySearch) {
  const auto read = search("HARDLINE-SEARCH * HTTP/1.1\r\nInfohash: \r\ncookie: c\r\n\r\n\r\n");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->code);
}

TEST(LpdCodec, ReadsUpperCaseCodes) {
  const auto read = search("HARDLINE-SEARCH * HTTP/1.1\r\nInfohash: 03B131FEF9459A4A73DA0C27E5B9E96362859DE6\r\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, parse_hash160(kKey));
}

TEST(LpdCodec, RefusesASearchWithoutACodeOrWithAnUnreadableOne) {
  EXPECT_FALSE(parse_lpd("HARDLINE-SEARCH * HTTP/1.1\r\ncookie: c\r\n\r\n\r\n"));
  EXPECT_FALSE(parse_lpd("HARDLINE-SEARCH * HTTP/1.1\r\nInfohash: 03b1\r\ncookie: c\r\n\r\n\r\n"));
}

TEST(LpdCodec, ReadsAnAnnouncement) {
  const auto read = announcement(format_lpd(an_announcement("Käse: 100 % echt")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name.label(), kName);
  EXPECT_EQ(read->port, 7008);
  EXPECT_EQ(read->cookie, kCookie);
  EXPECT_EQ(read->title, "Käse: 100 % echt");
}

TEST(LpdCodec, ReadsTheDashOfAServiceWithoutAPassword) {
  const auto read = announcement(service(std::string("Port: 7008\r\nInfohash: -") + kKey + "\r\n"));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->name.password);
  EXPECT_EQ(read->name.key.hex(), kKey);
}

TEST(LpdCodec, AcceptsHeadersInAnyOrderAndCase) {
  const auto read =
      announcement(service(std::string("TITLE: T\r\ninfoHash:") + kName + "\r\nCookie: c\r\nport:   1\r\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->title, "T");
  EXPECT_EQ(read->cookie, "c");
  EXPECT_EQ(read->port, 1);
}

TEST(LpdCodec, AcceptsLineFeedsAloneAndNoBlankLineAtTheEnd) {
  EXPECT_TRUE(announcement(std::string("HARDLINE-SERVICE * HTTP/1.1\nPort: 7008\nInfohash: ") + kName));
  EXPECT_TRUE(announcement(std::string("HARDLINE-SERVICE * HTTP/1.1\r\r\nPort: 7008\r\r\nInfohash: ") + kName + "\r"));
}

TEST(LpdCodec, DoesWithoutCookieAndTitle) {
  const auto read = announcement(service(std::string("Port: 7008\r\nInfohash: ") + kName + "\r\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cookie, "");
  EXPECT_EQ(read->title, "");
}

TEST(LpdCodec, TakesTheLastOfEqualHeaders) {
  const auto read = announcement(service(std::string("Port: 1\r\nInfohash: ") + kName + "\r\nPort: 2\r\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->port, 2);
}

TEST(LpdCodec, AcceptsPort65535) {
  const auto read = announcement(service(std::string("Port: 65535\r\nInfohash: ") + kName + "\r\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->port, 65535);
}

TEST(LpdCodec, RefusesWhatIsNoPort) {
  for (const char* port : {"0", "65536", "-1", "7008x", "", "0x10", "7 008"})
    EXPECT_FALSE(parse_lpd(service(std::string("Port: ") + port + "\r\nInfohash: " + kName + "\r\n"))) << port;
  EXPECT_FALSE(parse_lpd(service(std::string("Infohash: ") + kName + "\r\n")));
}

TEST(LpdCodec, RefusesAnAnnouncementWithoutAName) {
  EXPECT_FALSE(parse_lpd(service("Port: 7008\r\n")));
  EXPECT_FALSE(parse_lpd(service("Port: 7008\r\nInfohash: \r\n")));
  EXPECT_FALSE(parse_lpd(service("Port: 7008\r\nInfohash: password\r\n")));
}

TEST(LpdCodec, LeavesBitTorrentAndOthersAlone) {
  EXPECT_FALSE(parse_lpd(std::string("BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: ") +
                         kKey + "\r\ncookie: HARDLINE-SERVICE\r\n\r\n\r\n"));
  EXPECT_FALSE(parse_lpd(""));
  EXPECT_FALSE(parse_lpd("\r\n\r\n"));
  EXPECT_FALSE(parse_lpd(std::string("HARDLINE-SEARCHER * HTTP/1.1\r\nInfohash: \r\n")));
  EXPECT_FALSE(parse_lpd(std::string("hardline-search * HTTP/1.1\r\nInfohash: \r\n")));
}

TEST(LpdCodec, RefusesADatagramThatIsTooLong) {
  const auto shortest = service(std::string("Port: 7008\r\nInfohash: ") + kName + "\r\n");
  const auto longest = shortest + std::string(kMaxLpdDatagram - shortest.size(), '\n');
  EXPECT_TRUE(parse_lpd(longest));
  EXPECT_FALSE(parse_lpd(longest + '\n'));
}

TEST(LpdCodec, CleansTheTitleItReads) {
  const auto read =
      announcement(service(std::string("Port: 7008\r\nInfohash: ") + kName + "\r\ntitle: a\x1b[31m\xff b\r\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->title, "a [31m b");
}

TEST(LpdCodec, LetsNoTitleAddAHeader) {
  const auto read = announcement(format_lpd(an_announcement("T\r\nPort: 22\r\n\r\n")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->port, 7008);
  EXPECT_EQ(read->title, "T  Port: 22");
}

TEST(LpdCodec, LetsNoTitleLookLikeAnotherMessageToOldPeers) {
  for (const char* title : {"HARDLINE-SEARCH", "x HARDLINE-SEARCHHARDLINE-SEARCH", "HARDLINE-SERVICE",
                            "HARDLINE-SEAHARDLINE-SEARCHRCH", "HARDLINE-\xffSEARCH"}) {
    const auto datagram = format_lpd(an_announcement(title));
    EXPECT_EQ(datagram.find("HARDLINE-SEARCH"), std::string::npos) << title;
    EXPECT_EQ(datagram.rfind("HARDLINE-SERVICE"), 0U) << title;
  }
}

TEST(LpdCodec, CutsLongTitlesAndCookiesSoThatTheDatagramFits) {
  const auto long_name = std::string(Password::kMaxLength, 'p') + "-" + kKey;
  const LpdAnnouncement longest{*ServiceName::parse(long_name), 65535, std::string(5000, 'c'), std::string(5000, 't')};
  const auto datagram = format_lpd(longest);
  EXPECT_LE(datagram.size(), kMaxLpdDatagram);
  const auto read = announcement(datagram);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->title, std::string(kMaxLpdTitle, 't'));
  EXPECT_EQ(read->cookie, std::string(kMaxLpdCookie, 'c'));
}

/// What an old peer makes of a header: its rule is the pattern below, a line at a time.
std::optional<std::string> as_old_peers_read(const std::string& datagram, const std::string& wanted) {
  static const std::regex line("(?:^|\n)([^\n]*)?: *([^\n]*?)\r+(?=\n)");
  std::optional<std::string> value;
  for (std::sregex_iterator found(datagram.begin(), datagram.end(), line), end; found != end; ++found)
    if ((*found)[1] == wanted) value = (*found)[2];
  return value;
}

TEST(LpdCodec, WritesWhatOldPeersRead) {
  const auto datagram = format_lpd(an_announcement("My Service"));
  EXPECT_EQ(as_old_peers_read(datagram, "Port"), "7008");
  EXPECT_EQ(as_old_peers_read(datagram, "Infohash"), kName);
  EXPECT_EQ(as_old_peers_read(datagram, "cookie"), kCookie);
  EXPECT_EQ(as_old_peers_read(datagram, "title"), "My Service");
  EXPECT_EQ(as_old_peers_read(format_lpd(LpdSearch{std::nullopt, kCookie}), "Infohash"), "");
}

}  // namespace
}  // namespace hardline::wire
