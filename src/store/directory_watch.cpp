#include "hardline/store/directory_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "hardline/base/log.hpp"
#include "hardline/rt/clock.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

/// How often to look where inotify cannot tell: a change is to take effect within two seconds, settling included.
constexpr auto kPollPeriod = std::chrono::seconds(1);

constexpr std::uint32_t kFileEvents =
    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
/// Of a directory that is watched for one below it to appear.
constexpr std::uint32_t kAppearanceEvents = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
/// The watch itself has to be made anew.
constexpr std::uint32_t kWatchEnds = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;

/// Service files and identities; not what editors and we ourselves write beside them.
///
/// A key or a hash counts once its certificate is there. To make an identity puts them in place first, and takes them
/// away where that fails: if this mattered, every failure would lead to another attempt at once, and so without end.
bool matters(const fs::path& directory, std::string_view name) {
  if (name.starts_with('.')) return false;
  for (const auto* suffix : {".ini", ".cert"})
    if (name.ends_with(suffix)) return true;
  for (const std::string_view suffix : {".private", ".hash"}) {
    if (!name.ends_with(suffix)) continue;
    std::error_code error;
    const auto certificate = directory / name.substr(0, name.size() - suffix.size());
    return fs::symlink_status(certificate, error).type() != fs::file_type::not_found;
  }
  return false;
}

/// What can be seen of the files that matter: name to time, size and mode.
using Snapshot = std::map<std::string, std::tuple<fs::file_time_type, std::uintmax_t, fs::perms>>;

Snapshot take_snapshot(const fs::path& directory) {
  Snapshot snapshot;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (const auto name = entry->path().filename().string(); matters(directory, name))
      snapshot[name] = {entry->last_write_time(gone), entry->file_size(gone), entry->status(gone).permissions()};
  }
  return snapshot;
}

}  // namespace

struct DirectoryWatch::Impl : std::enable_shared_from_this<DirectoryWatch::Impl> {
  Impl(Executor executor, fs::path d) : directory(std::move(d)), inotify(executor), timer(executor) {}

  void start();
  void watch();
  bool try_watch();
  void poll_instead(int error);
  bool look();
  bool read_events();
  awaitable<void> wait_until(Clock::time_point deadline);

  fs::path directory;
  fs::path watched;  ///< the directory, or the nearest parent of it that there is
  fs::path missing;  ///< what is to appear in that parent; empty where the directory is watched
  int watch_id = -1;
  asio::posix::stream_descriptor inotify;  ///< not open when polling
  Snapshot seen;                           ///< when polling
  Timer timer;
  bool closed = false;
};

void DirectoryWatch::Impl::start() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return poll_instead(errno);
  inotify.assign(descriptor);
  watch();
}

void DirectoryWatch::Impl::poll_instead(int error) {
  log::warn("store: cannot watch {} ({}): looking every {} s instead", directory.string(),
            std::system_category().message(error), kPollPeriod.count());
  AsioError ignored;
  inotify.close(ignored);
  seen = take_snapshot(directory);
}

/// Watches the directory, or the nearest parent that there is.
void DirectoryWatch::Impl::watch() {
  if (watch_id >= 0) ::inotify_rm_watch(inotify.native_handle(), watch_id);
  while (!try_watch()) continue;
}

/// False if the world changed meanwhile.
bool DirectoryWatch::Impl::try_watch() {
  missing.clear();
  watched = directory;
  while (true) {
    const auto events = missing.empty() ? kFileEvents : kAppearanceEvents;
    watch_id = ::inotify_add_watch(inotify.native_handle(), watched.c_str(), events | IN_ONLYDIR);
    if (watch_id >= 0) break;
    const int error = errno;
    if ((error != ENOENT && error != ENOTDIR) || watched == watched.root_path()) {
      poll_instead(error);
      return true;
    }
    missing = std::exchange(watched, watched.parent_path());
  }
  std::error_code ignored;
  if (missing.empty() || !fs::is_directory(missing, ignored)) return true;
  ::inotify_rm_watch(inotify.native_handle(), watch_id);
  return false;
}

/// Takes what is in inotify's queue; whether any of it matters.
bool DirectoryWatch::Impl::read_events() {
  bool changed = false;
  bool watch_again = false;
  alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
  while (true) {
    const auto length = ::read(inotify.native_handle(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    for (const char* at = buffer.data(); at < buffer.data() + length;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event.len;
      const std::string_view name = event.len > 0 ? event.name : "";
      if (event.mask & IN_Q_OVERFLOW) {
        changed = watch_again = true;
      } else if (event.wd != watch_id) {
        continue;  // of an earlier watch
      } else if (event.mask & kWatchEnds) {
        watch_again = true;
        changed |= missing.empty();
      } else if (missing.empty()) {
        changed |= matters(directory, name);
      } else {
        watch_again |= name == missing.filename().native();
      }
    }
  }
  if (watch_again) {
    watch();
    changed |= missing.empty();  // it has appeared
  }
  return changed;
}

/// Whether something has changed since the last look.
bool DirectoryWatch::Impl::look() {
  if (inotify.is_open()) return read_events();
  const auto before = std::exchange(seen, take_snapshot(directory));
  return before != seen;
}

/// Suspends until there may be something to look at, or `deadline`; sometimes a little less.
awaitable<void> DirectoryWatch::Impl::wait_until(Clock::time_point deadline) {
  AsioError ignored;
  if (!inotify.is_open()) {
    timer.expires_at(std::min(deadline, Clock::now() + kPollPeriod));
    co_await timer.async_wait(redirect_error(use_awaitable, ignored));
    co_return;
  }
  timer.expires_at(deadline);
  timer.async_wait([weak = weak_from_this()](AsioError) {
    const auto self = weak.lock();
    if (self && Clock::now() >= self->timer.expiry()) self->inotify.cancel();
  });
  co_await inotify.async_wait(asio::posix::stream_descriptor::wait_read, redirect_error(use_awaitable, ignored));
  timer.cancel();
}

DirectoryWatch::DirectoryWatch(Executor executor, fs::path directory)
    : impl_(std::make_shared<Impl>(executor, fs::absolute(directory).lexically_normal())) {
  if (!impl_->directory.has_filename()) impl_->directory = impl_->directory.parent_path();
  impl_->start();
}

DirectoryWatch::~DirectoryWatch() {
  close();
}

awaitable<bool> DirectoryWatch::changed() {
  const auto impl = impl_;  // may outlive the watch
  const auto never = Clock::time_point::max();
  while (!impl->closed && !impl->look()) co_await impl->wait_until(never);

  const auto latest = Clock::now() + kLongestSettleTime;
  auto settled = Clock::now() + kSettleTime;
  while (!impl->closed && Clock::now() < std::min(settled, latest)) {
    const auto deadline = std::min(settled, latest);
    co_await impl->wait_until(deadline);
    if (!impl->closed && impl->look()) settled = Clock::now() + kSettleTime;
  }
  co_return !impl->closed;
}

void DirectoryWatch::close() {
  impl_->closed = true;
  impl_->timer.cancel();
  AsioError ignored;
  impl_->inotify.close(ignored);
}

}  // namespace hardline::store
