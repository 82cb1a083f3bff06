#include "mako_renderer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "hardline/base/errc.hpp"
#include "hardline/base/log.hpp"
#include "hardline/base/text.hpp"
#include "hardline/net/child_process.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/watchdog.hpp"
#include "mako_helper.hpp"  // of mako_helper.py, made by CMake

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Outcome = Rendered::Outcome;

/// A stranger can make a template fail, or print, as often as they ask for it.
constexpr auto kFailureLogPeriod = 5s;
constexpr auto kOutputLogPeriod = 5s;
constexpr auto kMissingLogPeriod = 10min;
constexpr std::size_t kMaxLoggedLines = 60;  ///< of one failure, its last ones; of what one request prints, the first
constexpr std::size_t kMaxLoggedLine = 500;
constexpr std::size_t kMaxReason = 300;
constexpr std::size_t kMaxTraceback = 1024 * 1024;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos;
}

/// A line of a program as a line of the log: its indentation kept, everything that is not text left out.
std::string loggable(std::string_view line) {
  const auto indent = std::min(line.find_first_not_of(' '), line.size());
  return std::string(std::min<std::size_t>(indent, 16), ' ') + clean_text(line.substr(indent), kMaxLoggedLine);
}

std::vector<std::string_view> last_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < kMaxLoggedLines) {
    const auto end = text.rfind('\n');
    const auto line = end == text.npos ? text : text.substr(end + 1);
    if (!is_blank(line)) lines.push_back(line);
    text = end == text.npos ? std::string_view() : text.substr(0, end);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::string held_back_note(unsigned held_back) {
  return held_back == 0 ? std::string() : fmt::format(" ({} more went unsaid)", held_back);
}

std::string counted(std::string_view text) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(text.size() >> shift & 0xff);
  out += text;
  return out;
}

awaitable<Result<std::string>> read_exactly(ByteStream& stream, std::size_t size) {
  std::string text(size, '\0');
  auto rest = std::as_writable_bytes(std::span(text));
  while (!rest.empty()) {
    const auto got = co_await read_some(stream, rest);
    if (!got) co_return fail(got.error());
    if (*got == 0) co_return fail(Errc::peer_closed);
    rest = rest.subspan(*got);
  }
  co_return text;
}

awaitable<Result<std::string>> read_counted(ByteStream& stream, std::size_t most) {
  const auto head = co_await read_exactly(stream, 4);
  if (!head) co_return fail(head.error());
  std::size_t size = 0;
  for (const char c : *head) size = size << 8 | static_cast<unsigned char>(c);
  if (size > most) co_return fail(Errc::too_large);
  co_return co_await read_exactly(stream, size);
}

/// What mako_helper.py answers.
struct Answer {
  char kind = '\0';
  std::string text;
  std::string traceback;
};

/// Whether a program that could not be started is one that is not there, rather than that the system has no room.
bool is_missing(std::error_code error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::permission_denied ||
         error == std::errc::not_a_directory || error == std::errc::executable_format_error;
}

}  // namespace

/// One process, which renders one template at a time.
class MakoRenderer::Helper {
 public:
  static Result<std::unique_ptr<Helper>> start(const std::shared_ptr<State>& state);

  /// Errors are those of a process that has gone, or was ended.
  awaitable<Result<Answer>> ask(std::string name, std::string path) {
    template_ = name;
    lines_left_ = kMaxLoggedLines;
    const auto request = counted(name) + counted(path);
    const auto octets = as_octets(request);
    auto& stream = process_->stream();
    const auto error = co_await write_all(stream, octets);
    if (error) co_return fail(error);

    const auto kind = co_await read_exactly(stream, 1);
    if (!kind) co_return fail(kind.error());
    auto text = co_await read_counted(stream, kMaxRenderedPage);
    if (!text) co_return fail(text.error());
    auto traceback = co_await read_counted(stream, kMaxTraceback);
    if (!traceback) co_return fail(traceback.error());
    Answer answer;
    answer.kind = kind->front();
    answer.text = std::move(*text);
    answer.traceback = std::move(*traceback);
    co_return answer;
  }

  /// Whether it waits for a request: it may have died since it answered, or have answered twice.
  bool is_ready() {
    std::array<std::byte, 1> unexpected;
    const auto got = process_->stream().read_now(unexpected);
    return !got && got.error() == would_block();
  }

  /// Makes ask() come back with an error.
  void give_up() { process_->stream().close(); }

 private:
  void log_line(State& state, std::string_view line);

  std::string template_;
  std::size_t lines_left_ = 0;
  bool may_log_ = false;
  std::unique_ptr<ChildProcess> process_;  ///< the last member: going, it tells its last words
};

struct MakoRenderer::State {
  State(Executor e, std::filesystem::path f, MakoOptions o)
      : executor(e), folder(std::move(f)), options(std::move(o)), freed(e) {}

  std::unique_ptr<Helper> take_idle() {
    while (!idle.empty()) {
      auto helper = std::move(idle.back());
      idle.pop_back();
      if (helper->is_ready()) return helper;
    }
    return nullptr;
  }

  Rendered missing(std::string_view why) {
    unavailable_until = Clock::now() + options.look_again;
    if (missing_log.admit())
      log::warn("mako: templates cannot be rendered: {}; install the Debian package python3-mako", loggable(why));
    return unavailable();
  }

  static Rendered unavailable() {
    return {Outcome::unavailable, "Mako is not installed on the computer that serves this page"};
  }
  static Rendered ending() { return {Outcome::failed, "the service is ending"}; }

