#include "hardline/dht/dht_proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <system_error>

#include "hardline/base/errc.hpp"
#include "hardline/rt/event.hpp"
#include "support/http_server.hpp"
#include "support/network_namespace.hpp"
#include "support/test_ca.hpp"

namespace hardline::dht {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::chunk;
using support::http_answer;
using support::HttpListener;
using support::kChunkedHead;
using support::kLastChunk;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kHash = "0123456789abcdef0123456789abcdef01234567";
const DhtKey kKey = DhtKey::parse(kHash).value();

/// A line of an answer to get, as real proxies write them; `hello` is aGVsbG8=.
std::string line(const std::string& base64) {
  return R"({"data":")" + base64 + R"(","id":"17843429294022074685","type":3})" + "\n";
}
constexpr const char* kHello = "aGVsbG8=";
constexpr const char* kWorld = "d29ybGQ=";

std::string info(unsigned good_nodes, const std::string& public_ip) {
  return fmt::format(R"({{"ipv4":{{"good":{}}},"ipv6":{{"good":0}},"public_ip":"{}"}})", good_nodes, public_ip);
}

class DhtProxyTest : public testing::Test {
 protected:
  static std::chrono::system_clock::time_point noon() {
    return std::chrono::sys_days(std::chrono::year(2023) / 11 / 15) + 12h;
  }

  std::unique_ptr<DhtProxy> proxy_at(const std::string& url) {
    return std::make_unique<DhtProxy>(io.executor(), resolver, clock, http::Url::parse(url).value());
  }
  std::unique_ptr<DhtProxy> proxy_with_path(const std::string& path) {
    return proxy_at(fmt::format("http://127.0.0.1:{}{}", listener.port(), path));
  }

  support::Running<std::error_code> get(steady_clock::duration limit = 20s) {
    lookup = std::make_shared<Lookup>([this](std::string_view value) { found.emplace_back(value); });
    return io.start(proxy->get(kKey, lookup, steady_clock::now() + limit));
  }
  support::Running<std::error_code> put(const std::string& value, steady_clock::duration limit = 20s) {
    return io.start(proxy->put(kKey, value, steady_clock::now() + limit));
  }
  support::Running<std::error_code> ask_about_us() { return io.start(proxy->ask_about_us(steady_clock::now() + 20s)); }

  /// Answers the next request, and returns its first line.
  std::string answer(const std::string& bytes) {
    auto peer = listener.accept();
    const auto request = peer.request();
    peer.send(bytes);
    peer.end();
    return request.substr(0, request.find("\r\n"));
  }

  support::TestIo io;
  Resolver resolver;
  NetworkClock clock{noon};
  HttpListener listener{io};
  std::unique_ptr<DhtProxy> proxy = proxy_with_path("");
  std::shared_ptr<Lookup> lookup;
  std::vector<std::string> found;
};

TEST_F(DhtProxyTest, IsNamedByItsUrl) {
  EXPECT_EQ(proxy_at("dhtproxy.example/x/")->name(), "http://dhtproxy.example/x");
}

TEST_F(DhtProxyTest, OffersEachValueAsItsLineComes) {
  auto getting = get();
  auto peer = listener.accept();
  EXPECT_THAT(peer.request(), StartsWith(std::string("GET /") + kHash + " HTTP/1.1\r\n"));
  peer.send(kChunkedHead);
  peer.send(chunk(line(kHello)));
  EXPECT_TRUE(io.run_until([&] { return found.size() == 1; }));
  EXPECT_FALSE(getting.done());
  peer.send(chunk(line(kWorld)) + kLastChunk);
  EXPECT_FALSE(getting.get());
  EXPECT_THAT(found, ElementsAre("hello", "world"));
  EXPECT_EQ(proxy->status().problem, "");
  EXPECT_TRUE(proxy->status().last_answer);
}

TEST_F(DhtProxyTest, ReadsLinesHoweverTheyAreCut) {
  auto getting = get();
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead);
  const auto lines = line(kHello) + "\r\n" + line(kWorld);
  for (char c : lines) peer.send_slowly(chunk(std::string(1, c)));
  peer.send(kLastChunk);
  EXPECT_FALSE(getting.get());
  EXPECT_THAT(found, ElementsAre("hello", "world"));
}

TEST_F(DhtProxyTest, ReadsSeveralLinesOfOneChunkAndALastOneWithoutAnEnd) {
  auto getting = get();
  auto lines = line(kHello) + line(kWorld);
  lines.pop_back();
  answer(kChunkedHead + chunk(lines) + kLastChunk);
  EXPECT_FALSE(getting.get());
  EXPECT_THAT(found, ElementsAre("hello", "world"));
}

