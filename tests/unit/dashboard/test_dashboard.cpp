#include "hardline/dashboard/dashboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dashboard/dashboard_assets.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::dashboard {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr auto kHex = "0123456789abcdef0123456789abcdef01234567";
constexpr auto kAddress = "http://localhost:7009";

/// What a browser sees of one request.
class FakeExchange final : public web::Exchange {
 public:
  FakeExchange(Executor executor, web::Request request) : request_(std::move(request)), news_(executor) {}

  const web::Request& request() const override { return request_; }

  awaitable<void> respond(const web::Response& response) override {
    answer = response;
    co_return;
  }
  awaitable<bool> begin(const web::Response& response) override {
    answer = response;
    co_return request_.method != "HEAD";
  }
  awaitable<bool> send(std::string_view piece) override {
    sent.emplace_back(piece);
    co_return !over_;
  }
  bool is_over() const override { return over_; }
  Event& news() override { return news_; }
  awaitable<std::optional<Taken>> take_over(std::string_view) override { co_return std::nullopt; }

  void end() {
    over_ = true;
    news_.notify();
  }

  std::optional<web::Response> answer;
  std::vector<std::string> sent;

 private:
  web::Request request_;
  Event news_;
  bool over_ = false;
};

/// A network of which the test says who is there.
class FakeLan final : public lan::LanSearcher {
 public:
  void search(const KeyHash&) override {}
  void search_all() override { ++searches; }
  std::vector<lan::HeardService> heard(const KeyHash&) const override { return heard_; }
  std::vector<lan::HeardService> heard() const override { return heard_; }
  void forget(const KeyHash&, const tcp::endpoint&) override {}
  std::shared_ptr<void> listen(Listener listener) override {
    listener_ = std::move(listener);
    return std::shared_ptr<void>(this, [this](void*) { listener_ = {}; });
  }

  void announce(std::string title) {
    heard_.push_back({ServiceName::parse(kHex).value(),
                      std::move(title),
                      {asio::ip::make_address("192.0.2.7"), 7008},
                      std::chrono::steady_clock::now()});
    if (listener_) listener_(heard_.back());
  }

  int searches = 0;

 private:
  std::vector<lan::HeardService> heard_;
  Listener listener_;
};

class FakePublishing final : public api::Publishing {
 public:
  std::vector<api::OwnService> services() override { return {}; }
  awaitable<api::OrRefusal<api::OwnService>> publish(std::string, OriginAddress) override {
    return refuse<api::OwnService>();
  }
  awaitable<api::OrRefusal<api::OwnService>> change(std::string, api::ServiceChanges) override {
    return refuse<api::OwnService>();
  }
  awaitable<api::OrRefusal<std::string>> remove(std::string) override { return refuse<std::string>(); }

 private:
  template <class T>
  awaitable<api::OrRefusal<T>> refuse() {
    co_return tl::unexpected(api::Refusal{});
  }
};

class DashboardTest : public testing::Test {
 protected:
  ~DashboardTest() override {
    lan.close();
    io.await(tasks.join());
  }

  std::unique_ptr<FakeExchange> exchange(std::string method, std::string target, Fields fields = {}) {
    fields.emplace_back("Host", "localhost:7009");
    return std::make_unique<FakeExchange>(io.executor(),
                                          web::Request{std::move(method), std::move(target), std::move(fields), {}});
  }

  web::Response ask(Dashboard& dashboard, std::string method, std::string target, Fields fields = {}) {
    const auto one = exchange(std::move(method), std::move(target), std::move(fields));
    io.await(dashboard.handle(*one));
    EXPECT_TRUE(one->answer);
    return one->answer.value_or(web::Response{});
  }
  web::Response get(std::string target, Fields fields = {}) {
    return ask(dashboard, "GET", std::move(target), std::move(fields));
  }

  /// As the page itself does.
  Fields of_the_page(const Dashboard& dashboard) const {
    return {{"Origin", kAddress}, {"X-Hardline-Token", dashboard.guard().token()}};
  }

