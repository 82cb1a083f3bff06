#include "hardline/store/name_book.hpp"

#include <fcntl.h>

#include <map>
#include <optional>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/offload.hpp"
#include "hardline/store/file.hpp"

namespace hardline::store {
namespace fs = std::filesystem;
namespace {

/// Thrice what kMaxPins of the longest names and services take. Nothing longer is written, as it could not be read.
constexpr std::size_t kMaxFile = 2 << 20;

/// It holds passwords.
constexpr mode_t kMode = 0600;

using Names = std::map<std::string, Pin, std::less<>>;  // by label

std::vector<Pin> list_of(const Names& names) {
  std::vector<Pin> pins;
  pins.reserve(names.size());
  for (const auto& [label, pin] : names) pins.push_back(pin);
  return pins;
}

bool leads_elsewhere(const Names& before, const Names& after, const std::string& label) {
  const auto then = before.find(label);
  const auto now = after.find(label);
  if (then == before.end() || now == after.end()) return (then == before.end()) != (now == after.end());
  return then->second.service.key != now->second.service.key;
}

std::vector<std::string> difference(const Names& before, const Names& after) {
  std::vector<std::string> labels;
  for (const auto& [label, pin] : before)
    if (leads_elsewhere(before, after, label)) labels.push_back(label);
  for (const auto& [label, pin] : after)
    if (!before.contains(label)) labels.push_back(label);
  return labels;
}

/// The lines of `text` that `errors` are about, and those behind the last one that was read.
std::string lines_of(const std::vector<NamesFileError>& errors, std::size_t pins, std::string_view text) {
  const bool all_were_read = pins + errors.size() <= kMaxPins;
  std::string lines;
  auto error = errors.begin();
  for (std::size_t number = 1; !text.empty() && error != errors.end(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    if (number == error->line) {
      lines += text.substr(0, end);
      lines += '\n';
      const bool is_last = std::next(error) == errors.end();
      if (!is_last || all_were_read) ++error;  // else it stands for every line that follows
    } else if (number > error->line) {
      lines += text.substr(0, end);
      lines += '\n';
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::error_code write_names(const fs::path& file, const std::string& content) {
  const UniqueFd folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return last_error();
  NewFile names(file);
  if (const auto error = names.write(content, kMode)) return error;
  if (const auto error = names.replace()) return error;
  return sync_directory(folder.get());
}

}  // namespace

struct NameBook::Impl {
  /// Changes the names that it is given, or says why not.
  using Edit = std::function<std::error_code(Names& names)>;

  Impl(fs::path f, asio::thread_pool& p) : file(std::move(f)), pool(p) { read(); }

  void read();
  Names understand(const std::string& text);
  awaitable<std::error_code> read_what_others_wrote();
  awaitable<std::error_code> change(Edit edit);
  awaitable<std::error_code> change_in_turn(Edit edit);
  void become(Names next);

  const fs::path file;
  asio::thread_pool& pool;
  Names names;
  std::string on_disk;         ///< as it was read or written last
  std::string not_understood;  ///< lines, kept as they are
  std::error_code unreadable;  ///< why nothing can be changed
  std::vector<std::weak_ptr<Listener>> listeners;
  bool changing = false;
  std::optional<Event> changed;  ///< made by the first change, which has an executor
};

void NameBook::Impl::read() {
  auto text = read_small_file(file, kMaxFile);
  if (!text) {
    if (text.error() == std::errc::no_such_file_or_directory) return;
    unreadable = text.error();
    log::error("store: {} cannot be read ({}): no name leads anywhere, and none can be changed", file.string(),
               unreadable.message());
    return;
  }
  on_disk = std::move(*text);
  names = understand(on_disk);
}

/// The names in `text`. Notes what is not understood.
Names NameBook::Impl::understand(const std::string& text) {
  const auto found = parse_names(text);
  Names understood;
  for (const auto& pin : found.pins) understood.emplace(pin.name.text(), pin);
  not_understood = lines_of(found.errors, found.pins.size(), text);
  if (found.errors.empty()) return understood;
  const auto& first = found.errors.front();
  log::warn("store: {}:{}: {} ({} more such lines); these lines are kept as they are", file.string(), first.line,
            first.problem, found.errors.size() - 1);
  return understood;
}

/// A person may have edited the file, or put another in its place: that is not to be lost with our next change.
awaitable<std::error_code> NameBook::Impl::read_what_others_wrote() {
  const auto look = [path = file] { return read_small_file(path, kMaxFile); };
  auto text = co_await offload(pool, look);
  if (!text && text.error() == std::errc::no_such_file_or_directory) co_return std::error_code();
  if (!text) co_return text.error();
  if (*text == on_disk) co_return std::error_code();
  log::info("store: {} has changed on disk; reading it again", file.string());
  on_disk = std::move(*text);
  become(understand(on_disk));
  co_return std::error_code();
}

/// Tells of every label that leads elsewhere by that.
void NameBook::Impl::become(Names next) {
  const auto labels = difference(names, next);
  names = std::move(next);
  // A listener may take itself, or another one, away.
  const auto told = listeners;
  for (const auto& label : labels)
    for (const auto& weak : told)
      if (const auto listener = weak.lock()) (*listener)(label);
}

awaitable<std::error_code> NameBook::Impl::change(Edit edit) {
  auto executor = co_await asio::this_coro::executor;
  if (!changed) changed.emplace(executor);
  while (changing) co_await changed->wait();
  changing = true;
  const auto over = [](Impl* impl) {
    impl->changing = false;
    impl->changed->notify();
  };
  const std::unique_ptr<Impl, decltype(over)> turn(this, over);
  const auto error = co_await change_in_turn(edit);
  co_return error;
}

awaitable<std::error_code> NameBook::Impl::change_in_turn(Edit edit) {
  if (unreadable) co_return unreadable;
  const auto unreadable_now = co_await read_what_others_wrote();
  if (unreadable_now) co_return unreadable_now;
  auto next = names;
  if (const auto refusal = edit(next)) co_return refusal;
  auto content = format_names(list_of(next));
  if (content == format_names(list_of(names))) co_return std::error_code();
  content += not_understood;
  if (next.size() > kMaxPins || content.size() > kMaxFile) co_return make_error_code(Errc::too_large);
  auto before = names;
  become(std::move(next));
  const auto job = [path = file, text = content] { return write_names(path, text); };
  const auto error = co_await offload(pool, job);
  if (error) {
    become(std::move(before));
    log::warn("store: {} cannot be written: {}", file.string(), error.message());
    co_return error;
  }
  on_disk = std::move(content);
  co_return error;
}

NameBook::NameBook(fs::path file, asio::thread_pool& files) : impl_(std::make_unique<Impl>(std::move(file), files)) {}

NameBook::~NameBook() = default;

const ServiceName* NameBook::find(std::string_view label) const {
  const auto found = impl_->names.find(label);
  return found == impl_->names.end() ? nullptr : &found->second.service;
}

std::vector<Pin> NameBook::pins() const {
  return list_of(impl_->names);
}

awaitable<std::error_code> NameBook::pin(Petname name, ServiceName service) {
  Impl::Edit edit = [pin = Pin{std::move(name), std::move(service)}](Names& names) {
    names.insert_or_assign(pin.name.text(), pin);
    return std::error_code();
  };
  const auto error = co_await impl_->change(edit);
  co_return error;
}

awaitable<std::error_code> NameBook::unpin(Petname name) {
  Impl::Edit edit = [label = name.text()](Names& names) {
    names.erase(label);
    return std::error_code();
  };
  const auto error = co_await impl_->change(edit);
  co_return error;
}

awaitable<std::error_code> NameBook::rename(Petname from, Petname to) {
  Impl::Edit edit = [from = std::move(from), to = std::move(to)](Names& names) {
    const auto found = names.find(from.text());
    if (found == names.end()) return std::make_error_code(std::errc::no_such_file_or_directory);
    if (from == to) return std::error_code();
    if (names.contains(to.text())) return std::make_error_code(std::errc::file_exists);
    names.emplace(to.text(), Pin{to, found->second.service});
    names.erase(found);
    return std::error_code();
  };
  const auto error = co_await impl_->change(edit);
  co_return error;
}

awaitable<std::error_code> NameBook::import(std::vector<Pin> pins) {
  Impl::Edit edit = [pins = std::move(pins)](Names& names) {
    for (const auto& pin : pins) names.insert_or_assign(pin.name.text(), pin);
    return std::error_code();
  };
  const auto error = co_await impl_->change(edit);
  co_return error;
}

std::shared_ptr<void> NameBook::listen(Listener listener) {
  std::erase_if(impl_->listeners, [](const auto& other) { return other.expired(); });
  auto token = std::make_shared<Listener>(std::move(listener));
  impl_->listeners.push_back(token);
  return token;
}

}  // namespace hardline::store