TEST_F(DhtProxyTest, FindsNothingWhereThereIsNothing) {
  auto getting = get();
  answer(std::string(kChunkedHead) + kLastChunk);
  EXPECT_FALSE(getting.get());
  EXPECT_THAT(found, IsEmpty());
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, PassesOverWhatIsNoValue) {
  auto getting = get();
  const auto huge = "{\"data\":\"" + std::string(100'000, 'A') + "\"}\n";
  answer(http_answer("garbage\n\n{}\n" + huge + line("###") + line(kHello)));
  EXPECT_FALSE(getting.get());
  EXPECT_THAT(found, ElementsAre("hello"));
}

TEST_F(DhtProxyTest, TakesNoAnswerWithoutAnEnd) {
  auto getting = get();
  auto peer = listener.accept();
  peer.request();
  const auto flood = kChunkedHead + chunk(std::string(5 * 1024 * 1024, 'x'));
  auto sending = io.start(support::writing(peer.stream(), flood));
  EXPECT_EQ(getting.get(), Errc::too_large);
  EXPECT_EQ(proxy->status().problem, "its answer does not end");
}

TEST_F(DhtProxyTest, EndsAtItsDeadlineWithWhatItHas) {
  auto getting = get(200ms);
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead + chunk(line(kHello)));
  EXPECT_EQ(getting.get(), Errc::timed_out);
  EXPECT_THAT(found, ElementsAre("hello"));
  EXPECT_EQ(proxy->status().problem, "");  // it was of use
}

TEST_F(DhtProxyTest, SaysThatAProxyDoesNotAnswer) {
  EXPECT_EQ(get(100ms).get(), Errc::timed_out);
  EXPECT_EQ(proxy->status().problem, "it did not answer in time");
  EXPECT_FALSE(proxy->status().last_answer);
}

TEST_F(DhtProxyTest, EndsWhenTheLookupIsStopped) {
  auto getting = get();
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead + chunk(line(kHello)));
  EXPECT_TRUE(io.run_until([&] { return !found.empty(); }));
  lookup->stop();
  EXPECT_EQ(getting.get(), Errc::cancelled);
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, EndsWhenTheLookupIsStoppedBeforeAnything) {
  auto getting = get();
  lookup->stop();
  EXPECT_EQ(getting.get(), Errc::cancelled);
  auto again = io.start(proxy->get(kKey, lookup, steady_clock::now() + 20s));
  EXPECT_EQ(again.get(), Errc::cancelled);
}

TEST_F(DhtProxyTest, EndsWhatIsUnderWayWhenItIsClosed) {
  auto getting = get();
  auto got = listener.accept();
  got.request();
  auto putting = put("hello");
  auto taken = listener.accept();
  taken.request();
  proxy->close();
  EXPECT_EQ(getting.get(), Errc::cancelled);
  EXPECT_EQ(putting.get(), Errc::cancelled);
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, BeginsNothingOnceItIsClosed) {
  proxy->close();
  EXPECT_EQ(get().get(), Errc::cancelled);
  EXPECT_EQ(put("hello").get(), Errc::cancelled);
  EXPECT_EQ(ask_about_us().get(), Errc::cancelled);
}

TEST_F(DhtProxyTest, EndsWhenAValueIsAllThatWasWanted) {
  lookup = std::make_shared<Lookup>([this](std::string_view value) {
    found.emplace_back(value);
    lookup->stop();
  });
  auto getting = io.start(proxy->get(kKey, lookup, steady_clock::now() + 20s));
  auto peer = listener.accept();
  peer.request();
  peer.send(kChunkedHead + chunk(line(kHello) + line(kWorld)));
  EXPECT_EQ(getting.get(), Errc::cancelled);
  EXPECT_THAT(found, ElementsAre("hello"));
}

TEST_F(DhtProxyTest, AsksAtTheNewerPathWhereTheOlderIsUnknownAndRemembersIt) {
  for (const char* unknown : {"404 Not Found", "501 Not Implemented"}) {
    proxy = proxy_with_path("");
    auto first = get();
    EXPECT_THAT(answer(http_answer("", unknown)), HasSubstr(std::string(" /") + kHash));
    EXPECT_THAT(answer(http_answer(line(kHello))), HasSubstr(std::string(" /key/") + kHash));
    EXPECT_FALSE(first.get());
    auto second = get();
    EXPECT_THAT(answer(http_answer(line(kHello))), HasSubstr(std::string(" /key/") + kHash));
    EXPECT_FALSE(second.get());
  }
}

