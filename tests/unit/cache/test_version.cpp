#include "cache/version.hpp"

#include <gtest/gtest.h>

#include "hardline/http/date.hpp"

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;

FileStamp stamp(std::uint64_t size = 5) {
  return {1, 2, size, FileTime(784'111'777'500ms)};
}

TEST(Version, OfAFileIsWhatItsNameAndTimeSay) {
  const auto version = version_of_file(stamp(), "/foo/a.css", nullptr, "body{}");
  EXPECT_EQ(version->status, 200);
  EXPECT_EQ(version->type_line, "Content-Type: text/css; charset=utf-8\r\n");
  EXPECT_NE(version->fields.find("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), std::string::npos);
  EXPECT_FALSE(version->etag_is_upstreams);
  EXPECT_FALSE(version->refused);
  EXPECT_FALSE(version->has_date);
}

TEST(Version, HasAnotherTagWhenTheFileChanges) {
  const auto tag = version_of_file(stamp(), "/a", nullptr, "")->validators.etag;
  EXPECT_TRUE(tag.starts_with('"') && tag.ends_with('"')) << tag;
  EXPECT_EQ(version_of_file(stamp(), "/a", nullptr, "")->validators.etag, tag);
  EXPECT_NE(version_of_file(stamp(6), "/a", nullptr, "")->validators.etag, tag);
  auto later = stamp();
  later.modified += 1ms;
  EXPECT_NE(version_of_file(later, "/a", nullptr, "")->validators.etag, tag);
}

TEST(Version, OfAFolderWithoutATypeIsHtml) {
  const wire::Sidecar bare;
  EXPECT_EQ(version_of_file(stamp(), "/foo/", &bare, "")->type_line, "Content-Type: text/html; charset=utf-8\r\n");
}

TEST(Version, OfACopyIsWhatItsSidecarSays) {
  const wire::Sidecar sidecar{301,
                              "/a",
                              {{"Content-Type", "text/x"},
                               {"ETag", "W/\"1\""},
                               {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                               {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                               {"Content-Encoding", "GZIP"},
                               {"Vary", "Accept-Encoding"},
                               {"Cache-Control", "max-age=60"},
                               {"Location", "/b"}}};
  const auto version = version_of_file(stamp(), "/a", &sidecar, "");
  EXPECT_EQ(version->status, 301);
  EXPECT_EQ(version->target, "/a");
  EXPECT_EQ(version->validators.etag, "W/\"1\"");
  EXPECT_TRUE(version->etag_is_upstreams);
  EXPECT_EQ(version->validators.last_modified, http::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_EQ(version->control.max_age, 60s);
  EXPECT_TRUE(version->gzip);
  EXPECT_TRUE(version->has_date);
  EXPECT_EQ(version->type_line, "Content-Type: text/x\r\n");
  EXPECT_EQ(version->fields,
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Cache-Control: max-age=60\r\nLocation: /b\r\n");
}

TEST(Version, OfAKeyIsRefused) {
  EXPECT_TRUE(version_of_file(stamp(), "/a.txt", nullptr, "-----BEGIN PRIVATE KEY-----\n")->refused);
}

TEST(VersionMemory, KnowsAVersionByItsStamp) {
  VersionMemory memory(2);
  const auto version = version_of_file(stamp(), "/a", nullptr, "");
  memory.keep("a", version);
  EXPECT_EQ(memory.find("a", stamp()), version);
  EXPECT_EQ(memory.find("b", stamp()), nullptr);
  EXPECT_EQ(memory.find("a", stamp(6)), nullptr);
  EXPECT_EQ(memory.find("a", stamp()), nullptr) << "it was of a file that is no more";
}

TEST(VersionMemory, ForgetsTheOneNotAskedForLongest) {
  VersionMemory memory(2);
  const auto version = version_of_file(stamp(), "/a", nullptr, "");
  memory.keep("a", version);
  memory.keep("b", version);
  memory.find("a", stamp());
  memory.keep("c", version);
  EXPECT_EQ(memory.find("b", stamp()), nullptr);
  EXPECT_NE(memory.find("a", stamp()), nullptr);
  EXPECT_NE(memory.find("c", stamp()), nullptr);
  memory.forget("c");
  EXPECT_EQ(memory.find("c", stamp()), nullptr);
}

}  // namespace
}  // namespace hardline::cache
