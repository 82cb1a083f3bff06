// Implements api::Publishing: brings the service files, the publisher and what has gone through the listener together.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hardline/api/publishing.hpp"
#include "hardline/daemon/publisher.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/rt/turns.hpp"
#include "hardline/store/service_editor.hpp"
#include "hardline/tunnel/p2p_listener.hpp"

namespace hardline::daemon {

/// All of it outlives the services; `tasks` is joined before they go.
struct OwnServicesTools {
  Executor executor;
  const Settings& settings;
  const Publisher& publisher;
  const tunnel::P2pListener& p2p;
  asio::thread_pool& files;                 ///< for service files; of one thread
  TaskGroup& tasks;                         ///< for checks of origins
  std::function<awaitable<void>()> reload;  ///< reads the service files again; what is published follows them then
};

/// io thread only.
class OwnServices final : public api::Publishing {
 public:
  explicit OwnServices(OwnServicesTools tools);

  std::vector<api::OwnService> services() override;
  awaitable<api::OrRefusal<api::OwnService>> publish(std::string title, OriginAddress address) override;
  awaitable<api::OrRefusal<api::OwnService>> change(std::string id, api::ServiceChanges changes) override;
  awaitable<api::OrRefusal<std::string>> remove(std::string id) override;

 private:
  using Clock = std::chrono::steady_clock;

  /// How an origin was last found. Of one service: when that is made anew, this is, too.
  struct Check {
    std::weak_ptr<tunnel::PublishedService> service;
    bool running = false;
    std::optional<Clock::time_point> ended;
    std::string problem;  ///< empty: it is up
  };

  void check_what_is_due();
  awaitable<void> check(std::filesystem::path file, std::shared_ptr<tunnel::PublishedService> service);
  awaitable<void> look_at_folder();

  bool is_the_command_lines(const KnownService& known) const;
  const KnownService* find(const std::string& id) const;
  api::OrRefusal<const KnownService*> find_editable(const std::string& id) const;
  api::OwnService describe(const KnownService& known) const;
  std::optional<api::Refusal> problem_with(const OriginAddress& address) const;

  OwnServicesTools tools_;
  Turns turns_;  ///< each from the writing of a change until it is seen that what is published followed it
  std::map<std::filesystem::path, Check> checks_;  ///< by service file
  bool folder_is_writable_ = false;
  bool looking_at_folder_ = false;
  std::optional<Clock::time_point> looked_at_folder_;
};

}  // namespace hardline::daemon