TEST_F(DhtProxyTest, GoesBackToTheOlderPathWhereTheNewerIsNoLongerKnown) {
  auto first = get();
  answer(http_answer("", "404 Not Found"));
  answer(http_answer(""));
  EXPECT_FALSE(first.get());
  auto second = get();
  EXPECT_THAT(answer(http_answer("", "404 Not Found")), HasSubstr(" /key/"));
  EXPECT_THAT(answer(http_answer("")), HasSubstr(std::string(" /") + kHash));
  EXPECT_FALSE(second.get());
  auto third = get();
  EXPECT_THAT(answer(http_answer("")), HasSubstr(std::string(" /") + kHash));
  EXPECT_FALSE(third.get());
}

TEST_F(DhtProxyTest, SaysThatNeitherPathIsKnown) {
  auto getting = get();
  answer(http_answer("", "404 Not Found"));
  answer(http_answer("", "404 Not Found"));
  EXPECT_EQ(getting.get(), Errc::unexpected_status);
  EXPECT_EQ(proxy->status().problem, "there is no OpenDHT proxy (HTTP status 404)");
}

TEST_F(DhtProxyTest, AsksBelowItsPath) {
  proxy = proxy_with_path("/dht");
  auto getting = get();
  EXPECT_THAT(answer(http_answer("", "404 Not Found")), HasSubstr(std::string(" /dht/") + kHash));
  EXPECT_THAT(answer(http_answer("")), HasSubstr(std::string(" /dht/key/") + kHash));
  EXPECT_FALSE(getting.get());
}

TEST_F(DhtProxyTest, FollowsNoRedirect) {
  auto getting = get();
  answer(http_answer("", "302 Found", "Location: http://192.0.2.1/\r\n"));
  EXPECT_EQ(getting.get(), Errc::unexpected_status);
  EXPECT_EQ(proxy->status().problem, "it wants to be asked at another address (HTTP status 302)");
}

TEST_F(DhtProxyTest, SaysWhatIsWrongAndForgetsItOnceItWorks) {
  auto getting = get();
  answer(http_answer(R"({"err":"Incorrect DhtRunner"})", "503 Service Unavailable"));
  EXPECT_EQ(getting.get(), Errc::unexpected_status);
  EXPECT_EQ(proxy->status().problem, "it answers with HTTP status 503");
  auto again = get();
  answer(http_answer(line(kHello)));
  EXPECT_FALSE(again.get());
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, SaysThatNobodyIsThere) {
  listener.go_away();
  EXPECT_EQ(proxy_at("http://127.0.0.1:1")->name(), "http://127.0.0.1:1");
  proxy = proxy_at("http://127.0.0.1:1");
  EXPECT_EQ(get().get(), std::errc::connection_refused);
  EXPECT_EQ(proxy->status().problem, "it refuses connections");
}

TEST_F(DhtProxyTest, PutsAValue) {
  auto putting = put("hello");
  auto peer = listener.accept();
  const auto request = peer.request();
  EXPECT_THAT(request, StartsWith(std::string("POST /") + kHash + " HTTP/1.1\r\n"));
  EXPECT_THAT(request, EndsWith("\r\n\r\n"
                                R"({"data":"aGVsbG8=","type":3})"));
  peer.send(http_answer(line(kHello)));
  EXPECT_FALSE(putting.get());
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, PutsAtTheNewerPathWhereTheOlderIsUnknown) {
  auto putting = put("hello");
  EXPECT_THAT(answer(http_answer("", "404 Not Found")), StartsWith(std::string("POST /") + kHash));
  EXPECT_THAT(answer(http_answer(line(kHello))), StartsWith(std::string("POST /key/") + kHash));
  EXPECT_FALSE(putting.get());
}

TEST_F(DhtProxyTest, BelievesAPutOnlyWhereTheValueIsSaidBack) {
  for (const auto& body : {std::string(), std::string("{}"), std::string("OK"), line(kWorld)}) {
    auto putting = put("hello");
    answer(http_answer(body));
    EXPECT_EQ(putting.get(), Errc::malformed) << body;
    EXPECT_EQ(proxy->status().problem, "it did not confirm that it took the value");
  }
}

TEST_F(DhtProxyTest, SaysThatAPutFailed) {
  auto putting = put("hello");
  answer(http_answer(R"({"err":"Put failed"})", "502 Bad Gateway"));
  EXPECT_EQ(putting.get(), Errc::unexpected_status);
  EXPECT_EQ(proxy->status().problem, "it answers with HTTP status 502");
  EXPECT_EQ(put("hello", 50ms).get(), Errc::timed_out);
}