  Rendered failed(const std::string& name, std::string_view reason, std::string_view traceback) {
    if (const auto held_back = failure_log.admit()) {
      const auto shown = loggable(name);
      for (const auto line : last_lines(traceback)) log::warn("mako: {}: {}", shown, loggable(line));
      log::warn("mako: {} failed: {}{}", shown, loggable(reason), held_back_note(*held_back));
    }
    return {Outcome::failed, clean_text(reason, kMaxReason)};
  }

  Executor executor;
  std::filesystem::path folder;
  MakoOptions options;
  std::vector<std::unique_ptr<Helper>> idle;
  std::vector<Helper*> working;
  std::size_t running = 0;  ///< turns taken
  std::size_t waiting = 0;  ///< for a turn
  Event freed;
  bool closed = false;
  Clock::time_point unavailable_until = Clock::time_point::min();
  log::Limiter failure_log{kFailureLogPeriod};
  log::Limiter output_log{kOutputLogPeriod};
  log::Limiter missing_log{kMissingLogPeriod};
};

/// One of the helpers that may render side by side. Given back however a coroutine ends; it tells others only in
/// give_back(), since in its destructor the io_context may be going.
class MakoRenderer::Turn {
 public:
  explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->running; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    leave();
    if (!given_back_) --state_->running;
  }

  Helper& work_with(std::unique_ptr<Helper> helper) {
    helper_ = std::move(helper);
    state_->working.push_back(helper_.get());
    return *helper_;
  }

  /// Keeps the helper for the next one.
  void keep_helper() {
    leave();
    if (!state_->closed) state_->idle.push_back(std::move(helper_));
  }

  void give_back() {
    leave();
    helper_.reset();
    --state_->running;
    given_back_ = true;
    state_->freed.notify();
  }

 private:
  void leave() { std::erase(state_->working, helper_.get()); }

  std::shared_ptr<State> state_;
  std::unique_ptr<Helper> helper_;
  bool given_back_ = false;
};

Result<std::unique_ptr<MakoRenderer::Helper>> MakoRenderer::Helper::start(const std::shared_ptr<State>& state) {
  auto helper = std::make_unique<Helper>();
  auto tell = [raw = helper.get(), weak = std::weak_ptr(state)](std::string_view line) {
    if (const auto alive = weak.lock()) raw->log_line(*alive, line);
  };
  auto process = ChildProcess::start(
      state->executor,
      {state->options.python, "-I", "-u", "-c", kMakoHelper, state->folder.string(), std::to_string(kMaxRenderedPage)},
      std::move(tell));
  if (!process) return fail(process.error());
  helper->process_ = std::move(*process);
  return helper;
}

void MakoRenderer::Helper::log_line(State& state, std::string_view line) {
  if (lines_left_ == kMaxLoggedLines) may_log_ = state.output_log.admit().has_value();
  if (lines_left_ == 0) return;
  --lines_left_;
  if (may_log_) log::info("mako: {} prints: {}", loggable(template_), loggable(line));
}

MakoRenderer::MakoRenderer(Executor executor, std::filesystem::path folder, MakoOptions options)
    : state_(std::make_shared<State>(executor, std::move(folder), std::move(options))) {}

MakoRenderer::~MakoRenderer() {
  close();
}

awaitable<Rendered> MakoRenderer::render(std::string name, std::string path) {
  return run(state_, std::move(name), std::move(path));
}

void MakoRenderer::close() {
  state_->closed = true;
  state_->idle.clear();
  for (auto* helper : state_->working) helper->give_up();
  state_->freed.notify();
}

awaitable<Rendered> MakoRenderer::run(std::shared_ptr<State> state, std::string name, std::string path) {
  const auto& options = state->options;
  const auto deadline = Clock::now() + options.limit;
  if (state->closed) co_return State::ending();
  if (Clock::now() < state->unavailable_until) co_return State::unavailable();
  if (state->running >= options.most_helpers) {
    if (state->waiting >= options.most_waiting) co_return Rendered{Outcome::busy, "too many pages are being made"};
    ++state->waiting;
    while (!state->closed && state->running >= options.most_helpers && Clock::now() < deadline)
      co_await state->freed.wait_until(deadline);
    --state->waiting;
    if (state->closed) co_return State::ending();
    if (state->running >= options.most_helpers) co_return Rendered{Outcome::busy, "other pages took too long"};
  }
  co_return co_await run_on_helper(state, name, path, deadline);
}

awaitable<Rendered> MakoRenderer::run_on_helper(std::shared_ptr<State> state, std::string name, std::string path,
                                                Clock::time_point deadline) {
  Turn turn(state);
  auto ready = state->take_idle();
  if (!ready) {
    auto started = Helper::start(state);
    if (!started) {
      const auto why = fmt::format("{}: {}", state->options.python, started.error().message());
      turn.give_back();
      if (is_missing(started.error())) co_return state->missing(why);
      state->failed(name, why, "");
      co_return Rendered{Outcome::busy, "no room for another program"};
    }
    ready = std::move(*started);
  }
  auto& helper = turn.work_with(std::move(ready));
  Watchdog watchdog(state->executor, [&helper] { helper.give_up(); });
  watchdog.arm(deadline - Clock::now());
  auto answer = co_await helper.ask(name, path);
  watchdog.disarm();

  if (answer && answer->kind != 'm') turn.keep_helper();
  turn.give_back();
  if (answer) {
    if (answer->kind == 'p') co_return Rendered{Outcome::done, std::move(answer->text)};
    if (answer->kind == 'm') co_return state->missing(answer->text);
    co_return state->failed(name, answer->text, answer->traceback);
  }
  if (state->closed) co_return State::ending();
  if (watchdog.bitten()) {
    const std::chrono::duration<double> limit = state->options.limit;
    co_return state->failed(name, fmt::format("took longer than {:g} s", limit.count()), "");
  }
  co_return state->failed(name, "the template ended the program that rendered it", "");
}

}  // namespace hardline::cache
