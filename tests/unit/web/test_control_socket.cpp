#include "hardline/web/control_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "hardline/rt/socket_stream.hpp"
#include "store/temp_dir.hpp"
#include "support/http.hpp"
#include "support/streams.hpp"

namespace hardline::web {
namespace {

namespace fs = std::filesystem;
using support::HttpResponse;
using testing::HasSubstr;
using Protocol = asio::local::stream_protocol;

class ControlSocketTest : public testing::Test {
 protected:
  ControlSocketTest() {
    control.open(path);
    control.start(tasks);
  }
  ~ControlSocketTest() override {
    control.stop();
    release.notify();
    io.await(tasks.join());
  }

  std::unique_ptr<SocketStream> connect() {
    Protocol::socket socket(io.executor());
    socket.connect(Protocol::endpoint(path.string()));
    return std::make_unique<SocketStream>(StreamSocket(std::move(socket)));
  }

  /// What a program that sends `bytes` on a connection of its own gets before that is closed.
  std::string ask(std::string bytes) {
    const auto client = connect();
    EXPECT_FALSE(io.await(support::writing(*client, std::move(bytes))));
    return io.await(support::reading_to_end(*client)).text;
  }

  static std::string request(const std::string& line, const std::string& fields = "Connection: close\r\n") {
    return line + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
  }

  static DaemonStatus status() {
    DaemonStatus made;
    made.version = "1.2.3";
    return made;
  }

  awaitable<tunnel::Examination> examine(KeyHash) {
    ++examining;
    co_await release.wait();
    --examining;
    co_return tunnel::Examination{};
  }

  std::string problem_of_another_at(const fs::path& place) {
    ControlSocket other(io.executor(), api);
    try {
      other.open(place);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return "";
  }

  support::TestIo io;
  store::TempDir folder;
  fs::path path = folder.path() / "hardlined.sock";
  int examining = 0;
  Event release{io.executor()};
  Api api{[] { return status(); }, [this](KeyHash key) { return examine(key); }};
  ControlSocket control{io.executor(), api};
  TaskGroup tasks{io.executor()};
};

const std::string kWhy = "GET /api/why?name=00112233445566778899aabbccddeeff00112233";

TEST_F(ControlSocketTest, AnswersWithJson) {
  const auto response = HttpResponse::parse(ask(request("GET /api/status")));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "application/json");
  EXPECT_EQ(response.field("cache-control"), "no-store");
  EXPECT_THAT(response.body, HasSubstr("1.2.3"));
}

TEST_F(ControlSocketTest, BelongsToItsOwnerAlone) {
  struct stat made {};
  ASSERT_EQ(::lstat(path.c_str(), &made), 0);
  EXPECT_TRUE(S_ISSOCK(made.st_mode));
  EXPECT_EQ(made.st_mode & 0777U, 0600U);
}

TEST_F(ControlSocketTest, AnswersSeveralRequestsOfOneConnection) {
  const auto text = ask(request("GET /api/status", "") + request("GET /api/nothing"));
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 404 Not Found"));
}

TEST_F(ControlSocketTest, AnswersHeadWithoutABody) {
  const auto response = HttpResponse::parse(ask(request("HEAD /api/status")));
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.field("content-length"), "0");
  EXPECT_TRUE(response.body.empty());
}

TEST_F(ControlSocketTest, SaysWhichMethodsThereAre) {
  const auto response = HttpResponse::parse(ask(request("DELETE /api/status")));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.field("allow"), "GET, HEAD");
}

TEST_F(ControlSocketTest, RefusesWhatIsNoHttp) {
  EXPECT_EQ(HttpResponse::parse(ask("\x16\x03\x01\r\n\r\n")).status, 400);
  EXPECT_EQ(HttpResponse::parse(ask("tell me everything\r\n\r\n")).status, 400);
}

TEST_F(ControlSocketTest, RefusesWhatIsTooLarge) {
  const auto long_head = request("GET /" + std::string(2 * ControlSocket::kMaxHead, 'a'));
  EXPECT_EQ(HttpResponse::parse(ask(long_head)).status, 413);
  const auto large = std::to_string(ControlSocket::kMaxBody + 1);
  EXPECT_EQ(HttpResponse::parse(ask(request("POST /api/status", "Content-Length: " + large + "\r\n"))).status, 413);
}

