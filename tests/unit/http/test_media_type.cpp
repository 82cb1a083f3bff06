#include "hardline/http/media_type.hpp"

#include <gtest/gtest.h>

namespace hardline::http {
namespace {

TEST(MediaType, KnowsTheWebsOwn) {
  EXPECT_EQ(media_type_of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("style.css"), "text/css; charset=utf-8");
  EXPECT_EQ(media_type_of("app.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("app.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("data.json"), "application/json");
  EXPECT_EQ(media_type_of("logo.svg"), "image/svg+xml");
  EXPECT_EQ(media_type_of("site.webmanifest"), "application/manifest+json");
  EXPECT_EQ(media_type_of("x.wasm"), "application/wasm");
}

TEST(MediaType, KnowsWhatPlays) {
  EXPECT_EQ(media_type_of("a.mp4"), "video/mp4");
  EXPECT_EQ(media_type_of("a.webm"), "video/webm");
  EXPECT_EQ(media_type_of("a.ts"), "video/mp2t");
  EXPECT_EQ(media_type_of("a.m3u8"), "application/vnd.apple.mpegurl");
  EXPECT_EQ(media_type_of("a.opus"), "audio/ogg");
  EXPECT_EQ(media_type_of("a.vtt"), "text/vtt; charset=utf-8");
}

TEST(MediaType, KnowsTheFirstAndTheLastOfItsTable) {
  EXPECT_EQ(media_type_of("a.3gp"), "video/3gpp");
  EXPECT_EQ(media_type_of("a.7z"), "application/x-7z-compressed");
  EXPECT_EQ(media_type_of("a.zst"), "application/zstd");
}

TEST(MediaType, LooksAtTheLastExtensionInAnyCase) {
  EXPECT_EQ(media_type_of("a.MP4"), "video/mp4");
  EXPECT_EQ(media_type_of("backup.tar.gz"), "application/gzip");
  EXPECT_EQ(media_type_of("folder/a.html.png"), "image/png");
}

TEST(MediaType, DoesNotGuess) {
  for (const char* name : {"", ".", "html", "a.", "a.html~", "a.unknown", "folder.html/file", "a.aaa", "a.zzz"})
    EXPECT_EQ(media_type_of(name), "application/octet-stream") << name;
}

}  // namespace
}  // namespace hardline::http
