#include "hardline/api/control_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "hardline/net/socket_stream.hpp"
#include "store/temp_dir.hpp"
#include "support/http.hpp"
#include "support/streams.hpp"

namespace hardline::api {
namespace {

namespace fs = std::filesystem;
using support::HttpResponse;
using testing::HasSubstr;
using Protocol = asio::local::stream_protocol;

/// Answers at once, or when it is let go, or for as long as somebody listens.
class ScriptedHandler final : public web::HttpHandler {
 public:
  explicit ScriptedHandler(Executor executor) : release(executor) {}

  awaitable<void> handle(web::Exchange& exchange) override {
    const web::Response response{200, "application/json", "{}\n"};
    if (exchange.request().path() == "/slow") {
      ++answering;
      co_await release.wait();
      --answering;
    }
    if (exchange.request().path() == "/events") {
      ++answering;
      co_await exchange.begin(response);
      while (!exchange.is_over()) co_await exchange.news().wait();
      --answering;
    } else {
      co_await exchange.respond(response);
    }
  }

  int answering = 0;
  Event release;
};

class ControlSocketTest : public testing::Test {
 protected:
  ControlSocketTest() {
    control.open(path);
    control.start(tasks);
  }
  ~ControlSocketTest() override {
    control.stop();
    handler.release.notify();
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

  std::string problem_of_another_at(const fs::path& place) {
    ControlSocket other(io.executor(), handler);
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
  ScriptedHandler handler{io.executor()};
  ControlSocket control{io.executor(), handler};
  TaskGroup tasks{io.executor()};
};

const std::string kSlow = "GET /slow";

TEST_F(ControlSocketTest, LeadsToItsHandler) {
  const auto response = HttpResponse::parse(ask(request("GET /api/status")));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}\n");
}

TEST_F(ControlSocketTest, BelongsToItsOwnerAlone) {
  struct stat made {};
  ASSERT_EQ(::lstat(path.c_str(), &made), 0);
  EXPECT_TRUE(S_ISSOCK(made.st_mode));
  EXPECT_EQ(made.st_mode & 0777U, 0600U);
}

TEST_F(ControlSocketTest, RefusesWhatIsNoHttp) {
  EXPECT_EQ(HttpResponse::parse(ask("tell me everything\r\n\r\n")).status, 400);
}

TEST_F(ControlSocketTest, SurvivesOneWhoHangsUp) {
  for (const auto* beginning : {"", "GET /api/st"}) {
    const auto client = connect();
    EXPECT_FALSE(io.await(support::writing(*client, beginning)));
    client->close();
  }
  EXPECT_EQ(HttpResponse::parse(ask(request("GET /api/status"))).status, 200);
}

TEST_F(ControlSocketTest, AnswersOthersWhileAnAnswerTakesItsTime) {
  const auto slow = connect();
  EXPECT_FALSE(io.await(support::writing(*slow, request(kSlow))));
  ASSERT_TRUE(io.run_until([this] { return handler.answering == 1; }));
  EXPECT_EQ(HttpResponse::parse(ask(request("GET /api/status"))).status, 200);
  handler.release.notify();
  EXPECT_EQ(HttpResponse::parse(io.await(support::reading_to_end(*slow)).text).status, 200);
}

TEST_F(ControlSocketTest, TakesSoManyConnectionsAndNoMore) {
  std::vector<std::unique_ptr<SocketStream>> clients;
  for (std::size_t i = 0; i < ControlSocket::kMaxSessions; ++i) {
    clients.push_back(connect());
    EXPECT_FALSE(io.await(support::writing(*clients.back(), request(kSlow))));
  }
  ASSERT_TRUE(io.run_until([this] { return handler.answering == static_cast<int>(ControlSocket::kMaxSessions); }));
  const auto one_more = connect();
  EXPECT_EQ(io.await(support::reading_to_end(*one_more)).text, "");
  clients.clear();
  handler.release.notify();
  ASSERT_TRUE(io.run_until([this] { return handler.answering == 0; }));
}

TEST_F(ControlSocketTest, RemovesItsFileAndClosesConnectionsAtTheEnd) {
  const auto idle = connect();
  const auto slow = connect();
  EXPECT_FALSE(io.await(support::writing(*slow, request(kSlow))));
  ASSERT_TRUE(io.run_until([this] { return handler.answering == 1; }));
  control.stop();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(io.await(support::reading_to_end(*idle)).text, "");
  EXPECT_EQ(io.await(support::reading_to_end(*slow)).text, "");
}

TEST_F(ControlSocketTest, EndsWhatStreamsAtTheEnd) {
  const auto listener = connect();
  EXPECT_FALSE(io.await(support::writing(*listener, request("GET /events"))));
  ASSERT_TRUE(io.run_until([this] { return handler.answering == 1; }));
  control.stop();
  io.await(tasks.join());
  EXPECT_EQ(handler.answering, 0);
  EXPECT_THAT(io.await(support::reading_to_end(*listener)).text, testing::Not(HasSubstr("0\r\n\r\n")));
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
  EXPECT_THAT(problem_of_another_at(file), HasSubstr("not a socket"));
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
}  // namespace hardline::api
