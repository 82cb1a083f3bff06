// All that an Api speaks of, as its tests have it: a store in a temporary folder, a LAN on which the test speaks.
#pragma once

#include "api/fake_publishing.hpp"
#include "hardline/api/api.hpp"
#include "hardline/store/peer_store.hpp"
#include "lan/fake_lan.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::api {

inline const std::string kHex = "00112233445566778899aabbccddeeff00112233";
inline const std::string kOtherHex = "f4525bb0fb13c3ed1816607803ee2991997de13d";
/// With a password.
inline const std::string kLabel = "abcdefgh23456-" + kHex;

struct ApiWorld {
  ~ApiWorld() {
    listing.close();
    io.await(tasks.join());
    pool.join();
  }

  web::Response ask(std::string method, std::string target, std::string body = "",
                    std::string content_type = "application/json") {
    web::Request request{std::move(method), std::move(target), {}, std::move(body)};
    if (!request.body.empty()) request.fields.emplace_back("Content-Type", std::move(content_type));
    return io.await(api.answer(request));
  }

  void pin(const std::string& name, const std::string& service) {
    const auto error = io.await(names.pin(*Petname::parse(name), *ServiceName::parse(service)));
    if (error) throw std::system_error(error);
  }

  static lan::HeardService heard(const std::string& hex, const std::string& title, const char* address) {
    return {*ServiceName::parse(hex), title, {asio::ip::make_address(address), 7008}, std::chrono::steady_clock::now()};
  }

  awaitable<tunnel::Examination> examine(KeyHash key) {
    examined.push_back(key);
    co_return tunnel::Examination{};
  }
  awaitable<std::vector<WebServer>> find_web_servers() { co_return web_servers; }
  DaemonStatus status() const {
    if (broken) throw std::runtime_error("out of order");
    DaemonStatus made;
    made.version = "1.2.3";
    return made;
  }

  support::TestIo io;
  store::TempDir dir;
  asio::thread_pool pool{1};
  bool broken = false;
  std::vector<KeyHash> examined;
  std::vector<WebServer> web_servers;

  store::NameBook names{dir.path() / "names", pool};
  store::PeerStore peers{(dir.path() / "peers.db").string()};
  store::VisitLog visits{peers};
  lan::FakeLan lan;
  TaskGroup tasks{io.executor()};
  lan::LanListing listing{io.executor(), lan, tasks};
  FakePublishing publishing;
  Api api{ApiSubjects{[this] { return status(); }, [this](KeyHash key) { return examine(key); },
                      [this] { return find_web_servers(); }, names, visits, listing, publishing}};
};

}  // namespace hardline::api
