#include "daemon/own_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/rt/offload.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::daemon {
namespace {

using store::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What the daemon does when service files change, without a port.
class OwnServicesTest : public testing::Test {
 protected:
  OwnServicesTest() {
    settings.service_directory = directory.path();
    settings.state_directory = state.path();
  }

  ~OwnServicesTest() override {
    publisher.close();
    io.await(tasks.join());
    io.await(caches.join());
  }

  awaitable<void> reload() {
    const auto job = [this, published = publisher.files()] {
      return find_services(settings, Missing::create, published);
    };
    auto found = co_await offload(files, job);
    publisher.update(std::move(found));
  }

  api::OwnService publish(const std::string& title, std::uint16_t port) {
    return io.await(own.publish(title, HostPort{"127.0.0.1", port})).value();
  }

  TempDir directory;
  TempDir state;
  Settings settings;
  support::TestIo io;
  asio::thread_pool files{1};
  asio::thread_pool disk{1};
  BufferPool buffers;
  Resolver resolver;
  TaskGroup tasks{io.executor()};
  TaskGroup caches{io.executor()};
  Publisher publisher{{io.executor(), buffers, resolver, disk, caches}};
  tunnel::P2pListener p2p{io.executor(), buffers, [] { return std::string(); }};
  OwnServices own{{io.executor(), settings, publisher, p2p, files, tasks, [this] { return reload(); }}};
};

TEST_F(OwnServicesTest, PublishesByWritingAServiceFile) {
  const auto service = publish("Films", 8096);
  EXPECT_EQ(service.id, "films");
  EXPECT_EQ(service.title, "Films");
  EXPECT_EQ(service.origin, "127.0.0.1:8096");
  EXPECT_THAT(directory.names(), ElementsAre("films.cert", "films.cert.hash", "films.cert.private", "films.ini"));
}

TEST_F(OwnServicesTest, ChangesWhatIsNamedAlone) {
  publish("Films", 8096);
  const auto renamed = io.await(own.change("films", {.title = "Movies"})).value();
  EXPECT_EQ(renamed.title, "Movies");
  EXPECT_EQ(renamed.origin, "127.0.0.1:8096");
  const auto moved = io.await(own.change("films", {.address = UnixPath{"/run/films.sock"}, .paused = true})).value();
  EXPECT_EQ(moved.origin, "unix:/run/films.sock");
  EXPECT_EQ(moved.title, "Movies");
  EXPECT_TRUE(moved.paused);
}

TEST_F(OwnServicesTest, ChangesMadeAtOnceAllHaveTheirAnswer) {
  publish("Films", 8096);
  std::vector<support::Running<api::OrRefusal<api::OwnService>>> changes;
  for (const auto* title : {"Movies", "Cinema", "Pictures"})
    changes.push_back(io.start(own.change("films", {.title = title})));
  for (const auto* title : {"Movies", "Cinema", "Pictures"}) {
    const auto changed = changes.front().get();
    ASSERT_TRUE(changed) << changed.error().code;
    EXPECT_EQ(changed->title, title);
    changes.erase(changes.begin());
  }
}

TEST_F(OwnServicesTest, WhatWasRemovedBeforeItsTurnToChangeIsNotThere) {
  publish("Films", 8096);
  auto removed = io.start(own.remove("films"));
  auto changed = io.start(own.change("films", {.paused = true}));
  EXPECT_THAT(removed.get().value(), HasSubstr("removed/films-"));
  EXPECT_EQ(changed.get().error().status, 404);
  EXPECT_THAT(own.services(), IsEmpty());
}

TEST_F(OwnServicesTest, DoesNotPublishItsOwnPorts) {
  for (const auto* host : {"localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"}) {
    const auto refused = io.await(own.publish("Self", HostPort{host, settings.local_port}));
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, "address");
  }
  EXPECT_TRUE(io.await(own.publish("Neighbour", HostPort{"192.0.2.1", settings.local_port})));
}

TEST_F(OwnServicesTest, AServiceFileOfACacheHasNoAddressToChange) {
  store::write_file(directory / "photos.ini", "[Service]\n[Cache]\ndirectory=" + state.path().string() + "/photos\n");
  io.await(reload());
  EXPECT_EQ(io.await(own.change("photos", {.address = HostPort{"127.0.0.1", 80}})).error().code, "not_an_address");
}

}  // namespace
}  // namespace hardline::daemon
