#include "hardline/cache/cache_origin.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <stdlib.h>
#include <utime.h>

#include <filesystem>
#include <fstream>

#include "hardline/http/date.hpp"
#include "support/http.hpp"
#include "support/http_server.hpp"
#include "support/streams.hpp"

namespace hardline::cache {
namespace {

namespace fs = std::filesystem;
using support::http_answer;
using support::HttpResponse;
using support::reading_to_end;
using support::writing;

/// A cache on a folder of its own, asked as a tunnel asks it.
class CacheOriginTest : public testing::Test {
 protected:
  CacheOriginTest() {
    auto pattern = (fs::temp_directory_path() / "hardline-cache-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    settings.directory = folder;
  }
  ~CacheOriginTest() override {
    streams.clear();
    if (origin) origin->close();
    if (origin) io.await(tasks.join());
    fs::remove_all(folder);
  }

  void put(const std::string& name, const std::string& content) {
    const auto file = folder / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  std::string content_of(const std::string& name) {
    std::ifstream file(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool exists(const std::string& name) { return fs::exists(folder / name); }
  void make_old(const std::string& name, std::chrono::seconds age) {
    fs::last_write_time(folder / name, fs::file_time_type::clock::now() - age);
  }

  void front_of(support::HttpListener& upstream) {
    settings.upstream = Upstream{HostPort{"127.0.0.1", upstream.port()}, false, true};
  }

  CacheOrigin& cache() {
    if (!origin) origin.emplace(settings, CacheTools{io.executor(), buffers, resolver, disk, tasks});
    return *origin;
  }

  /// Begins to ask: what the connection brings until it ends.
  support::Running<support::ReadToEnd> asking(const std::string& request) {
    auto stream = io.await(cache().connect());
    streams.push_back(std::move(*stream));
    io.await(writing(*streams.back(), request));
    return io.start(reading_to_end(*streams.back()));
  }
  static std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n";
  }
  HttpResponse ask(const std::string& request) { return HttpResponse::parse(asking(request).get().text); }

  /// What is answered to `request` when `upstream` answers with `answer` and closes.
  HttpResponse fetched(support::HttpListener& upstream, const std::string& request, const std::string& answer) {
    auto asked = asking(request);
    auto peer = upstream.accept();
    peer.request();
    peer.send(answer);
    peer.end();
    return HttpResponse::parse(asked.get().text);
  }

  /// Leaves, and waits until nothing is being fetched or put in place.
  void finish_fetches() {
    streams.clear();
    ASSERT_TRUE(io.run_until([this] { return tasks.size() == 0; }));
  }

  fs::path folder;
  CacheSettings settings;
  support::TestIo io;
  Resolver resolver;
  BufferPool buffers;
  asio::thread_pool disk{2};
  TaskGroup tasks{io.executor()};
  std::vector<std::unique_ptr<ByteStream>> streams;
  std::optional<CacheOrigin> origin;
};

TEST_F(CacheOriginTest, ServesAFileByItsName) {
  put("foo/my file.txt", "content");
  const auto answer = ask(get("/foo/my%20file.txt"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "content");
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("Content-Length"), "7");
  EXPECT_EQ(answer.field("Accept-Ranges"), "bytes");
  EXPECT_NE(answer.field("ETag"), "");
  EXPECT_NE(answer.field("Last-Modified"), "");
  EXPECT_NE(answer.field("Date"), "");
}

TEST_F(CacheOriginTest, ServesTheIndexOfAFolder) {
  put("foo/index.html", "<p>index");
  const auto answer = ask(get("/foo/"));
  EXPECT_EQ(answer.body, "<p>index");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
}

TEST_F(CacheOriginTest, SendsAFolderWithoutASlashToTheOneWithIt) {
  put("my foo/index.html", "index");
  const auto answer = ask(get("/my%20foo?a=b"));
  EXPECT_EQ(answer.status, 301);
  EXPECT_EQ(answer.field("Location"), "/my%20foo/?a=b");
}

TEST_F(CacheOriginTest, ShowsAFolderOnlyWhereThatIsAllowed) {
  put("foo/bar.txt", "x");
  EXPECT_EQ(ask(get("/foo/")).status, 403);
  streams.clear();
  origin->close();
  io.await(tasks.join());
  origin.reset();
  settings.allow_listing = true;
  const auto answer = ask(get("/foo/"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("bar.txt"), std::string::npos);
}

TEST_F(CacheOriginTest, AnswersHeadWithoutABody) {
  put("a.txt", "content");
  const auto answer = ask("HEAD /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Length"), "7");
  EXPECT_EQ(answer.body, "");
}

TEST_F(CacheOriginTest, TakesNothing) {
  const auto answer = ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD");
}

TEST_F(CacheOriginTest, AnswersRequestAfterRequest) {
  put("a.txt", "first");
  put("b.txt", "second");
  const auto read = asking("GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n" + get("/b.txt")).get();
  EXPECT_FALSE(read.error);
  const auto second = read.text.find("HTTP/1.1", 8);
  ASSERT_NE(second, std::string::npos);
  EXPECT_EQ(HttpResponse::parse(read.text.substr(0, second)).body, "first");
  EXPECT_EQ(HttpResponse::parse(read.text.substr(second)).body, "second");
}

TEST_F(CacheOriginTest, ServesPartsOfAFile) {
  put("a.bin", "0123456789");
  const auto part = ask(get("/a.bin", "Range: bytes=2-4\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.field("Content-Range"), "bytes 2-4/10");
  const auto last = ask(get("/a.bin", "Range: bytes=-3\r\n"));
  EXPECT_EQ(last.body, "789");
  const auto beyond = ask(get("/a.bin", "Range: bytes=10-\r\n"));
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.field("Content-Range"), "bytes */10");
}

TEST_F(CacheOriginTest, ServesSeveralPartsInOneAnswer) {
  put("a.txt", "0123456789");
  const auto answer = ask(get("/a.txt", "Range: bytes=0-1,8-\r\n"));
  EXPECT_EQ(answer.status, 206);
  const auto type = answer.field("Content-Type");
  ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
  const auto boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(answer.body,
            "\r\n--" + boundary +
                "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" +
                boundary +
                "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--" +
                boundary + "--\r\n");
  EXPECT_EQ(answer.field("Content-Length"), std::to_string(answer.body.size()));
}

TEST_F(CacheOriginTest, SaysThatWhatTheClientHasIsCurrent) {
  put("a.txt", "content");
  const auto etag = ask(get("/a.txt")).field("ETag");
  const auto same = ask(get("/a.txt", "If-None-Match: " + etag + "\r\n"));
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.field("ETag"), etag);
  put("a.txt", "other content");
  EXPECT_EQ(ask(get("/a.txt", "If-None-Match: " + etag + "\r\n")).status, 200);
}

TEST_F(CacheOriginTest, SendsALargeFileWhole) {
  const auto content = support::noise(5'000'000, 1);
  put("a.bin", content);
  EXPECT_EQ(ask(get("/a.bin")).body, content);
}

TEST_F(CacheOriginTest, NeverServesAKeyWhateverItIsCalled) {
  put("a.txt", "-----BEGIN PRIVATE KEY-----\n");
  put("a.cert", "x");
  EXPECT_EQ(ask(get("/a.txt")).status, 404);
  EXPECT_EQ(ask(get("/a.cert")).status, 404);
}

TEST_F(CacheOriginTest, KeepsWhatUpstreamAnswers) {
  support::HttpListener upstream(io);
  front_of(upstream);
  auto first = asking(get("/foo/bar?x=1", "Cookie: secret\r\nAuthorization: secret\r\n"));
  auto peer = upstream.accept();
  const auto request = peer.request();
  EXPECT_TRUE(request.starts_with("GET /foo/bar?x=1 HTTP/1.1\r\n")) << request;
  EXPECT_EQ(request.find("secret"), std::string::npos);
  peer.send(http_answer("content", "200 OK", "Content-Type: text/x\r\nETag: \"1\"\r\nX-Other: y\r\n"));
  peer.end();
  const auto miss = HttpResponse::parse(first.get().text);
  EXPECT_EQ(miss.body, "content");
  EXPECT_EQ(miss.field("X-Cache"), "miss");
  finish_fetches();
  EXPECT_EQ(content_of("foo/bar%3Fx%3D1@http"), "content");
  EXPECT_TRUE(exists("foo/bar%3Fx%3D1@http.headers"));
  const auto hit = ask(get("/foo/bar?x=1"));
  EXPECT_EQ(hit.body, "content");
  EXPECT_EQ(hit.field("X-Cache"), "hit");
  EXPECT_EQ(hit.field("Age"), "0");
  EXPECT_EQ(hit.field("Content-Type"), "text/x");
  EXPECT_EQ(hit.field("ETag"), "\"1\"");
  EXPECT_EQ(hit.field("X-Other"), "");
}

TEST_F(CacheOriginTest, AsksOnceForManyWhoWantTheSame) {
  support::HttpListener upstream(io);
  front_of(upstream);
  const auto content = support::noise(1'000'000, 2);
  std::vector<support::Running<support::ReadToEnd>> asked;
  for (int i = 0; i < 10; ++i) asked.push_back(asking(get("/big")));
  auto peer = upstream.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
  peer.send(content.substr(0, 400'000));
  asked.push_back(asking(get("/big")));
  peer.send(content.substr(400'000));
  peer.end();
  for (auto& one : asked) EXPECT_EQ(HttpResponse::parse(one.get().text).body, content);
  finish_fetches();
  EXPECT_EQ(content_of("big@http"), content);
  EXPECT_FALSE(upstream.has_another());
}

TEST_F(CacheOriginTest, SendsOctetsAsTheyArrive) {
  support::HttpListener upstream(io);
  front_of(upstream);
  auto stream = io.await(cache().connect());
  io.await(writing(**stream, get("/slow")));
  auto peer = upstream.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  std::string begin;
  while (begin.find("01234") == std::string::npos) begin += io.await(support::reading(**stream, 1));
  peer.send("56789");
  EXPECT_EQ(io.await(reading_to_end(**stream)).text, "56789");
}

TEST_F(CacheOriginTest, AsksWhetherAnOldCopyIsCurrent) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a@http", "content");
  put("a@http.headers",
      R"({"Content-Type": "text/plain", "ETag": "\"1\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"})");
  make_old("a@http", std::chrono::hours(24 * 8));
  auto asked = asking(get("/a"));
  auto peer = upstream.accept();
  const auto request = peer.request();
  EXPECT_NE(request.find("If-None-Match: \"1\"\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), std::string::npos) << request;
  peer.send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
  peer.end();
  const auto answer = HttpResponse::parse(asked.get().text);
  EXPECT_EQ(answer.body, "content");
  EXPECT_EQ(answer.field("X-Cache"), "hit");
  finish_fetches();
  EXPECT_EQ(ask(get("/a")).field("X-Cache"), "hit");  // without a question
  EXPECT_FALSE(upstream.has_another());
}

TEST_F(CacheOriginTest, KeepsTheFileThatUpstreamAnswersForOneVisitorAlone) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a.txt", "by hand");
  make_old("a.txt", std::chrono::hours(24 * 8));
  auto asked = asking(get("/a.txt"));
  auto peer = upstream.accept();
  peer.request();
  peer.send(http_answer("for you", "200 OK", "Set-Cookie: a=b\r\n"));
  peer.end();
  EXPECT_EQ(HttpResponse::parse(asked.get().text).body, "for you");
  finish_fetches();
  EXPECT_EQ(content_of("a.txt"), "by hand");
}

TEST_F(CacheOriginTest, KeepsOtherThingsWhereOneHasNoPlace) {
  support::HttpListener upstream(io);
  front_of(upstream);
  fs::create_symlink("/", folder / "elsewhere");
  for (const auto* target : {"/elsewhere/a", "/b"}) {
    EXPECT_EQ(fetched(upstream, get(target), http_answer("content")).body, "content");
    finish_fetches();
  }
  EXPECT_TRUE(exists("b@http"));
}

TEST_F(CacheOriginTest, ServesTheOldCopyWhileUpstreamIsDown) {
  {
    support::HttpListener gone(io);
    front_of(gone);
  }
  put("a@http", "content");
  make_old("a@http", std::chrono::hours(24 * 8));
  const auto answer = ask(get("/a"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "content");
  EXPECT_EQ(answer.field("X-Cache"), "stale");
  EXPECT_EQ(answer.field("Warning"), "110 - \"Response is Stale\"");
  EXPECT_GE(std::stol(answer.field("Age")), 8 * 24 * 3600);
  EXPECT_EQ(ask(get("/other")).status, 502);
}

TEST_F(CacheOriginTest, ListsWhatThereIsWhileUpstreamIsDown) {
  {
    support::HttpListener gone(io);
    front_of(gone);
  }
  settings.allow_listing = true;
  put("foo/bar@http", "content");
  const auto answer = ask(get("/foo/"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("bar"), std::string::npos);
}

TEST_F(CacheOriginTest, ReplacesAnOldCopyByWhatIsNew) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a@http", "old");
  make_old("a@http", std::chrono::hours(24 * 8));
  EXPECT_EQ(fetched(upstream, get("/a"), http_answer("new")).body, "new");
  finish_fetches();
  EXPECT_EQ(content_of("a@http"), "new");
}

TEST_F(CacheOriginTest, DropsTheCopyOfWhatIsGone) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a@http", "old");
  make_old("a@http", std::chrono::hours(24 * 8));
  const auto answer = fetched(upstream, get("/a"), http_answer("no such thing", "404 Not Found"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, "no such thing");
  finish_fetches();
  EXPECT_FALSE(exists("a@http"));
}

TEST_F(CacheOriginTest, PrefersTheFileThatSomebodyPutThere) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a.txt", "by hand");
  put("a.txt@http", "fetched");
  EXPECT_EQ(ask(get("/a.txt")).body, "by hand");
  make_old("a.txt", std::chrono::hours(24 * 8));
  auto asked = asking(get("/a.txt"));
  auto peer = upstream.accept();
  EXPECT_EQ(peer.request().find("Accept-Encoding"), std::string::npos);
  peer.send(http_answer("newer"));
  peer.end();
  EXPECT_EQ(HttpResponse::parse(asked.get().text).body, "newer");
  finish_fetches();
  EXPECT_EQ(content_of("a.txt"), "newer");
}

TEST_F(CacheOriginTest, KeepsTheFileThatUpstreamDoesNotKnow) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a.txt", "by hand");
  make_old("a.txt", std::chrono::hours(24 * 8));
  auto asked = asking(get("/a.txt"));
  auto peer = upstream.accept();
  peer.request();
  peer.send(http_answer("", "404 Not Found"));
  peer.end();
  EXPECT_EQ(HttpResponse::parse(asked.get().text).body, "by hand");
  finish_fetches();
  EXPECT_EQ(ask(get("/a.txt")).body, "by hand");  // and is not asked again for a while
  EXPECT_FALSE(upstream.has_another());
}

TEST_F(CacheOriginTest, PassesOnWhatIsNotForEverybody) {
  support::HttpListener upstream(io);
  front_of(upstream);
  for (const auto* fields : {"Set-Cookie: a=b\r\n", "Cache-Control: private\r\n", "Cache-Control: no-store\r\n",
                             "Vary: Cookie\r\n", "Content-Encoding: br\r\n"}) {
    const auto answer = fetched(upstream, get("/a"), http_answer("content", "200 OK", fields));
    EXPECT_EQ(answer.body, "content");
    EXPECT_EQ(answer.field("X-Cache"), "miss");
    const std::string field(fields);
    const auto colon = field.find(": ");
    EXPECT_EQ(answer.field(field.substr(0, colon)), field.substr(colon + 2, field.size() - colon - 4));
    finish_fetches();
    EXPECT_FALSE(exists("a@http")) << fields;
  }
}

TEST_F(CacheOriginTest, TellsTheClientThatABodyWasCut) {
  support::HttpListener upstream(io);
  front_of(upstream);
  auto asked = asking(get("/a"));
  auto peer = upstream.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  peer.end();
  EXPECT_TRUE(asked.get().error);
  finish_fetches();
  EXPECT_FALSE(exists("a@http"));
}

TEST_F(CacheOriginTest, KeepsRedirectsAndTheirPlace) {
  support::HttpListener upstream(io);
  front_of(upstream);
  EXPECT_EQ(fetched(upstream, get("/a"),
                    http_answer("", "301 Moved Permanently",
                                "Location: http://127.0.0.1:" + std::to_string(upstream.port()) + "/a/\r\n"))
                .field("Location"),
            "/a/");
  finish_fetches();
  const auto kept = ask(get("/a"));
  EXPECT_EQ(kept.status, 301);
  EXPECT_EQ(kept.field("Location"), "/a/");
  EXPECT_EQ(kept.field("X-Cache"), "hit");
}

TEST_F(CacheOriginTest, UnderstandsWhatHardlineP2PHasLeft) {
  {
    support::HttpListener gone(io);
    front_of(gone);
  }
  put("@http", "<p>root");
  put("@http.headers", R"({"Content-Type": "text/html", "Server": "old", "Content-Range": null})");
  put("foo/@http", "folder");
  put("foo/bar@http", "bar");
  EXPECT_EQ(ask(get("/")).body, "<p>root");
  EXPECT_EQ(ask(get("/foo/")).body, "folder");
  EXPECT_EQ(ask(get("/foo/bar")).body, "bar");
}

TEST_F(CacheOriginTest, FindsACopyUnderTheHashOfItsName) {
  support::HttpListener upstream(io);
  front_of(upstream);
  const std::string target = "/" + std::string(300, 'a');
  EXPECT_EQ(fetched(upstream, get(target), http_answer("content")).body, "content");
  finish_fetches();
  EXPECT_EQ(ask(get(target)).field("X-Cache"), "hit");
  // One that says it is of another address is not it, however it came to the same name.
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".headers") std::ofstream(entry.path()) << R"({":target": "/other"})";
  streams.clear();
  origin->close();
  io.await(tasks.join());
  origin.reset();
  EXPECT_EQ(fetched(upstream, get(target), http_answer("anew")).body, "anew");
}

TEST_F(CacheOriginTest, UnpacksForTheClientThatDoesNotTakeGzip) {
  support::HttpListener upstream(io);
  front_of(upstream);
  // `printf hello | gzip -n`
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  auto asked = asking(get("/a"));
  auto peer = upstream.accept();
  EXPECT_NE(peer.request().find("Accept-Encoding: gzip\r\n"), std::string::npos);
  peer.send(http_answer(packed, "200 OK", "Content-Encoding: gzip\r\nETag: \"1\"\r\n"));
  peer.end();
  const auto plain = HttpResponse::parse(asked.get().text);
  EXPECT_NE(plain.body.find("hello"), std::string::npos);
  EXPECT_EQ(plain.field("Content-Encoding"), "");
  EXPECT_EQ(plain.field("ETag"), "W/\"1\"");
  finish_fetches();
  const auto kept = ask(get("/a", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(kept.body, packed);
  EXPECT_EQ(kept.field("Content-Encoding"), "gzip");
  EXPECT_EQ(kept.field("ETag"), "\"1\"");
  EXPECT_EQ(kept.field("Vary"), "Accept-Encoding");
  EXPECT_NE(ask(get("/a")).body.find("hello"), std::string::npos);
}

TEST_F(CacheOriginTest, ClearsSidecarsOfNothingAway) {
  put("a@http.headers", "{}");
  put("foo/@http.headers", "{}");
  put("b.txt", "by hand");
  put("b.txt@http.headers", "{}");
  put("c@http", "copy");
  put("c@http.headers", "{}");
  EXPECT_EQ(ask(get("/c")).body, "copy");
  EXPECT_FALSE(exists("a@http.headers"));
  EXPECT_FALSE(exists("foo"));
  EXPECT_TRUE(exists("b.txt@http.headers"));
  EXPECT_TRUE(exists("c@http.headers"));
}

TEST_F(CacheOriginTest, LeavesTheHeadOfAFileToTheFileItWasOf) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("a.txt@http.headers", R"({"Content-Type": "text/old", "ETag": "\"old\""})");
  make_old("a.txt@http.headers", std::chrono::hours(24 * 9));
  put("a.txt", "by hand, later");
  make_old("a.txt", std::chrono::hours(24 * 8));
  auto asked = asking(get("/a.txt"));
  auto peer = upstream.accept();
  EXPECT_EQ(peer.request().find("If-None-Match"), std::string::npos);
  peer.send("HTTP/1.1 304 Not Modified\r\n\r\n");
  peer.end();
  EXPECT_EQ(HttpResponse::parse(asked.get().text).body, "by hand, later");
  finish_fetches();
  const auto answer = ask(get("/a.txt"));
  EXPECT_EQ(answer.field("X-Cache"), "hit");
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_NE(answer.field("ETag"), "\"old\"");
}

TEST_F(CacheOriginTest, LetsNobodyWaitForManySlowAnswers) {
  support::HttpListener upstream(io);
  front_of(upstream);
  put("old@http", "old");
  make_old("old@http", std::chrono::hours(24 * 8));
  std::vector<support::HttpPeer> slow;
  for (int i = 0; i < 32; ++i) {
    asking(get("/film?" + std::to_string(i)));
    slow.push_back(upstream.accept());
    slow.back().request();
    slow.back().send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
  }
  EXPECT_EQ(ask(get("/old")).field("X-Cache"), "stale");
  auto asked = asking(get("/new"));
  auto peer = upstream.accept();
  peer.request();
  peer.send(http_answer("new"));
  peer.end();
  EXPECT_EQ(HttpResponse::parse(asked.get().text).body, "new");
}

TEST_F(CacheOriginTest, UnpacksNothingToNothing) {
  put("a@http", "");
  put("a@http.headers", R"({"Content-Encoding": "gzip"})");
  support::HttpListener upstream(io);
  front_of(upstream);
  EXPECT_FALSE(asking(get("/a")).get().error);
}

TEST_F(CacheOriginTest, WaitsForTheRestOfAnotherRequestAsForThatOfTheFirst) {
  put("a.txt", "first");
  auto stream = io.await(cache().connect());
  io.await(writing(**stream, "GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /a.t"));
  EXPECT_NE(io.await(reading_to_end(**stream)).text.find("HTTP/1.1 408 "), std::string::npos);
}

TEST_F(CacheOriginTest, SaysOnceInAWhileThatUpstreamDoesNotAnswer) {
  const auto before = spdlog::default_logger();
  std::ostringstream told;
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_mt>(told)));
  support::HttpListener upstream(io);
  front_of(upstream);
  for (int i = 0; i < 5; ++i) {
    auto broken = asking(get("/broken?" + std::to_string(i)));
    upstream.accept().cut();
    EXPECT_EQ(HttpResponse::parse(broken.get().text).status, 502);
    auto good = asking(get("/good?" + std::to_string(i)));
    auto peer = upstream.accept();
    peer.request();
    peer.send(http_answer("good"));
    EXPECT_EQ(HttpResponse::parse(good.get().text).status, 200);
  }
  spdlog::set_default_logger(before);
  const auto text = told.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

TEST_F(CacheOriginTest, ServesTheEndOfWhatIsBeingFetchedByItself) {
  support::HttpListener upstream(io);
  front_of(upstream);
  auto first = asking(get("/film"));
  auto peer = upstream.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nbegin");
  auto last = asking(get("/film", "Range: bytes=-500\r\n"));
  auto apart = upstream.accept();
  EXPECT_NE(apart.request().find("Range: bytes=-500\r\n"), std::string::npos);
}

TEST_F(CacheOriginTest, HasNoMoreConnectionsThanItCanServe) {
  std::vector<std::unique_ptr<ByteStream>> many;
  for (int i = 0; i < 5000; ++i) {
    auto stream = io.await(cache().connect());
    if (stream) many.push_back(std::move(*stream));
  }
  EXPECT_EQ(many.size(), 4096u);
  many.clear();
  ASSERT_TRUE(io.run_until([this] { return tasks.size() == 0; }));
  EXPECT_TRUE(io.await(cache().connect()));
}

TEST_F(CacheOriginTest, StoresNothingLargerThanItMay) {
  support::HttpListener upstream(io);
  front_of(upstream);
  settings.max_size = 1000;
  for (const auto* framing : {"Content-Length: 2000\r\n", ""}) {
    auto asked = asking(get("/a"));
    auto peer = upstream.accept();
    peer.request();
    peer.send(std::string("HTTP/1.1 200 OK\r\n") + framing + "\r\n" + std::string(2000, 'x'));
    peer.end();
    const auto text = asked.get().text;
    EXPECT_EQ(std::count(text.begin() + static_cast<long>(text.find("\r\n\r\n")), text.end(), 'x'), 2000);
    finish_fetches();
    EXPECT_FALSE(exists("a@http"));
  }
}

TEST_F(CacheOriginTest, HoldsMaxSizeWithWhatCopiesTakeOfADisk) {
  support::HttpListener upstream(io);
  front_of(upstream);
  settings.max_size = 64 * 1024;
  for (int i = 0; i < 20; ++i) {
    auto asked = asking(get("/" + std::to_string(i)));
    auto peer = upstream.accept();
    peer.request();
    peer.send(http_answer("tiny"));
    peer.end();
    asked.get();
    finish_fetches();
  }
  // Each takes a block for its body and one for its sidecar: eight fit, and six are left when there must be room.
  int copies = 0;
  for (const auto& entry : fs::directory_iterator(folder)) copies += entry.path().extension() == ".headers";
  EXPECT_GE(copies, 6);
  EXPECT_LE(copies, 8);
  EXPECT_TRUE(exists("19@http"));
  EXPECT_FALSE(exists("0@http"));
}

TEST_F(CacheOriginTest, LetsAnAnswerOfUnknownLengthReplaceAQuarterOfTheCopiesAtMost) {
  support::HttpListener upstream(io);
  front_of(upstream);
  settings.max_size = 400'000;
  for (int i = 0; i < 3; ++i) put(std::to_string(i) + "@http", std::string(100'000, 'x'));
  auto asked = asking(get("/endless"));
  auto peer = upstream.accept();
  peer.request();
  peer.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'y'));
  peer.end();
  const auto text = asked.get().text;
  EXPECT_EQ(std::count(text.begin() + static_cast<long>(text.find("\r\n\r\n")), text.end(), 'y'), 1'000'000);
  finish_fetches();
  EXPECT_TRUE(exists("1@http") && exists("2@http"));
  EXPECT_FALSE(exists("endless@http"));
}

TEST_F(CacheOriginTest, ChecksWhetherItsFolderIsThere) {
  EXPECT_FALSE(io.await(cache().check()));
  fs::remove_all(folder);
  EXPECT_EQ(io.await(cache().check()), std::errc::no_such_file_or_directory);
}

TEST_F(CacheOriginTest, ChecksAFolderThatIsYetToBeMade) {
  support::HttpListener upstream(io);
  front_of(upstream);
  settings.directory = folder / "new";
  EXPECT_FALSE(io.await(cache().check()));
  EXPECT_TRUE(exists("new"));
}

TEST_F(CacheOriginTest, ChecksWhetherItsWebServersPortAnswers) {
  support::HttpListener upstream(io);
  front_of(upstream);
  EXPECT_FALSE(io.await(cache().check()));
  upstream.go_away();
  EXPECT_EQ(io.await(cache().check()), std::errc::connection_refused);
}

}  // namespace
}  // namespace hardline::cache
