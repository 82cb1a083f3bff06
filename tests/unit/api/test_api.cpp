#include "hardline/api/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/api_world.hpp"

namespace hardline::api {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const KeyHash kKey = *KeyHash::parse(kHex);

class ApiTest : public testing::Test, public ApiWorld {};

json body_of(const web::Response& response) {
  return json::parse(response.body);
}

json error_of(const web::Response& response) {
  return body_of(response).at("error");
}

std::string text_of_error(const web::Response& response) {
  return error_of(response).at("text").get<std::string>();
}

TEST_F(ApiTest, TellsTheStatus) {
  const auto response = ask("GET", "/api/status");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(body_of(response).at("version"), "1.2.3");
}

TEST_F(ApiTest, AnswersOneLine) {
  const auto body = ask("GET", "/api/status").body;
  EXPECT_EQ(body.find('\n'), body.size() - 1);
}

TEST_F(ApiTest, KnowsOnlyItsOwnPaths) {
  for (const auto* target : {"/", "/api", "/api/", "/api/statu", "/api/status/", "//api/status", "", "*", "/api/names/",
                             "/api/names/a/b", "/api/names/a%4", "/api/services/a/rename"}) {
    const auto response = ask("GET", target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(error_of(response).at("code"), "not_found");
  }
}

struct WrongMethod {
  const char* method;
  const char* target;
  const char* allow;
};

TEST_F(ApiTest, SaysWhichMethodsThereAre) {
  for (const auto& [method, target, allow] :
       {WrongMethod{"POST", "/api/status", "GET, HEAD"}, WrongMethod{"GET", "/api/names/nas", "PUT, DELETE"},
        WrongMethod{"PUT", "/api/services", "GET, HEAD, POST"}, WrongMethod{"get", "/api/names", "GET, HEAD"}}) {
    const auto response = ask(method, target);
    EXPECT_EQ(response.status, 405) << target;
    EXPECT_THAT(response.fields, ElementsAre(testing::Pair("Allow", allow)));
    EXPECT_EQ(error_of(response).at("code"), "method_not_allowed");
  }
  EXPECT_EQ(ask("HEAD", "/api/status").status, 200);
}

TEST_F(ApiTest, SurvivesWhatGoesWrongInside) {
  broken = true;
  const auto response = ask("GET", "/api/status");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(text_of_error(response), "out of order");
}

TEST_F(ApiTest, ReplacesWhatIsNoUtf8) {
  publishing.own.push_back({.id = "a", .title = "caf\xe9", .name = *ServiceName::parse(kHex)});
  EXPECT_EQ(body_of(ask("GET", "/api/services")).at("services")[0].at("title"), "caf\uFFFD");
}

// Which service is meant.

TEST_F(ApiTest, ResolvesWhatAPersonHasAtHand) {
  for (const auto& text : {kHex, kLabel, kLabel + ".localhost", kLabel + ".localhost:7009", kLabel + ".localhost.",
                           "http://" + kLabel + ".localhost:7009/", "HTTP://" + kLabel + ".LOCALHOST/some/page?a=b#c",
                           "-" + kHex, "https://" + kHex + ".localhost?x"}) {
    const auto service = api.resolve(text);
    ASSERT_TRUE(service) << text;
    EXPECT_EQ(service->key, kKey) << text;
  }
}

TEST_F(ApiTest, ResolvesPetnames) {
  pin("jellyfin", kLabel);
  for (const auto* text : {"jellyfin", "Jellyfin", "jellyfin.localhost", "JELLYFIN.localhost:7009",
                           "http://jellyfin.localhost:7009/x", "http://jellyfin/"}) {
    const auto service = api.resolve(text);
    ASSERT_TRUE(service) << text;
    EXPECT_EQ(service->label(), kLabel) << text;
  }
}

TEST_F(ApiTest, ResolvesNothingElse) {
  pin("jellyfin", kLabel);
  for (const auto& text :
       {std::string(), std::string("demo"), std::string("localhost"), kLabel + ".example.org", "ftp://" + kLabel,
        kHex.substr(1), "x." + kLabel + ".localhost", std::string("jellyfin.example.org"),
        std::string("www.jellyfin.localhost"), "http://" + std::string(5000, 'a')})
    EXPECT_FALSE(api.resolve(text)) << text;
}

TEST_F(ApiTest, ExaminesTheServiceThatIsNamed) {
  const auto response = ask("GET", "/api/why?name=" + kLabel);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(examined, std::vector{kKey});
  EXPECT_EQ(body_of(response).at("key_hash"), kHex);
  EXPECT_TRUE(body_of(response).at("name").is_null());
}

TEST_F(ApiTest, ExaminesByPetname) {
  pin("jellyfin", kLabel);
  const auto response = ask("GET", "/api/why?other=1&name=http%3a%2F%2Fjellyfin.localhost%3A7009%2f");
  EXPECT_EQ(examined, std::vector{kKey});
  EXPECT_EQ(body_of(response).at("name"), "jellyfin");
  EXPECT_THAT(response.body, Not(HasSubstr("abcdefgh23456"))) << "an examination holds no password";
}

TEST_F(ApiTest, ExaminesNothingThatNamesNoService) {
  for (const auto* query :
       {"", "?", "?name", "?name=", "?nam=x", "?name=%4", "?name=%zz", "?name=a&name=b", "?name=demo.localhost"}) {
    const auto response = ask("GET", std::string("/api/why") + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_THAT(text_of_error(response), HasSubstr("NAME")) << query;
  }
  EXPECT_THAT(examined, IsEmpty());
}

// Who is on this network.

TEST_F(ApiTest, ListsNeighbours) {
  lan.known.push_back(heard(kHex, "Films", "192.0.2.7"));
  lan.known.push_back(heard(kOtherHex, "Music", "192.0.2.8"));
  pin("jellyfin", kLabel);
  publishing.own.push_back({.id = "music", .title = "Music", .name = *ServiceName::parse(kOtherHex)});
  const auto list = body_of(ask("GET", "/api/neighbours")).at("neighbours");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].at("title"), "Films");
  EXPECT_EQ(list[0].at("key_hash"), kHex);
  EXPECT_EQ(list[0].at("machines"), json({"192.0.2.7:7008"}));
  EXPECT_EQ(list[0].at("link"), "http://" + kHex + ".localhost:7009/");
  EXPECT_EQ(list[0].at("pinned_as"), "jellyfin");
  EXPECT_EQ(list[0].at("published_here"), false);
  EXPECT_TRUE(list[0].at("heard_ms_ago").is_number());
  EXPECT_TRUE(list[1].at("pinned_as").is_null());
  EXPECT_EQ(list[1].at("published_here"), true);
}

TEST_F(ApiTest, SearchesTheLanOnlyWhileSomebodyWaits) {
  ask("GET", "/api/neighbours");
  ask("GET", "/api/neighbours?wait=0");
  EXPECT_EQ(lan.general_searches, 0);
  ask("GET", "/api/neighbours?wait=20");
  EXPECT_EQ(lan.general_searches, 1);
}

TEST_F(ApiTest, WaitsForNeighboursWithinReason) {
  for (const auto* query : {"wait=5001", "wait=-1", "wait=", "wait", "wait=1s", "wait=1&wait=1", "wait=99999999999"}) {
    const auto response = ask("GET", std::string("/api/neighbours?") + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_THAT(text_of_error(response), HasSubstr("5000"));
  }
}

TEST_F(ApiTest, WaitsForNobodyWhereAnotherParameterLooksLikeIt) {
  for (const auto* query : {"x=wait", "await=20", "wait-=20"})
    EXPECT_EQ(ask("GET", std::string("/api/neighbours?") + query).status, 200) << query;
  EXPECT_EQ(lan.general_searches, 0);
}

TEST_F(ApiTest, WaitsNoLongerOnceTheListingIsClosed) {
  const web::Request request{"GET", "/api/neighbours?wait=5000", {}, ""};
  auto waiting = io.start(api.answer(request));
  ASSERT_TRUE(io.run_until([this] { return lan.general_searches > 0; }));
  const auto before = std::chrono::steady_clock::now();
  listing.close();
  EXPECT_EQ(waiting.get().status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(4));
}

// Names.

TEST_F(ApiTest, PinsALink) {
  const auto response = ask("PUT", "/api/names/Jellyfin", R"({"link":"http://)" + kLabel + R"(.localhost:7009/"})");
  EXPECT_EQ(response.status, 201);
  const auto pinned = body_of(response);
  EXPECT_EQ(pinned.at("name"), "jellyfin");
  EXPECT_EQ(pinned.at("link"), "http://" + kLabel + ".localhost:7009/");
  EXPECT_EQ(pinned.at("key_hash"), kHex);
  EXPECT_TRUE(pinned.at("reached").is_null());
  EXPECT_EQ(body_of(ask("GET", "/api/names")).at("names"), json::array({pinned}));
}

TEST_F(ApiTest, PointsANameAtAnotherService) {
  pin("jellyfin", kLabel);
  EXPECT_EQ(ask("PUT", "/api/names/jellyfin", R"({"link":")" + kOtherHex + R"("})").status, 200);
  EXPECT_EQ(names.find("jellyfin")->key.hex(), kOtherHex);
}

TEST_F(ApiTest, PinsWhatAnotherNameLeadsTo) {
  pin("jellyfin", kLabel);
  EXPECT_EQ(ask("PUT", "/api/names/films", R"({"link":"jellyfin"})").status, 201);
  EXPECT_EQ(names.find("films")->label(), kLabel);
}

TEST_F(ApiTest, PinsNothingThatIsNoService) {
  const auto response = ask("PUT", "/api/names/films", R"({"link":"jellyfin"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(error_of(response).at("code"), "bad_name");
  EXPECT_THAT(names.pins(), IsEmpty());
}

TEST_F(ApiTest, PinsUnderNoReservedName) {
  const auto response = ask("PUT", "/api/names/hardline", R"({"link":")" + kHex + R"("})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(error_of(response).at("code"), "bad_petname");
  EXPECT_THAT(text_of_error(response), HasSubstr("hardline"));
}

TEST_F(ApiTest, RenamesAName) {
  pin("jellyfin", kLabel);
  const auto response = ask("POST", "/api/names/jellyfin/rename", R"({"to":"Films"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response).at("name"), "films");
  EXPECT_EQ(names.find("films")->label(), kLabel);
  EXPECT_EQ(names.find("jellyfin"), nullptr);
}

TEST_F(ApiTest, RenamesToTheSameName) {
  pin("jellyfin", kLabel);
  EXPECT_EQ(ask("POST", "/api/names/jellyfin/rename", R"({"to":"JELLYFIN"})").status, 200);
}

TEST_F(ApiTest, RenamesNothingOntoAnother) {
  pin("jellyfin", kLabel);
  pin("films", kOtherHex);
  const auto response = ask("POST", "/api/names/jellyfin/rename", R"({"to":"films"})");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(error_of(response).at("code"), "name_taken");
  EXPECT_EQ(names.find("films")->key.hex(), kOtherHex);
}

TEST_F(ApiTest, RenamesNothingThatIsNotThere) {
  EXPECT_EQ(ask("POST", "/api/names/jellyfin/rename", R"({"to":"films"})").status, 404);
}

TEST_F(ApiTest, RemovesAName) {
  pin("jellyfin", kLabel);
  const auto response = ask("DELETE", "/api/names/jellyfin");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response).at("link"), "http://" + kLabel + ".localhost:7009/") << "so that it can be undone";
  EXPECT_THAT(names.pins(), IsEmpty());
  EXPECT_EQ(ask("DELETE", "/api/names/jellyfin").status, 404);
}

TEST_F(ApiTest, TellsOfTheLastVisit) {
  pin("jellyfin", kLabel);
  const auto now = std::chrono::system_clock::now();
  visits.reached(kKey, "lan", now - std::chrono::hours(2));
  visits.missed(kKey, "nobody was found", now - std::chrono::hours(1));
  const auto name = body_of(ask("GET", "/api/names")).at("names")[0];
  EXPECT_EQ(name.at("path"), "lan");
  EXPECT_NEAR(name.at("reached_seconds_ago").get<int>(), 7200, 5);
  EXPECT_NEAR(name.at("missed_seconds_ago").get<int>(), 3600, 5);
  EXPECT_EQ(name.at("problem"), "nobody was found");
}

TEST_F(ApiTest, ExportsWhatItImports) {
  pin("jellyfin", kLabel);
  pin("films", kOtherHex);
  const auto exported = ask("GET", "/api/names.txt");
  EXPECT_THAT(exported.content_type, HasSubstr("text/plain"));
  io.await(names.unpin(*Petname::parse("films")));
  const auto imported = ask("POST", "/api/names.txt", exported.body, "Text/Plain; charset=utf-8");
  EXPECT_EQ(imported.status, 200) << imported.body;
  EXPECT_EQ(body_of(imported).at("imported"), 2);
  EXPECT_EQ(names.find("films")->key.hex(), kOtherHex);
}

TEST_F(ApiTest, ImportsAllOrNothing) {
  const auto response =
      ask("POST", "/api/names.txt", "nas " + kHex + "\nno link at all\nlocalhost " + kHex + "\n", "text/plain");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(text_of_error(response), HasSubstr("line 2"));
  EXPECT_THAT(text_of_error(response), HasSubstr("line 3"));
  EXPECT_EQ(error_of(response).at("lines").size(), 2u);
  EXPECT_THAT(names.pins(), IsEmpty());
}

TEST_F(ApiTest, ImportsOnlyWhatSaysThatItIsText) {
  EXPECT_EQ(ask("POST", "/api/names.txt", "nas " + kHex + "\n", "application/x-www-form-urlencoded").status, 415);
}

TEST_F(ApiTest, SaysThatNothingWasWritten) {
  std::filesystem::remove_all(dir.path());
  const auto response = ask("PUT", "/api/names/jellyfin", R"({"link":")" + kHex + R"("})");
  EXPECT_EQ(response.status, 507);
  EXPECT_EQ(error_of(response).at("code"), "insufficient_storage");
  EXPECT_THAT(text_of_error(response), HasSubstr("nothing was changed"));
}

// Bodies.

struct BadBody {
  const char* body;
  const char* said;
};

TEST_F(ApiTest, TakesBodiesStrictly) {
  for (const auto& [body, said] :
       {BadBody{"{", "JSON object"}, BadBody{"[]", "JSON object"}, BadBody{"\"\"", "object"},
        BadBody{"", "\"link\" is missing"}, BadBody{"{}", "\"link\" is missing"},
        BadBody{R"({"link":1})", "\"link\" must be a string"}, BadBody{R"({"link":null})", "\"link\" must be a string"},
        BadBody{R"({"link":"x","lnik":"y"})", "\"lnik\" is not known"}}) {
    const auto response = ask("PUT", "/api/names/nas", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(text_of_error(response), HasSubstr(said)) << body;
  }
  EXPECT_EQ(ask("DELETE", "/api/names/nas", R"({"sure":true})").status, 400);
}

TEST_F(ApiTest, TakesOnlyBodiesThatSayThatTheyAreJson) {
  for (const auto* type : {"text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"})
    EXPECT_EQ(ask("PUT", "/api/names/nas", R"({"link":")" + kHex + R"("})", type).status, 415) << type;
  EXPECT_EQ(ask("PUT", "/api/names/nas", R"({"link":")" + kHex + R"("})", "Application/JSON ; charset=utf-8").status,
            201);
}

// Services of this machine.

TEST_F(ApiTest, ListsItsServices) {
  publishing.own.push_back({.id = "films",
                            .title = "Films",
                            .name = *ServiceName::parse(kLabel),
                            .origin = "127.0.0.1:8096",
                            .address = HostPort{"127.0.0.1", 8096},
                            .editable = true,
                            .origin_up = true,
                            .connections = 3,
                            .octets = 4,
                            .open = 1});
  publishing.own.push_back({.title = "Of the command line", .name = *ServiceName::parse(kOtherHex)});
  const auto list = body_of(ask("GET", "/api/services")).at("services");
  EXPECT_EQ(list[0],
            json::parse(R"({"id":"films","title":"Films","key_hash":")" + kHex + R"(","link":"http://)" + kLabel +
                        R"(.localhost:7009/","origin":"127.0.0.1:8096","host":"127.0.0.1","port":8096,
    "socket":null,"paused":false,"editable":true,"listed":true,"uses_dht":true,"origin_up":true,
    "origin_problem":null,"connections":3,"octets":4,"open":1})"));
  EXPECT_TRUE(list[1].at("id").is_null());
  EXPECT_TRUE(list[1].at("host").is_null());
}

TEST_F(ApiTest, PublishesAPort) {
  const auto response = ask("POST", "/api/services", R"({"title":" Films\n","host":"127.0.0.1","port":8096})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(body_of(response).at("title"), "Films");
  EXPECT_EQ(body_of(response).at("port"), 8096);
  EXPECT_THAT(response.fields, ElementsAre(testing::Pair("Location", "/api/services/new%20one")));
}

TEST_F(ApiTest, PublishesASocket) {
  const auto response = ask("POST", "/api/services", R"({"title":"Films","socket":"/run/films.sock"})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(body_of(response).at("socket"), "/run/films.sock");
}

TEST_F(ApiTest, PublishesNothingThatIsNowhere) {
  for (const auto* body :
       {R"({"title":"a"})", R"({"title":"a","host":"b"})", R"({"title":"a","port":1})",
        R"({"title":"a","host":"b","port":0})", R"({"title":"a","host":"b","port":65536})",
        R"({"title":"a","host":"b","port":"80"})", R"({"title":"a","host":"b","port":80.5})",
        R"({"title":"a","host":"b","port":-1})", R"({"title":"a","host":"","port":80})",
        R"({"title":"a","host":"http://b","port":80})", R"({"title":"a","host":"b c","port":80})",
        R"({"title":"a","socket":"run"})", R"({"title":"a","socket":"/a\nb"})",
        R"({"title":"a","socket":"/a","host":"b","port":80})", R"({"title":"","host":"b","port":80})",
        R"({"title":"\n ","host":"b","port":80})", R"({"host":"b","port":80})"}) {
    EXPECT_EQ(ask("POST", "/api/services", body).status, 400) << body;
  }
  const auto long_title = std::string(201, 'a');
  EXPECT_EQ(ask("POST", "/api/services", R"({"title":")" + long_title + R"(","host":"b","port":80})").status, 400);
  const auto long_path = "/" + std::string(107, 'a');
  EXPECT_EQ(ask("POST", "/api/services", R"({"title":"a","socket":")" + long_path + R"("})").status, 400);
  EXPECT_THAT(publishing.own, IsEmpty());
}

TEST_F(ApiTest, PassesARefusalOn) {
  publishing.refusal = Refusal{409, "no_folder", "There is no folder for service files."};
  const auto response = ask("POST", "/api/services", R"({"title":"a","host":"b","port":80})");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(error_of(response).at("code"), "no_folder");
  EXPECT_EQ(text_of_error(response), "There is no folder for service files.");
}

TEST_F(ApiTest, ChangesWhatIsNamedAlone) {
  publishing.own.push_back(
      {.id = "my films", .title = "Films", .name = *ServiceName::parse(kHex), .address = HostPort{"127.0.0.1", 8096}});
  EXPECT_EQ(body_of(ask("PATCH", "/api/services/my%20films", R"({"paused":true})")).at("paused"), true);
  ASSERT_EQ(publishing.changes.size(), 1u);
  EXPECT_FALSE(publishing.changes[0].title || publishing.changes[0].address);
  const auto moved = body_of(ask("PATCH", "/api/services/my%20films", R"({"port":80,"title":"Movies"})"));
  EXPECT_EQ(moved.at("host"), "127.0.0.1");
  EXPECT_EQ(moved.at("port"), 80);
  EXPECT_EQ(moved.at("title"), "Movies");
  EXPECT_FALSE(publishing.changes[1].paused);
}

TEST_F(ApiTest, ChangesNothingWhereNothingIsSaid) {
  publishing.own.push_back({.id = "a", .title = "A", .name = *ServiceName::parse(kHex)});
  EXPECT_EQ(ask("PATCH", "/api/services/a").status, 400);
  EXPECT_EQ(ask("PATCH", "/api/services/a", "{}").status, 400);
  EXPECT_EQ(ask("PATCH", "/api/services/a", R"({"port":80})").status, 400) << "it has no host yet";
  EXPECT_THAT(publishing.changes, IsEmpty());
}

TEST_F(ApiTest, ChangesOnlyWhatThereIs) {
  for (const auto* id : {"b", "..%2Fa", "%00"}) {
    EXPECT_EQ(ask("PATCH", std::string("/api/services/") + id, R"({"paused":true})").status, 404) << id;
    EXPECT_EQ(ask("DELETE", std::string("/api/services/") + id).status, 404) << id;
  }
}

TEST_F(ApiTest, RemovesAService) {
  publishing.own.push_back({.id = "a", .title = "A", .name = *ServiceName::parse(kHex)});
  const auto response = ask("DELETE", "/api/services/a");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response), json({{"kept_in", "/kept/a"}}));
  EXPECT_THAT(publishing.own, IsEmpty());
}

TEST_F(ApiTest, ListsWebServers) {
  web_servers.push_back({{"127.0.0.1", 8096}, "Jellyfin", ""});
  EXPECT_EQ(
      body_of(ask("GET", "/api/web-servers")).at("web_servers"),
      json::parse(R"([{"address":"127.0.0.1:8096","host":"127.0.0.1","port":8096,"title":"Jellyfin","server":null}])"));
}

}  // namespace
}  // namespace hardline::api