  api::DaemonStatus status() {
    ++looks;
    api::DaemonStatus made;
    made.version = version;
    made.local_port = 7009;
    return made;
  }

  awaitable<tunnel::Examination> examine(KeyHash) { co_return tunnel::Examination{}; }
  awaitable<std::vector<api::WebServer>> no_servers() { co_return std::vector<api::WebServer>{}; }

  support::TestIo io;
  store::TempDir folder;
  asio::thread_pool files{1};
  store::PeerStore peers{folder / "peers.db"};
  store::NameBook names{folder / "names", files};
  store::VisitLog visits{peers};
  TaskGroup tasks{io.executor()};
  FakeLan network;
  lan::LanListing lan{io.executor(), network, tasks};
  FakePublishing publishing;
  std::string version = "1.2.3";
  int looks = 0;  ///< at the status
  api::Api api{{[this] { return status(); }, [this](KeyHash key) { return examine(key); },
                [this] { return no_servers(); }, names, visits, lan, publishing}};
  Dashboard dashboard{api, DashboardMode::on};
  Dashboard read_only{api, DashboardMode::read_only};
  Dashboard off{api, DashboardMode::off};
};

std::optional<std::string> field(const web::Response& response, std::string_view name) {
  std::optional<std::string> value;
  for (const auto& [field, text] : response.fields)
    if (field == name) {
      EXPECT_FALSE(value) << name << " is there twice";
      value = text;
    }
  return value;
}

TEST_F(DashboardTest, ServesThePageWithItsToken) {
  const auto page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, AllOf(StartsWith("<!doctype html>"), HasSubstr(dashboard.guard().token())));
  EXPECT_EQ(get("/?pin=nas").status, 200);
}

TEST_F(DashboardTest, SearchesForWhoLoadsThePageWithoutScripts) {
  get("/dashboard.css");
  EXPECT_EQ(network.searches, 0);
  get("/");
  EXPECT_TRUE(io.run_until([&] { return network.searches == 1; }));
  get("/");
  io.settle();
  EXPECT_EQ(network.searches, 1) << "at once again";
}

TEST_F(DashboardTest, EveryAnswerHasTheSecurityFieldsOnce) {
  for (const auto* target : {"/", "/dashboard.css", "/qr.svg", "/api/status", "/proxy.pac", "/nothing"})
    for (const auto& [name, value] : security_fields()) {
      const auto given = field(get(target), name);
      ASSERT_TRUE(given) << target << name;
      if (name != "Content-Security-Policy") {
        EXPECT_EQ(*given, value);
      }
      EXPECT_THAT(*given, Not(HasSubstr("script-src 'unsafe")));
    }
}

TEST_F(DashboardTest, FilesMayBeKeptForGoodUnderTheirVersionAlone) {
  for (const auto* asset : {&dashboard_style(), &dashboard_script(), &dashboard_icon()}) {
    const auto kept = get(asset->url());
    EXPECT_EQ(kept.body, asset->body);
    EXPECT_EQ(kept.content_type, asset->content_type);
    EXPECT_THAT(field(kept, "Cache-Control").value_or(""), HasSubstr("immutable"));
    EXPECT_FALSE(field(get(std::string(asset->path)), "Cache-Control"));
    EXPECT_FALSE(field(get(std::string(asset->path) + "?v=0"), "Cache-Control"));
  }
}

TEST_F(DashboardTest, MakesQrCodesOfLinksAlone) {
  const auto image = get("/qr.svg?text=http%3A%2F%2Fpw-" + std::string(kHex) + ".localhost%3A7009%2F");
  EXPECT_EQ(image.status, 200);
  EXPECT_THAT(image.content_type, StartsWith("image/svg+xml"));
  EXPECT_THAT(image.body, StartsWith("<svg "));
  EXPECT_EQ(get("/qr.svg?text=http%3A%2F%2Fnas.localhost%3A7009%2F").status, 200);
  for (const auto* text : {"", "x", "https%3A%2F%2Fnas.localhost%2F", "http%3A%2F%2Fevil.example%2F",
                           "http%3A%2F%2Fnas.localhost%40evil.example%2F", "http%3A%2F%2Fnas.localhost%2F%0A",
                           "http%3A%2F%2Flocalhost%3A7009%2F", "%"})
    EXPECT_EQ(get("/qr.svg?text=" + std::string(text)).status, 400) << text;
  EXPECT_EQ(get("/qr.svg").status, 400);
}