TEST_F(DhtProxyTest, HearsHowAProxySeesUs) {
  auto asking = ask_about_us();
  EXPECT_THAT(answer(http_answer(info(3, "::ffff:203.0.113.7"))), StartsWith("GET / "));
  EXPECT_FALSE(asking.get());
  EXPECT_EQ(proxy->status().public_address, asio::ip::make_address("203.0.113.7"));
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, ForgetsHowAProxySawUs) {
  auto asking = ask_about_us();
  answer(http_answer(info(3, "203.0.113.7")));
  EXPECT_FALSE(asking.get());
  proxy->forget_us();
  EXPECT_EQ(proxy->status().public_address, std::nullopt);
}

TEST_F(DhtProxyTest, AsksForItAtTheNewerPathToo) {
  for (const auto& no_info : {http_answer("", "404 Not Found"), http_answer("<html>Welcome"), http_answer("{}")}) {
    auto asking = ask_about_us();
    EXPECT_THAT(answer(no_info), StartsWith("GET / "));
    EXPECT_THAT(answer(http_answer(info(3, "[2001:db8::1]:56789"))), StartsWith("GET /node/info "));
    EXPECT_FALSE(asking.get());
    EXPECT_EQ(proxy->status().public_address, asio::ip::make_address("2001:db8::1"));
  }
}

TEST_F(DhtProxyTest, SaysWhatIsNoProxy) {
  auto asking = ask_about_us();
  answer(http_answer("<html>Welcome"));
  answer(http_answer("<html>Welcome"));
  EXPECT_EQ(asking.get(), Errc::malformed);
  EXPECT_EQ(proxy->status().problem, "what it says about itself is not what an OpenDHT proxy says");
  auto again = ask_about_us();
  answer(http_answer("", "404 Not Found"));
  answer(http_answer("", "404 Not Found"));
  EXPECT_EQ(again.get(), Errc::unexpected_status);
}

TEST_F(DhtProxyTest, SaysThatANodeIsAloneUntilItWasOfUse) {
  const auto alone = "its node is alone: it has no contact with any other";
  auto asking = ask_about_us();
  answer(http_answer(info(0, "")));
  EXPECT_FALSE(asking.get());
  EXPECT_EQ(proxy->status().problem, alone);
  EXPECT_EQ(proxy->status().public_address, std::nullopt);
  auto empty = get();
  answer(http_answer(""));
  EXPECT_FALSE(empty.get());
  EXPECT_EQ(proxy->status().problem, alone);
  auto getting = get();
  answer(http_answer(line(kHello)));
  EXPECT_FALSE(getting.get());
  EXPECT_EQ(proxy->status().problem, "");
}

TEST_F(DhtProxyTest, TellsTheClockWhatTimeItIsThere) {
  auto getting = get();
  answer(http_answer("", "200 OK", "Date: Wed, 15 Nov 2023 18:00:00 GMT\r\n"));
  EXPECT_FALSE(getting.get());
  EXPECT_EQ(clock.error(), 6h);
}

TEST_F(DhtProxyTest, TakesNoTimeFromACacheOrFromNonsense) {
  for (const char* fields :
       {"Date: Wed, 15 Nov 2023 18:00:00 GMT\r\nAge: 1\r\n", "Date: yesterday\r\n", "", "Date: \r\n"}) {
    auto getting = get();
    answer(http_answer("", "200 OK", fields));
    EXPECT_FALSE(getting.get());
    EXPECT_EQ(clock.error(), std::nullopt) << fields;
  }
}

TEST_F(DhtProxyTest, KeepsTheAnnouncersFinding) {
  EXPECT_FALSE(proxy->status().loses_puts);
  proxy->note_put_lost(true);
  EXPECT_TRUE(proxy->status().loses_puts);
  proxy->note_put_lost(false);
  EXPECT_FALSE(proxy->status().loses_puts);
}

/// Trusts the authority of a test while this is there, as an administrator would make it.
class TrustedAuthority {
 public:
  TrustedAuthority() {
    auto path = (std::filesystem::temp_directory_path() / "hardline-test-ca-XXXXXX").string();
    const int fd = ::mkstemp(path.data());
    if (fd < 0) throw std::runtime_error("no temporary file");
    ::close(fd);
    path_ = path;
    ca.write(path);
    ::setenv("SSL_CERT_FILE", path.c_str(), 1);
  }
  TrustedAuthority(const TrustedAuthority&) = delete;
  TrustedAuthority& operator=(const TrustedAuthority&) = delete;
  ~TrustedAuthority() {
    ::unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(path_);
  }

