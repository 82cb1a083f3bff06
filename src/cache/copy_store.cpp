#include "copy_store.hpp"

#include <algorithm>
#include <list>

#include "hardline/base/words.hpp"
#include "hardline/net/byte_stream.hpp"
#include "hardline/rt/offload.hpp"

namespace hardline::cache {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = Found::Kind;

constexpr auto kOpenAgain = std::chrono::seconds(5);  // a disk may be mounted later
constexpr auto kFullPause =
    std::chrono::seconds(10);  // after a failed write, so that a full disk is not asked each time
constexpr auto kComplaintPeriod = std::chrono::minutes(1);
constexpr std::size_t kMostVersions = 4096;  // about 1 KiB each
constexpr std::size_t kSniffed = 64;         // octets of a file in which a key's first line begins

constexpr std::uint64_t kBlock = 4096;  // octets that the smallest file takes of most disks
constexpr std::ptrdiff_t kUsualDepth =
    8;  // folders above a copy; each beyond is counted, as it may be made for it alone
constexpr std::uint64_t kUnsaidShare = 4;  // an answer that does not say its length gets this part of maxSize at most

bool must_wait(const std::error_code& error) {
  return error == would_block();
}

bool is_nowhere(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::filename_too_long;
}

bool is_forbidden(const std::error_code& error) {
  return error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
}

/// Why nothing can be put in one place, where a file, a link to elsewhere or somebody else's folder is in the way: no
/// reason to keep nothing else.
bool is_of_one_place(const std::error_code& error) {
  return error == std::errc::not_a_directory || error == std::errc::is_a_directory || is_nowhere(error) ||
         is_forbidden(error);
}

/// What a copy takes of maxSize: whole blocks, so that a million tiny ones are not for nothing.
std::uint64_t room_of(std::string_view name, std::uint64_t body, std::uint64_t sidecar) {
  const auto blocks = [](std::uint64_t octets) { return (octets + kBlock - 1) / kBlock * kBlock; };
  const auto depth = std::count(name.begin(), name.end(), '/');
  return blocks(body) + blocks(sidecar) + static_cast<std::uint64_t>(std::max(depth - kUsualDepth, {})) * kBlock;
}

Result<std::string> read_small(int fd, std::size_t most, Disk disk) {
  std::string content(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const auto room = std::as_writable_bytes(std::span(content)).subspan(length);
    const auto got = read_at(fd, room, length, disk);
    if (!got) return fail(got.error());
    if (*got == 0) break;
    length += *got;
  }
  content.resize(length);
  return content;
}

/// The copies in `folder`, each with the room it takes. Sidecars of nothing, which a killed process left, go.
std::vector<CopyIndex::Copy> copies_in(const Folder& folder) {
  std::vector<CopyIndex::Copy> copies;
  std::unordered_map<std::string, std::uint64_t> sidecars;
  folder.walk([&](const std::string& name, std::uint64_t size, FileTime used) {
    if (name.ends_with(wire::kCopySuffix))
      copies.push_back({name, size, used});
    else if (name.ends_with(wire::kSidecarSuffix))
      sidecars.emplace(name, size);
  });
  for (auto& copy : copies) {
    const auto sidecar = sidecars.extract(wire::sidecar_name(copy.name));
    copy.size = room_of(copy.name, copy.size, sidecar ? sidecar.mapped() : 0);
  }
  for (const auto& [name, size] : sidecars) {
    const auto of_file = name.substr(0, name.size() - wire::kSidecarSuffix.size());
    const auto file = folder.open_file(of_file);
    if (file ? file->is_folder : is_nowhere(file.error())) folder.remove(name);
  }
  return copies;
}

Found found_file(Kind kind, std::string name, OpenFile file) {
  return {kind, std::move(name), std::make_shared<const UniqueFd>(std::move(file.fd)), file.stamp};
}

}  // namespace

/// Lets others know of a change to one name while it lasts.
class CopyStore::Change {
 public:
  Change(CopyStore& store, const std::string& name) : store_(store), place_(store.changing_.insert(name)) {}
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() {
    store_.versions_.forget(*place_);
    store_.changing_.erase(place_);
    ++store_.changes_;
    store_.changed_.notify();
  }

 private:
  CopyStore& store_;
  std::multiset<std::string>::iterator place_;
};

awaitable<void> CopyStore::settled(const std::string& name) {
  while (is_changing(name)) co_await changed_.wait();
}

