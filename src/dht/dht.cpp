#include "hardline/dht/dht.hpp"

#include <utility>

namespace hardline::dht {

void Lookup::offer(std::string_view value) {
  if (stopped_ || value.size() > kMaxValueSize || seen_.size() >= kMaxValues) return;
  if (!seen_.emplace(value).second) return;
  const auto found = found_;  // stop() may be called from inside it
  found(value);
}

void Lookup::when_stopped(std::function<void()> stop) {
  when_stopped_ = std::move(stop);
  if (stopped_ && when_stopped_) std::exchange(when_stopped_, nullptr)();
}

void Lookup::stop() {
  if (std::exchange(stopped_, true)) return;
  found_ = nullptr;
  if (when_stopped_) std::exchange(when_stopped_, nullptr)();
}

}  // namespace hardline::dht