TEST_F(DashboardTest, ProxyPacLeadsNamesUnderLocalhostHereInEveryMode) {
  for (auto* one : {&dashboard, &read_only, &off}) {
    const auto file = ask(*one, "GET", "/proxy.pac");
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(file.content_type, "application/x-ns-proxy-autoconfig");
    EXPECT_THAT(file.body,
                AllOf(HasSubstr("FindProxyForURL"), HasSubstr("'PROXY 127.0.0.1:7009'"), HasSubstr("'DIRECT'")));
  }
}

TEST_F(DashboardTest, SaysWhereItIsWhenAskedUnderAnotherName) {
  FakeExchange rebound(io.executor(), {"GET", "/", {{"Host", "evil.example:7009"}}, {}});
  io.await(dashboard.handle(rebound));
  EXPECT_EQ(rebound.answer->status, 421);
  EXPECT_THAT(rebound.answer->body,
              AllOf(HasSubstr("http://localhost:7009/"), Not(HasSubstr(dashboard.guard().token()))));
}

TEST_F(DashboardTest, RefusesOtherSites) {
  const auto page = get("/", {{"Sec-Fetch-Site", "cross-site"}});
  EXPECT_EQ(page.status, 403);
  EXPECT_THAT(page.body, Not(HasSubstr(dashboard.guard().token())));
  const auto answer = get("/api/status", {{"Origin", "http://nas.localhost:7009"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, HasSubstr("cross_site"));
  const auto events = exchange("GET", "/events", {{"Sec-Fetch-Site", "same-site"}});
  io.await(dashboard.handle(*events));
  EXPECT_EQ(events->answer->status, 403);
  EXPECT_THAT(events->sent, IsEmpty());
}

TEST_F(DashboardTest, RefusesWebSockets) {
  EXPECT_EQ(get("/events", {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}).status, 400);
}

TEST_F(DashboardTest, LeadsToTheApi) {
  const auto answer = get("/api/status");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("1.2.3"));
}

TEST_F(DashboardTest, AChangeIsMadeWithTheTokenAlone) {
  const auto target = "/api/names/" + std::string("nas");
  EXPECT_THAT(ask(dashboard, "DELETE", target, of_the_page(dashboard)).body, HasSubstr("not_found")) << "by the API";
  const auto refused = ask(dashboard, "DELETE", target, of_the_page(off));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("wrong_token"));
  EXPECT_EQ(ask(dashboard, "DELETE", target, {{"Origin", kAddress}}).status, 403);
}

TEST_F(DashboardTest, WhatIsNoApiCanOnlyBeRead) {
  for (const auto* target : {"/", "/events", "/proxy.pac", "/qr.svg", "/nothing"}) {
    const auto refused = ask(dashboard, "POST", target, of_the_page(dashboard));
    EXPECT_EQ(refused.status, 405) << target;
    EXPECT_EQ(field(refused, "Allow"), "GET, HEAD");
  }
}

TEST_F(DashboardTest, ThereIsNothingElse) {
  for (const auto* target : {"/index.html", "/api", "//", "/dashboard.css/", "/%64ashboard.css", "/events/"})
    EXPECT_EQ(get(target).status, 404) << target;
}

TEST_F(DashboardTest, ReadOnlyShowsAndRefusesChanges) {
  EXPECT_THAT(ask(read_only, "GET", "/").body, Not(HasSubstr(read_only.guard().token())));
  EXPECT_EQ(ask(read_only, "GET", "/api/status").status, 200);
  const auto refused = ask(read_only, "PUT", "/api/names/nas", of_the_page(read_only));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("read_only"), HasSubstr("Changes are disabled")));
}

