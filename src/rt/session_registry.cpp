#include "hardline/rt/session_registry.hpp"

#include <algorithm>

#include "hardline/rt/event.hpp"

namespace hardline {

Session::Session(SessionRegistry& registry) : registry_(registry) {
  registry_.sessions_.insert(this);
}

Session::~Session() {
  registry_.sessions_.erase(this);
}

void SessionRegistry::for_each(const std::function<void(const Session&)>& look) const {
  for (const auto* session : sessions_) look(*session);
}

void SessionRegistry::close_if(const std::function<bool(const Session&)>& condition) {
  const auto sessions = sessions_;  // closing one may end it
  for (auto* session : sessions)
    if (sessions_.contains(session) && condition(*session)) session->close_session();
}

void SessionRegistry::check_paths_if(const std::function<bool(const Session&)>& condition) {
  const auto sessions = sessions_;  // a check may end one
  for (auto* session : sessions)
    if (sessions_.contains(session) && condition(*session)) session->check_path();
}

awaitable<void> SessionRegistry::finish(std::chrono::steady_clock::duration grace) {
  const auto deadline = Clock::now() + grace;
  for (auto* session : sessions_) session->progress_at_last_look_ = session->progress();
  while (!sessions_.empty()) {
    const Clock::duration left = deadline - Clock::now();
    if (left <= left.zero()) break;
    const auto pause = std::min<Clock::duration>(kIdle, left);
    co_await sleep_for(pause);
    close_if([](const Session& session) { return session.progress() == session.progress_at_last_look_; });
    for (auto* session : sessions_) session->progress_at_last_look_ = session->progress();
  }
  close_all();
}

}  // namespace hardline