CopyStore::CopyStore(Executor executor, asio::thread_pool& disk, const CacheSettings& settings)
    : disk_(disk),
      path_(settings.directory),
      has_upstream_(settings.upstream.has_value()),
      dynamic_(settings.dynamic_content),
      opened_(executor),
      changed_(executor),
      index_(settings.max_size),
      versions_(kMostVersions),
      complaints_(kComplaintPeriod) {}

awaitable<std::error_code> CopyStore::open() {
  while (opening_) co_await opened_.wait();
  if (folder_) co_return std::error_code();
  if (Clock::now() < next_opening_) co_return open_error_;
  opening_ = true;
  struct Opened {
    Result<Folder> folder = fail(would_block());
    std::vector<CopyIndex::Copy> copies;
  };
  const auto open_and_walk = [path = path_] {
    Opened opened{Folder::open(path), {}};
    if (!opened.folder) return opened;
    opened.copies = copies_in(*opened.folder);
    return opened;
  };
  auto opened = co_await offload(disk_, open_and_walk);
  opening_ = false;
  if (opened.folder) {
    folder_ = std::make_shared<const Folder>(std::move(*opened.folder));
    index_.load(std::move(opened.copies), std::chrono::system_clock::now());
    co_await make_room(0);  // maxSize may have been lowered
  } else {
    open_error_ = opened.folder.error();
    next_opening_ = Clock::now() + kOpenAgain;
    if (const auto more = complaints_.admit())
      log::error("cache: {} cannot be used: {} more={}", path_.string(), open_error_.message(), *more);
  }
  opened_.notify();
  co_return folder_ ? std::error_code() : open_error_;
}

Result<Found> CopyStore::look_up(const Folder& folder, const wire::CacheTarget& target, bool has_upstream, bool dynamic,
                                 Disk disk) {
  bool unslashed = false;
  if (dynamic && target.mako) {
    auto file = folder.open_file(*target.mako, disk);
    if (file && !file->is_folder) return found_file(Kind::mako, *target.mako, std::move(*file));
    if (!file && must_wait(file.error())) return fail(file.error());
  }
  // In front of a web server a query makes another page; a folder of files has nobody who would read it.
  const bool by_path = target.manual && (!target.has_query || !has_upstream);
  if (by_path && !target.manual->empty() && !target.is_folder()) {
    auto file = folder.open_file(*target.manual, disk);
    if (file && !file->is_folder) return found_file(Kind::file, *target.manual, std::move(*file));
    if (file) unslashed = true;
    if (!file && is_forbidden(file.error())) return Found{Kind::unreadable, *target.manual, nullptr, {}};
    if (!file && !is_nowhere(file.error())) return fail(file.error());
  } else if (by_path) {
    const auto index = *target.manual + "index.html";
    auto file = folder.open_file(index, disk);
    if (file && !file->is_folder) return found_file(Kind::file, index, std::move(*file));
    if (!file && !is_nowhere(file.error()) && !is_forbidden(file.error())) return fail(file.error());
  }
  if (target.has_query) {
    const auto unpostfixed = target.copy.substr(0, target.copy.size() - wire::kCopySuffix.size());
    auto file = folder.open_file(unpostfixed, disk);
    if (file && !file->is_folder) return found_file(Kind::file, unpostfixed, std::move(*file));
    if (!file && must_wait(file.error())) return fail(file.error());
  }
  auto copy = folder.open_file(target.copy, disk);
  if (copy && !copy->is_folder) return found_file(Kind::copy, target.copy, std::move(*copy));
  if (!copy && !is_nowhere(copy.error()) && !is_forbidden(copy.error())) return fail(copy.error());
  if (unslashed) return Found{Kind::unslashed, *target.manual, nullptr, {}};
  if (target.is_folder() && target.manual) {
    auto there = folder.open_file(*target.manual, disk);
    if (there && there->is_folder) return found_file(Kind::folder, *target.manual, std::move(*there));
    if (!there && is_forbidden(there.error())) return Found{Kind::unreadable, *target.manual, nullptr, {}};
    if (!there && !is_nowhere(there.error())) return fail(there.error());
  }
  return Found{};
}

std::optional<Found> CopyStore::find_now(const wire::CacheTarget& target) {
  auto found = look_up(*folder_, target, has_upstream_, dynamic_, Disk::never_wait);
  if (found) return std::move(*found);
  return std::nullopt;
}

awaitable<Found> CopyStore::find(const wire::CacheTarget& target) {
  const auto look = [folder = folder_, target, has_upstream = has_upstream_, dynamic = dynamic_] {
    return look_up(*folder, target, has_upstream, dynamic, Disk::may_wait);
  };
  auto found = co_await offload(disk_, look);
  if (found) co_return std::move(*found);
  complain(found.error());
  Found unreadable;
  unreadable.kind = Kind::unreadable;
  co_return unreadable;
}