TEST_F(DashboardTest, OffSaysSoEverywhere) {
  for (const auto* target : {"/", "/dashboard.js", "/events", "/api/status", "/qr.svg"}) {
    const auto page = ask(off, "GET", target);
    EXPECT_EQ(page.status, 404) << target;
    EXPECT_THAT(page.body, HasSubstr("switched off"));
  }
  EXPECT_EQ(ask(off, "HEAD", "/events").status, 404);
  EXPECT_EQ(ask(off, "PUT", "/api/names/nas", of_the_page(off)).status, 404);
}

// ---- Events ----

TEST_F(DashboardTest, EventsBeginWithTheStartAndEverySection) {
  const auto events = exchange("GET", "/events", {{"Sec-Fetch-Site", "same-origin"}});
  auto stream = io.start(dashboard.handle(*events));
  ASSERT_TRUE(io.run_until([&] { return !events->sent.empty(); }));
  EXPECT_THAT(events->answer->content_type, StartsWith("text/event-stream"));
  const auto& first = events->sent[0];
  EXPECT_THAT(first, ContainsRegex("event: hello\ndata: [0-9a-f]+\n\n"));
  for (const auto section : kSections)
    EXPECT_THAT(first, HasSubstr("event: " + std::string(name_of(section)) + "\ndata: <"));
  EXPECT_THAT(get("/").body, HasSubstr("data-start=\"" + first.substr(first.find("data: ") + 6, 16) + "\""));
  events->end();
  stream.get();
}

TEST_F(DashboardTest, HeadOfEventsIsTheHeadOfTheStream) {
  const auto head = exchange("HEAD", "/events");
  io.await(dashboard.handle(*head));
  EXPECT_EQ(head->answer->status, 200);
  EXPECT_THAT(head->answer->content_type, StartsWith("text/event-stream"));
  EXPECT_EQ(field(*head->answer, "X-Frame-Options"), "DENY");
  EXPECT_THAT(head->sent, IsEmpty());
}

TEST_F(DashboardTest, EventsTellOfNobodyButWhoCame) {
  const auto events = exchange("GET", "/events");
  auto stream = io.start(dashboard.handle(*events));
  ASSERT_TRUE(io.run_until([&] { return !events->sent.empty(); }));
  network.announce("Films");
  ASSERT_TRUE(io.run_until([&] { return events->sent.size() > 1; }));
  EXPECT_THAT(events->sent[1],
              AllOf(StartsWith("event: lan\ndata: "), HasSubstr("Films"), Not(HasSubstr("event: computer"))));
  events->end();
  stream.get();
}

TEST_F(DashboardTest, EventsTellOfWhatChangesElsewhereWithinASecond) {
  const auto events = exchange("GET", "/events");
  auto stream = io.start(dashboard.handle(*events));
  ASSERT_TRUE(io.run_until([&] { return !events->sent.empty(); }));
  version = "9.9.9";
  ASSERT_TRUE(io.run_until([&] { return events->sent.size() > 1; }));
  EXPECT_THAT(events->sent[1], AllOf(StartsWith("event: computer\n"), HasSubstr("9.9.9")));
  events->end();
  stream.get();
}

TEST_F(DashboardTest, EventsAreSilentWhileNothingChanges) {
  const auto events = exchange("GET", "/events");
  auto stream = io.start(dashboard.handle(*events));
  ASSERT_TRUE(io.run_until([&] { return !events->sent.empty(); }));
  io.context().run_for(Dashboard::kRefreshEvery + 2 * Dashboard::kLookEvery);
  EXPECT_EQ(events->sent.size(), 1U);
  events->end();
  stream.get();
}

TEST_F(DashboardTest, EventsOfAnotherPageBeginWithEverySectionToo) {
  const auto one = exchange("GET", "/events"), other = exchange("GET", "/events");
  auto first = io.start(dashboard.handle(*one));
  ASSERT_TRUE(io.run_until([&] { return !one->sent.empty(); }));
  auto second = io.start(dashboard.handle(*other));
  ASSERT_TRUE(io.run_until([&] { return !other->sent.empty(); }));
  EXPECT_EQ(other->sent[0], one->sent[0]);
  one->end();
  other->end();
  first.get();
  second.get();
}

