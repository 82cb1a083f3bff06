// Makes guessing a password slow: wrong ones are counted per address and service, and later attempts wait their turn.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "hardline/base/key_hash.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::tunnel {

/// No clock of its own; io thread only. An IPv6 address counts as its /64, which is what one household has.
class PasswordGuard {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr int kFreeFailures = 3;  ///< mistyped, old bookmark, second mistyped
  static constexpr auto kFirstTurn = std::chrono::milliseconds(250);
  static constexpr auto kLongestTurn = std::chrono::seconds(8);
  static constexpr auto kLongestQueue = std::chrono::seconds(10);
  static constexpr auto kForgetAfter = std::chrono::minutes(10);
  static constexpr std::size_t kMaxRemembered = 4096;

  /// How long this attempt must wait before its password is looked at, right or wrong: attempts of one address get
  /// one turn after another, and a turn doubles with each failure. nullopt where the queue is too long already.
  std::optional<Clock::duration> take_turn(const asio::ip::address& from, const KeyHash& service,
                                           Clock::time_point now);

  void failed(const asio::ip::address& from, const KeyHash& service, Clock::time_point now);
  void succeeded(const asio::ip::address& from, const KeyHash& service);

 private:
  struct Record {
    int failures = 0;
    Clock::time_point last_failure;
    Clock::time_point next_turn;
  };
  using Key = std::pair<asio::ip::address, KeyHash>;

  void forget_old(Clock::time_point now);

  std::map<Key, Record> records_;
};

}  // namespace hardline::tunnel
