// A home router in memory: what the port mapper is tested against. Threads of the mapper's pool call it.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "hardline/reach/gateway.hpp"

namespace hardline::reach::test {

using asio::ip::address_v4;
using asio::ip::address_v6;
using asio::ip::make_address_v4;

class FakeRouter {
 public:
  struct Entry {
    address_v4 client;
    std::uint16_t port = 0;
    std::chrono::seconds lease{0};
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  struct Rules {
    address_v4 external = make_address_v4("203.0.113.7");
    std::optional<MappingError> mapping;  ///< the answer to whoever wants one
    std::optional<MappingError> leased;   ///< the answer to whoever wants one with a lease
    bool can_be_asked = true;             ///< for a mapping it has
    bool answers = true;                  ///< whatever it is asked, at once
    bool hangs = false;                   ///< never answers, nor says so
    std::optional<MappingError> pinholes = MappingError::unsupported;
  };

  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply(rules_);
    news_.notify_all();
  }
  void occupy(std::uint16_t port, address_v4 client = make_address_v4("192.168.1.99")) {
    const std::lock_guard lock(mutex_);
    entries_[port] = {client, port};
  }
  void restart() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    holes_.clear();
    next_id_ = 100;
  }
  std::map<std::uint16_t, Entry> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::map<std::string, address_v6> holes() const {
    const std::lock_guard lock(mutex_);
    return holes_;
  }
  int maps() const {
    const std::lock_guard lock(mutex_);
    return maps_;
  }
  int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  friend class FakeGateway;

  std::unique_lock<std::mutex> request() {
    std::unique_lock lock(mutex_);
    ++asked_;
    news_.wait(lock, [&] { return !rules_.hangs; });
    return lock;
  }

  mutable std::mutex mutex_;
  std::condition_variable news_;
  Rules rules_;
  std::map<std::uint16_t, Entry> entries_;
  std::map<std::string, address_v6> holes_;
  int next_id_ = 1;
  int maps_ = 0;
  int asked_ = 0;
};

class FakeGateway final : public Gateway {
 public:
  FakeGateway(std::shared_ptr<FakeRouter> router, std::string protocol = "UPnP IGDv1", std::string ours = "192.168.1.5",
              std::string address = "192.168.1.1")
      : router_(std::move(router)), protocol_(std::move(protocol)), ours_(make_address_v4(ours)), address_(address) {}

  std::string protocol() const override { return protocol_; }
  std::string description() const override { return address_; }
  address_v4 internal_address() const override { return ours_; }

  tl::expected<address_v4, MappingError> external_address() override {
    const auto lock = router_->request();
    if (!router_->rules_.answers) return tl::unexpected(MappingError::no_answer);
    return router_->rules_.external;
  }

  tl::expected<GrantedMapping, MappingError> map(const MappingRequest& request) override {
    const auto lock = router_->request();
    const auto& rules = router_->rules_;
    ++router_->maps_;
    if (!rules.answers) return tl::unexpected(MappingError::no_answer);
    if (rules.mapping) return tl::unexpected(*rules.mapping);
    if (rules.leased && request.lease.count() > 0) return tl::unexpected(*rules.leased);
    const auto known = router_->entries_.find(request.external_port);
    if (known != router_->entries_.end() && known->second.client != ours_)
      return tl::unexpected(MappingError::conflict);
    router_->entries_[request.external_port] = {ours_, request.internal_port, request.lease};
    return GrantedMapping{request.external_port, request.lease};
  }

  tl::expected<bool, MappingError> has_mapping(std::uint16_t external_port, std::uint16_t internal_port) override {
    const auto lock = router_->request();
    if (!router_->rules_.answers) return tl::unexpected(MappingError::no_answer);
    if (!router_->rules_.can_be_asked) return tl::unexpected(MappingError::unsupported);
    const auto known = router_->entries_.find(external_port);
    return known != router_->entries_.end() && known->second.client == ours_ && known->second.port == internal_port;
  }

  void unmap(std::uint16_t external_port, std::uint16_t) override {
    const auto lock = router_->request();
    const auto known = router_->entries_.find(external_port);
    if (known != router_->entries_.end() && known->second.client == ours_) router_->entries_.erase(known);
  }

  tl::expected<std::string, MappingError> open_pinhole(const address_v6& address, std::uint16_t, std::chrono::seconds,
                                                       const std::string& renewed_id) override {
    const auto lock = router_->request();
    if (!router_->rules_.answers) return tl::unexpected(MappingError::no_answer);
    if (router_->rules_.pinholes) return tl::unexpected(*router_->rules_.pinholes);
    if (router_->holes_.contains(renewed_id)) return renewed_id;
    const auto id = std::to_string(router_->next_id_++);
    router_->holes_.emplace(id, address);
    return id;
  }
  void close_pinhole(const address_v6&, const std::string& id) override {
    const auto lock = router_->request();
    router_->holes_.erase(id);
  }

 private:
  std::shared_ptr<FakeRouter> router_;
  std::string protocol_;
  address_v4 ours_;
  std::string address_;
};

}  // namespace hardline::reach::test