  support::TestCa ca;

 private:
  std::filesystem::path path_;
};

TEST_F(DhtProxyTest, GetsOverHttps) {
  const TrustedAuthority authority;
  const auto context = authority.ca.server_context("DNS:localhost");
  HttpListener https(io, context.get());
  proxy = proxy_at(fmt::format("https://localhost:{}", https.port()));
  auto getting = get();
  auto peer = https.accept_with_tls();
  EXPECT_THAT(peer.request(), StartsWith(std::string("GET /") + kHash));
  peer.send(http_answer(line(kHello)));
  EXPECT_FALSE(getting.get());
  EXPECT_THAT(found, ElementsAre("hello"));
}

TEST_F(DhtProxyTest, SaysWhyACertificateIsNotTrusted) {
  const TrustedAuthority authority;
  const auto context = authority.ca.server_context("DNS:other.example");
  HttpListener https(io, context.get());
  proxy = proxy_at(fmt::format("https://localhost:{}", https.port()));
  auto getting = get();
  auto peer = https.accept();
  EXPECT_TRUE(io.await(dynamic_cast<TlsStream&>(peer.stream()).handshake()));
  EXPECT_EQ(getting.get(), Errc::certificate_untrusted);
  EXPECT_EQ(proxy->status().problem, "its certificate is not trusted: hostname mismatch");
}

/// `dhtnode` of Debian's package of that name: an OpenDHT node that ends when its standard input does.
class DhtNodeProcess {
 public:
  explicit DhtNodeProcess(std::vector<std::string> arguments) {
    std::array<int, 2> input;
    if (::pipe2(input.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO})
      posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    arguments.insert(arguments.begin(), "dhtnode");
    std::vector<char*> raw;
    for (auto& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const int error = ::posix_spawnp(&process_, "dhtnode", &actions, nullptr, raw.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    input_ = input[1];
    if (error != 0) {
      ::close(input_);
      throw std::system_error(error, std::system_category(), "dhtnode");
    }
  }
  DhtNodeProcess(const DhtNodeProcess&) = delete;
  DhtNodeProcess& operator=(const DhtNodeProcess&) = delete;
  ~DhtNodeProcess() {
    ::close(input_);
    ::kill(process_, SIGKILL);  // its own end takes seconds
    ::waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_ = 0;
  int input_ = -1;
};

/// Two nodes, one of them a proxy, in a network without a way out.
class RealDhtProxy : public DhtProxyTest {
 protected:
  void SetUp() override {
    if (std::system("command -v dhtnode >/dev/null") != 0) GTEST_SKIP() << "there is no dhtnode";
    if (const auto reason = test::leave_the_real_network()) GTEST_SKIP() << *reason;
    nodes_.push_back(std::make_unique<DhtNodeProcess>(std::vector<std::string>{"-p", "4222", "--proxyserver", "4223"}));
    nodes_.push_back(std::make_unique<DhtNodeProcess>(std::vector<std::string>{"-p", "4232", "-b", "127.0.0.1:4222"}));
    proxy = proxy_at("http://localhost:4223");
    ASSERT_TRUE(comes_true([this] { return !ask_about_us().get() && proxy->status().problem.empty(); }))
        << proxy->status().problem;
  }

  /// Tries until it is so; a node needs a moment to meet the other.
  template <class Try>
  bool comes_true(Try attempt) {
    const auto give_up = steady_clock::now() + support::kDeadline;
    while (steady_clock::now() < give_up) {
      if (attempt()) return true;
      io.await(sleep_for(100ms));
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<DhtNodeProcess>> nodes_;
};

TEST_F(RealDhtProxy, TakesAValueAndGivesItBack) {
  EXPECT_TRUE(proxy->status().public_address && proxy->status().public_address->is_loopback());

  EXPECT_FALSE(get().get()) << proxy->status().problem;
  EXPECT_THAT(found, IsEmpty());

  const std::string value = "203.0.113.7:7008,[200:1234::1]:7008";
  EXPECT_FALSE(put(value).get()) << proxy->status().problem;
  EXPECT_FALSE(put("another").get()) << proxy->status().problem;
  EXPECT_FALSE(get().get()) << proxy->status().problem;
  EXPECT_THAT(found, testing::UnorderedElementsAre(value, "another"));

  found.clear();
  proxy = proxy_at("http://127.0.0.1:4223/key");  // where newer proxies are asked
  EXPECT_FALSE(get().get()) << proxy->status().problem;
  EXPECT_THAT(found, SizeIs(2));
}

}  // namespace
}  // namespace hardline::dht