Result<CopyStore::SidecarRead> CopyStore::read_sidecar(const Folder& folder, const Found& found, Disk disk) {
  SidecarRead read;
  if (found.kind == Kind::copy || found.stamp.size > 0) {
    auto file = folder.open_file(wire::sidecar_name(found.name), disk);
    if (!file && must_wait(file.error())) return fail(file.error());
    // One that is older than the file somebody put there tells of what the file was before.
    const bool applies = found.kind == Kind::copy || (file && file->stamp.modified >= found.stamp.modified);
    if (file && !file->is_folder && applies) {
      const auto text = read_small(file->fd.get(), wire::kMaxSidecar + 1, disk);
      if (!text && must_wait(text.error())) return fail(text.error());
      if (text) read.sidecar = wire::parse_sidecar(*text);
      read.damaged = !read.sidecar;
    }
  }
  if (found.kind != Kind::file) return read;
  auto begin = read_small(found.fd->get(), kSniffed, disk);
  if (!begin) return fail(begin.error());
  read.begin = std::move(*begin);
  return read;
}

VersionPtr CopyStore::remember(const wire::CacheTarget& target, const Found& found, const SidecarRead& read) {
  if (read.damaged && found.kind == Kind::copy) return nullptr;
  const auto* sidecar = read.sidecar ? &*read.sidecar : nullptr;
  const bool of_another = sidecar && !sidecar->target.empty() && sidecar->target != target.target;
  if (of_another && found.kind == Kind::copy) return nullptr;
  const bool is_index = found.kind == Kind::file && target.is_folder();
  const auto type_path = is_index ? std::string_view(found.name) : std::string_view(target.path);
  auto version = version_of_file(found.stamp, type_path, sidecar, read.begin);
  versions_.keep(found.name, version);
  return version;
}

VersionPtr CopyStore::version_now(const wire::CacheTarget& target, const Found& found) {
  auto version = versions_.find(found.name, found.stamp);
  return version && (version->target.empty() || version->target == target.target) ? version : nullptr;
}

awaitable<VersionPtr> CopyStore::version(const wire::CacheTarget& target, const Found& found) {
  const auto read = [folder = folder_, found] { return read_sidecar(*folder, found, Disk::may_wait); };
  const auto sidecar = co_await offload(disk_, read);
  if (!sidecar) {
    complain(sidecar.error());
    co_return nullptr;
  }
  co_return remember(target, found, *sidecar);
}

awaitable<Result<std::vector<FolderEntry>>> CopyStore::list(const Found& folder, std::size_t most) {
  const auto list = [fd = folder.fd, most] { return Folder::list(*fd, most); };
  auto entries = co_await offload(disk_, list);
  co_return entries;
}

/// What is to go is gone when this returns, also what another is removing: else both would write before there is room.
awaitable<bool> CopyStore::make_room(std::uint64_t octets) {
  while (removing_) co_await changed_.wait();
  auto room = index_.reserve(octets);
  if (!room.remove.empty()) {
    removing_ = true;
    log::debug("cache: {} removed to make room in {}", count_of(room.remove.size(), "copy", "copies"), path_.string());
    std::list<Change> changes;
    for (const auto& name : room.remove) changes.emplace_back(*this, name);
    const auto remove = [folder = folder_, names = std::move(room.remove)] {
      for (const auto& name : names) {
        folder->remove(wire::sidecar_name(name));
        folder->remove(name);
      }
    };
    co_await offload(disk_, remove);
    removing_ = false;
  }
  co_return room.fits;
}

void CopyStore::complain(const std::error_code& error) {
  if (const auto more = complaints_.admit()) log::warn("cache: {}: {} more={}", path_.string(), error.message(), *more);
}

awaitable<std::optional<NewCopy>> CopyStore::begin(std::string name, bool is_file, const wire::Sidecar& sidecar,
                                                   std::optional<std::uint64_t> length) {
  if (Clock::now() < full_until_) co_return std::nullopt;
  NewCopy copy;
  copy.name = std::move(name);
  copy.is_file = is_file;
  copy.sidecar = wire::format_sidecar(sidecar);
  copy.most = length || is_file ? index_.max_size() : index_.max_size() / kUnsaidShare;
  if (length.value_or(0) > copy.most) co_return std::nullopt;
  copy.reserved = is_file ? 0 : room_of(copy.name, length.value_or(0), copy.sidecar.size());
  const bool fits = co_await make_room(copy.reserved);
  if (!fits) co_return std::nullopt;
  const auto create = [folder = folder_] { return folder->create(); };
  auto body = co_await offload(disk_, create);
  if (!body) {
    index_.release(copy.reserved);
    full_until_ = Clock::now() + kFullPause;
    complain(body.error());
    co_return std::nullopt;
  }
  copy.body = std::move(*body);
  co_return copy;
}

