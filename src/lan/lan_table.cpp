#include "hardline/lan/lan_table.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

namespace hardline::lan {

udp::endpoint lan_group() {
  static const udp::endpoint group(asio::ip::make_address_v4(wire::kLpdGroup), wire::kLpdPort);
  return group;
}

std::string make_cookie() {
  std::array<std::uint8_t, 16> random;
  randombytes_buf(random.data(), random.size());
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0f) | 0x40);  // version 4
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3f) | 0x80);  // variant of RFC 9562
  std::string uuid;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) uuid += '-';
    uuid += fmt::format("{:02x}", random[i]);
  }
  return uuid;
}

void LanTable::publish(std::vector<LanService> services, std::uint16_t port) {
  services_ = std::move(services);
  port_ = port;
  codes_.clear();
  codes_days_.clear();
  multicast_.clear();
  next_listed_ = 0;
}

LanTable::Outcome LanTable::handle(std::string_view datagram, const udp::endpoint& from, const Interface& on,
                                   SteadyTime now, SystemTime today) {
  if (!from.address().is_v4() || from.port() == 0) return {};
  const auto towards = address_towards(on, from.address().to_v4());
  if (!towards) return {};
  const auto message = wire::parse_lpd(datagram);
  if (!message) return {};

  Outcome outcome;
  if (const auto* search = std::get_if<wire::LpdSearch>(&*message)) {
    if (search->cookie != cookie_) outcome.send = answer(*search, {from, on.index, *towards}, now, today);
  } else {
    const auto& announcement = std::get<wire::LpdAnnouncement>(*message);
    if (announcement.cookie == cookie_ || announcement.port == 0) return {};
    const tcp::endpoint endpoint(from.address(), announcement.port);
    outcome.heard = HeardService{announcement.name, announcement.title, endpoint, now};
    note(*outcome.heard, now);
  }
  return outcome;
}

std::vector<LanDatagram> LanTable::answer(const wire::LpdSearch& search, const Asker& asker, SteadyTime now,
                                          SystemTime today) {
  std::vector<LanDatagram> replies;
  if (port_ == 0) return replies;
  for (const auto index : services_asked_for(search, today)) {
    if (!limiter_.admit_to(asker.endpoint.address().to_v4(), now)) break;
    const auto& service = services_[index];
    // The password goes to those alone who know the service already: not into a list, and not to the whole group.
    const wire::LpdAnnouncement full{service.name, port_, cookie_, service.title};
    auto bare = full;
    bare.name.password.reset();
    const auto for_all = wire::format_lpd(bare);
    const auto for_asker = search.code ? wire::format_lpd(full) : for_all;
    replies.push_back({for_asker, asker.endpoint, asker.interface, asker.towards});
    if (!search.code) next_listed_ = index + 1;

    const auto [copy, first] = multicast_.try_emplace({index, asker.interface}, now);
    if (!first && now - copy->second < kMulticastPause) continue;
    if (!limiter_.admit_to_all(now)) continue;
    copy->second = now;
    replies.push_back({for_all, lan_group(), asker.interface, asker.towards});
  }
  return replies;
}

std::vector<std::size_t> LanTable::services_asked_for(const wire::LpdSearch& search, SystemTime today) {
  if (!search.code) return listed_services();
  refresh_codes(today);
  std::vector<std::size_t> asked_for;
  const auto [first, last] = codes_.equal_range(*search.code);
  for (auto it = first; it != last; ++it) asked_for.push_back(it->second);
  return asked_for;
}

/// Beginning behind the last one told: one answer may be cut short by the limiter, repeated ones tell them all.
std::vector<std::size_t> LanTable::listed_services() {
  std::vector<std::size_t> listed;
  for (std::size_t i = 0; i < services_.size(); ++i) {
    const auto index = (next_listed_ + i) % services_.size();
    if (services_[index].listed) listed.push_back(index);
  }
  return listed;
}

void LanTable::refresh_codes(SystemTime today) {
  auto days = rolling_days_near(today);
  if (days == codes_days_) return;
  codes_.clear();
  for (std::size_t i = 0; i < services_.size(); ++i) {
    const auto& key = services_[i].name.key;
    codes_.emplace(key.bytes(), i);  // very old peers ask for it
    for (const auto day : days) codes_.emplace(RollingCode::of(key, day).bytes(), i);
  }
  codes_days_ = std::move(days);
}

std::vector<std::string> LanTable::search_for(const KeyHash& key, SystemTime today) const {
  std::vector<std::string> texts;
  for (const auto day : rolling_days_near(today))
    texts.push_back(wire::format_lpd(wire::LpdSearch{RollingCode::of(key, day).bytes(), cookie_}));
  return texts;
}

std::string LanTable::search_all() const {
  return wire::format_lpd(wire::LpdSearch{std::nullopt, cookie_});
}

std::vector<HeardService> LanTable::heard(const KeyHash& key, SteadyTime now) const {
  auto services = heard(now);
  std::erase_if(services, [&](const auto& service) { return service.name.key != key; });
  return services;
}

std::vector<HeardService> LanTable::heard(SteadyTime now) const {
  std::vector<HeardService> services(heard_.rbegin(), heard_.rend());
  std::erase_if(services, [&](const auto& service) { return now - service.heard >= kHeardFor; });
  return services;
}

void LanTable::forget(const KeyHash& key, const tcp::endpoint& endpoint) {
  std::erase_if(heard_, [&](const auto& old) { return old.name.key == key && old.endpoint == endpoint; });
}

void LanTable::drop_oldest(const auto& matches) {
  const auto oldest = std::find_if(heard_.begin(), heard_.end(), matches);
  if (oldest != heard_.end()) heard_.erase(oldest);
}

void LanTable::note(const HeardService& service, SteadyTime now) {
  std::erase_if(heard_, [&](const auto& old) { return now - old.heard >= kHeardFor; });
  forget(service.name.key, service.endpoint);

  const auto same_key = [&](const HeardService& old) { return old.name.key == service.name.key; };
  const auto same_key_and_source = [&](const HeardService& old) {
    return same_key(old) && old.endpoint.address() == service.endpoint.address();
  };
  const auto count = [this](const auto& matches) {
    return static_cast<std::size_t>(std::count_if(heard_.begin(), heard_.end(), matches));
  };
  if (count(same_key_and_source) >= kMaxHeardPerKeyAndSource) drop_oldest(same_key_and_source);
  if (count(same_key) >= kMaxHeardPerKey) drop_oldest(same_key);

  if (heard_.size() >= kMaxHeard) {
    // The most talkative source pays, so that a flood from one address washes nobody else's words away.
    std::map<asio::ip::address, std::size_t> by_source;
    for (const auto& old : heard_) ++by_source[old.endpoint.address()];
    const auto most = std::max_element(by_source.begin(), by_source.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    drop_oldest([&](const HeardService& old) { return old.endpoint.address() == most->first; });
  }
  heard_.push_back(service);
}

}  // namespace hardline::lan