TEST_F(DashboardTest, LooksOnceForAllOpenPages) {
  const auto one = exchange("GET", "/events"), other = exchange("GET", "/events");
  auto first = io.start(dashboard.handle(*one));
  auto second = io.start(dashboard.handle(*other));
  ASSERT_TRUE(io.run_until([&] { return !one->sent.empty() && !other->sent.empty(); }));
  version = "9.9.9";
  looks = 0;
  ASSERT_TRUE(io.run_until([&] { return one->sent.size() > 1 && other->sent.size() > 1; }));
  EXPECT_EQ(looks, 1);
  for (const auto* page : {one.get(), other.get()}) {
    EXPECT_THAT(page->sent[1], AllOf(StartsWith("event: computer\n"), HasSubstr("9.9.9")));
    EXPECT_EQ(page->sent.size(), 2U);
  }
  one->end();
  other->end();
  first.get();
  second.get();
}

TEST_F(DashboardTest, EventsTellAllPagesOfAChangeThatOneMakes) {
  const auto one = exchange("GET", "/events"), other = exchange("GET", "/events");
  auto first = io.start(dashboard.handle(*one));
  auto second = io.start(dashboard.handle(*other));
  ASSERT_TRUE(io.run_until([&] { return !one->sent.empty() && !other->sent.empty(); }));
  auto fields = of_the_page(dashboard);
  fields.emplace_back("Host", "localhost:7009");
  fields.emplace_back("Content-Type", "application/json");
  FakeExchange pin(io.executor(), {"PUT", "/api/names/nas", fields, R"({"link":")" + std::string(kHex) + "\"}"});
  io.await(dashboard.handle(pin));
  ASSERT_EQ(pin.answer->status, 201);
  ASSERT_TRUE(io.run_until([&] { return one->sent.size() > 1 && other->sent.size() > 1; }));
  for (const auto* page : {one.get(), other.get()})
    EXPECT_THAT(page->sent[1], AllOf(StartsWith("event: yours\n"), HasSubstr("nas.localhost:7009")));
  one->end();
  other->end();
  first.get();
  second.get();
}

TEST_F(DashboardTest, SearchesTheNetworkWhileAPageIsOpenAndNotOtherwise) {
  get("/dashboard.css");
  io.settle();
  EXPECT_EQ(network.searches, 0);
  const auto events = exchange("GET", "/events");
  auto stream = io.start(dashboard.handle(*events));
  EXPECT_TRUE(io.run_until([&] { return network.searches > 0; }));
  events->end();
  stream.get();
}

TEST_F(DashboardTest, EventsEndAsSoonAsThePageIsClosed) {
  const auto events = exchange("GET", "/events");
  auto stream = io.start(dashboard.handle(*events));
  ASSERT_TRUE(io.run_until([&] { return !events->sent.empty(); }));
  events->end();
  io.settle();  // less than until the next look
  EXPECT_TRUE(stream.done());
}

TEST_F(DashboardTest, SoManyPagesAndNoMore) {
  std::vector<std::unique_ptr<FakeExchange>> open;
  std::vector<support::Running<void>> streams;
  for (std::size_t i = 0; i < Dashboard::kMaxStreams; ++i) {
    open.push_back(exchange("GET", "/events"));
    streams.push_back(io.start(dashboard.handle(*open.back())));
  }
  ASSERT_TRUE(io.run_until([&] { return !open.back()->sent.empty(); }));
  EXPECT_EQ(get("/events").status, 503);
  EXPECT_EQ(ask(dashboard, "HEAD", "/events").status, 503);
  open.front()->end();
  streams.front().get();
  const auto another = exchange("GET", "/events");
  auto stream = io.start(dashboard.handle(*another));
  ASSERT_TRUE(io.run_until([&] { return another->answer.has_value(); }));
  EXPECT_EQ(another->answer->status, 200);
  another->end();
  stream.get();
  for (auto& one : open) one->end();
  for (auto& one : streams) one.get();
}

}  // namespace
}  // namespace hardline::dashboard