awaitable<bool> CopyStore::append(NewCopy& copy, const std::string& octets, std::uint64_t written) {
  const auto length = written + octets.size();
  if (length > copy.most) co_return false;
  const auto needed = copy.is_file ? 0 : room_of(copy.name, length, copy.sidecar.size());
  if (needed > copy.reserved) {
    const auto more = needed - copy.reserved;
    const bool fits = co_await make_room(more);
    if (!fits) co_return false;
    copy.reserved += more;
  }
  auto* body = &*copy.body;
  const auto* data = &octets;
  const auto write = [body, data] { return body->append(*data); };
  const auto error = co_await offload(disk_, write);
  if (!error) co_return true;
  full_until_ = Clock::now() + kFullPause;
  if (const auto more = complaints_.admit())
    log::warn("cache: {} takes no more copies; answers are passed on without being kept: {} more={}", path_.string(),
              error.message(), *more);
  co_return false;
}

void CopyStore::abandon(NewCopy& copy) {
  index_.release(std::exchange(copy.reserved, 0));
}

awaitable<bool> CopyStore::finish(NewCopy copy, std::uint64_t written) {
  auto body = std::make_shared<NewContent>(std::move(*copy.body));
  const auto place = [folder = folder_, body, sidecar = copy.sidecar, name = copy.name,
                      is_file = copy.is_file]() -> Result<FileStamp> {
    auto beside = folder->create();
    if (!beside) return fail(beside.error());
    if (const auto error = beside->append(sidecar)) return fail(error);
    return folder->place(std::move(*body), name, std::move(*beside), wire::sidecar_name(name), is_file);
  };
  co_await settled(copy.name);  // the old one may just be making room…
  const Change change(*this, copy.name);
  index_.remove(copy.name);  // …and must not begin to, or it takes the new one's sidecar along
  const auto placed = co_await offload(disk_, place);
  abandon(copy);
  if (!placed) {
    if (!is_of_one_place(placed.error())) full_until_ = Clock::now() + kFullPause;
    complain(placed.error());
    const auto look = [folder = folder_, name = copy.name] { return folder->open_file(name); };
    const auto old = co_await offload(disk_, look);
    if (!copy.is_file && old && !old->is_folder)
      index_.add(copy.name, room_of(copy.name, old->stamp.size, copy.sidecar.size()), old->stamp.modified);
    co_return false;
  }
  if (!copy.is_file)
    index_.add(copy.name, room_of(copy.name, written, copy.sidecar.size()), std::chrono::system_clock::now());
  co_return true;
}

awaitable<void> CopyStore::confirm(const std::string& name, std::optional<wire::Sidecar> sidecar) {
  std::string text;
  if (sidecar) text = wire::format_sidecar(*sidecar);
  const auto touch = [folder = folder_, name, text] {
    if (!text.empty()) {
      auto beside = folder->create();
      if (beside && !beside->append(text)) folder->place(std::move(*beside), wire::sidecar_name(name));
    }
    const auto now = std::chrono::system_clock::now();
    // First, as one that is older than its file tells of another. That is left as it is.
    if (!text.empty()) folder->touch(wire::sidecar_name(name), now);
    return folder->touch(name, now);
  };
  const Change change(*this, name);
  const auto error = co_await offload(disk_, touch);
  if (error) complain(error);
}

awaitable<void> CopyStore::remove(const std::string& name) {
  const auto remove = [folder = folder_, name] {
    folder->remove(wire::sidecar_name(name));
    return folder->remove(name);
  };
  const Change change(*this, name);
  const auto error = co_await offload(disk_, remove);
  index_.remove(name);
  if (error) complain(error);
}

awaitable<std::optional<wire::Sidecar>> CopyStore::sidecar_of(const std::string& name, bool is_file) {
  const auto read = [folder = folder_, name, is_file]() -> Result<SidecarRead> {
    auto file = folder->open_file(name);
    if (!file) return fail(file.error());
    const auto found = found_file(is_file ? Kind::file : Kind::copy, name, std::move(*file));
    return read_sidecar(*folder, found, Disk::may_wait);
  };
  auto sidecar = co_await offload(disk_, read);
  if (!sidecar) co_return std::nullopt;
  co_return std::move(sidecar->sidecar);
}

}  // namespace hardline::cache
