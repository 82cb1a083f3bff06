// The services of this machine as a test has them, and what was asked of them.
#pragma once

#include <algorithm>
#include <vector>

#include "hardline/api/publishing.hpp"

namespace hardline::api {

class FakePublishing final : public Publishing {
 public:
  std::vector<OwnService> own;
  std::optional<Refusal> refusal;  ///< of whatever is asked for
  std::vector<ServiceChanges> changes;

  std::vector<OwnService> services() override { return own; }

  awaitable<OrRefusal<OwnService>> publish(std::string title, OriginAddress address) override {
    if (refusal) co_return tl::unexpected(*refusal);
    const auto key = *KeyHash::parse(std::string(38, 'e') + std::to_string(10 + own.size()));
    OwnService service{.id = "new one", .title = title, .name = {std::nullopt, key}, .origin = to_string(address)};
    service.address = address;
    own.push_back(service);
    co_return service;
  }

  awaitable<OrRefusal<OwnService>> change(std::string id, ServiceChanges wanted) override {
    if (refusal) co_return tl::unexpected(*refusal);
    changes.push_back(wanted);
    auto& service = *find(id);
    if (wanted.title) service.title = *wanted.title;
    if (wanted.address) service.address = *wanted.address;
    if (wanted.paused) service.paused = *wanted.paused;
    co_return service;
  }

  awaitable<OrRefusal<std::string>> remove(std::string id) override {
    if (refusal) co_return tl::unexpected(*refusal);
    own.erase(find(id));
    co_return "/kept/" + id;
  }

 private:
  std::vector<OwnService>::iterator find(const std::string& id) {
    return std::find_if(own.begin(), own.end(), [&](const auto& service) { return service.id == id; });
  }
};

}  // namespace hardline::api