TEST_F(ControlSocketTest, SurvivesOneWhoHangsUp) {
  for (const auto* beginning : {"", "GET /api/st"}) {
    const auto client = connect();
    EXPECT_FALSE(io.await(support::writing(*client, beginning)));
    client->close();
  }
  EXPECT_EQ(HttpResponse::parse(ask(request("GET /api/status"))).status, 200);
}

TEST_F(ControlSocketTest, AnswersOthersWhileAnExaminationTakesItsTime) {
  const auto slow = connect();
  EXPECT_FALSE(io.await(support::writing(*slow, request(kWhy))));
  ASSERT_TRUE(io.run_until([this] { return examining == 1; }));
  EXPECT_EQ(HttpResponse::parse(ask(request("GET /api/status"))).status, 200);
  release.notify();
  EXPECT_EQ(HttpResponse::parse(io.await(support::reading_to_end(*slow)).text).status, 200);
}

TEST_F(ControlSocketTest, TakesSoManyConnectionsAndNoMore) {
  std::vector<std::unique_ptr<SocketStream>> clients;
  for (std::size_t i = 0; i < ControlSocket::kMaxSessions; ++i) {
    clients.push_back(connect());
    EXPECT_FALSE(io.await(support::writing(*clients.back(), request(kWhy))));
  }
  ASSERT_TRUE(io.run_until([this] { return examining == static_cast<int>(ControlSocket::kMaxSessions); }));
  const auto one_more = connect();
  EXPECT_EQ(io.await(support::reading_to_end(*one_more)).text, "");
  clients.clear();
  release.notify();
  ASSERT_TRUE(io.run_until([this] { return examining == 0; }));
}

TEST_F(ControlSocketTest, RemovesItsFileAndClosesConnectionsAtTheEnd) {
  const auto idle = connect();
  const auto slow = connect();
  EXPECT_FALSE(io.await(support::writing(*slow, request(kWhy))));
  ASSERT_TRUE(io.run_until([this] { return examining == 1; }));
  control.stop();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(io.await(support::reading_to_end(*idle)).text, "");
  EXPECT_EQ(io.await(support::reading_to_end(*slow)).text, "");
}

TEST_F(ControlSocketTest, LeavesAFileThatIsNotItsOwn) {
  fs::remove(path);
  std::ofstream(path) << "somebody else's";
  control.stop();
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(ControlSocketTest, IsNotTakenFromADaemonThatAnswers) {
  EXPECT_THAT(problem_of_another_at(path), HasSubstr("another hardlined answers there"));
  EXPECT_EQ(HttpResponse::parse(ask(request("GET /api/status"))).status, 200);
}

TEST_F(ControlSocketTest, TakesThePlaceOfOneThatWasLeftBehind) {
  const auto stale = folder.path() / "stale.sock";
  { Protocol::acceptor left(io.executor(), Protocol::endpoint(stale.string())); }
  ASSERT_TRUE(fs::exists(stale));
  EXPECT_EQ(problem_of_another_at(stale), "");
}

TEST_F(ControlSocketTest, LeavesAFileThatIsNoSocket) {
  const auto file = folder.path() / "notes.txt";
  std::ofstream(file) << "mine";
  EXPECT_THAT(problem_of_another_at(file), HasSubstr("no socket"));
  EXPECT_EQ(fs::file_size(file), 4U);
}

TEST_F(ControlSocketTest, SaysThatAPathIsTooLong) {
  const auto room = ControlSocket::kMaxPath - folder.path().string().size() - 1;
  EXPECT_EQ(problem_of_another_at(folder.path() / std::string(room, 'a')), "");
  const auto problem = problem_of_another_at(folder.path() / std::string(room + 1, 'a'));
  EXPECT_THAT(problem, HasSubstr("108 octets"));
  EXPECT_THAT(problem, HasSubstr("107"));
  EXPECT_THAT(problem, HasSubstr("--socket"));
}

TEST_F(ControlSocketTest, SaysWhyAPlaceCannotBeUsed) {
  const auto problem = problem_of_another_at(folder.path() / "missing" / "hardlined.sock");
  EXPECT_THAT(problem, HasSubstr("missing"));
  EXPECT_THAT(problem, HasSubstr("No such file"));
}

}  // namespace
}  // namespace hardline::web
