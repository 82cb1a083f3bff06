#include "hardline/net/child_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <sstream>

#include "hardline/base/unique_fd.hpp"
#include "support/streams.hpp"

namespace hardline {
namespace {

/// Whether there is such a child of ours, zombies included.
bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

/// Whether it does something still. One that has ended may be a zombie of init's.
bool is_running(pid_t pid) {
  return std::ifstream("/proc/" + std::to_string(pid) + "/cmdline").peek() > 0;
}

/// Whether this process has a child, zombies included.
bool have_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

using support::reading;
using support::reading_to_end;
using support::writing;
using support::writing_and_ending;
using testing::ElementsAre;
using testing::HasSubstr;

class ChildProcessTest : public testing::Test {
 protected:
  std::unique_ptr<ChildProcess> start(std::vector<std::string> command) {
    auto started = ChildProcess::start(io.executor(), std::move(command),
                                       [this](std::string_view line) { errors.emplace_back(line); });
    if (!started) throw std::system_error(started.error());
    return std::move(*started);
  }
  std::unique_ptr<ChildProcess> shell(const std::string& script) { return start({"/bin/sh", "-c", script}); }

  /// What it says until it ends.
  std::string output_of(ChildProcess& child) { return io.await(reading_to_end(child.stream())).text; }

  /// The number in the line it says first.
  pid_t told_pid(ChildProcess& child) {
    std::string line;
    while (!line.ends_with('\n')) {
      const auto next = io.await(reading(child.stream(), 1));
      if (next.empty()) return 0;
      line += next;
    }
    return std::stoi(line);
  }

  /// Whether `done()` came true in time, where no news of the io_context says so.
  template <class Done>
  bool comes_true(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + support::kDeadline;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io.context().run_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  support::TestIo io;
  std::vector<std::string> errors;
};

TEST_F(ChildProcessTest, ReadsWhatIsWrittenAndWritesWhatIsRead) {
  const auto child = start({"/bin/cat"});
  ASSERT_FALSE(io.await(writing(child->stream(), "one\n")));
  EXPECT_EQ(io.await(reading(child->stream(), 4)), "one\n");
  ASSERT_FALSE(io.await(writing_and_ending(child->stream(), "two\n")));
  EXPECT_EQ(output_of(*child), "two\n");
}

TEST_F(ChildProcessTest, CarriesMoreThanASocketHolds) {
  const auto child = start({"/bin/cat"});
  const auto much = support::noise(4 * 1024 * 1024, 1);
  auto writer = io.start(writing_and_ending(child->stream(), much));
  EXPECT_TRUE(output_of(*child) == much);
  EXPECT_FALSE(writer.get());
}

TEST_F(ChildProcessTest, GivesItsArgumentsAsTheyAre) {
  const auto child = start({"/usr/bin/printf", "%s|", "a b", "", "$HOME"});
  EXPECT_EQ(output_of(*child), "a b||$HOME|");
}

TEST_F(ChildProcessTest, TellsThatThereIsNoSuchProgram) {
  const auto started = ChildProcess::start(io.executor(), {"/nonexistent/program"}, nullptr);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), std::errc::no_such_file_or_directory);
}

TEST_F(ChildProcessTest, TellsThatAFileIsNoProgram) {
  const auto started = ChildProcess::start(io.executor(), {"/etc/passwd"}, nullptr);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), std::errc::permission_denied);
}

TEST_F(ChildProcessTest, WhatCouldNotBeStartedLeavesNoZombie) {
  ASSERT_FALSE(ChildProcess::start(io.executor(), {"/nonexistent/program"}, nullptr));
  EXPECT_FALSE(have_children());
}

TEST_F(ChildProcessTest, TellsTheLinesOfStandardError) {
  const auto child = shell("echo one >&2; printf 'two\\n\\nthree' >&2");
  EXPECT_TRUE(io.run_until([&] { return errors.size() == 3; }));
  EXPECT_THAT(errors, ElementsAre("one", "two", "three"));
}

TEST_F(ChildProcessTest, CutsALongLineOfStandardError) {
  const auto child = shell("head -c 100000 /dev/zero | tr '\\0' x >&2; printf '\\nnext\\n' >&2");
  EXPECT_TRUE(io.run_until([&] { return errors.size() == 2; }));
  EXPECT_THAT(errors, ElementsAre(std::string(4096, 'x'), "next"));
}

TEST_F(ChildProcessTest, TellsTheLastWordsOfAProcessThatHasEndedBeforeItGoes) {
  auto child = shell("printf 'last words' >&2");
  EXPECT_EQ(output_of(*child), "");
  child.reset();
  EXPECT_THAT(errors, ElementsAre("last words"));
}

TEST_F(ChildProcessTest, NothingIsToldOnceItIsGone) {
  auto child = shell("while :; do echo more >&2; done");
  ASSERT_TRUE(io.run_until([&] { return errors.size() > 2; }));
  child.reset();
  const auto told = errors.size();
  io.settle();
  EXPECT_EQ(errors.size(), told);
}

TEST_F(ChildProcessTest, AProcessThatEndsByItselfIsReaped) {
  const auto child = shell("echo $$");
  const auto pid = told_pid(*child);
  EXPECT_TRUE(comes_true([pid] { return !exists(pid); }));
}

TEST_F(ChildProcessTest, AProcessThatIsNotWantedAnyMoreIsKilledAndReaped) {
  auto child = shell("echo $$; trap '' TERM; while :; do sleep 1; done");
  const auto pid = told_pid(*child);
  child.reset();
  EXPECT_TRUE(comes_true([pid] { return !exists(pid); }));
}

TEST_F(ChildProcessTest, WhatItHasStartedIsKilledWithIt) {
  auto child = shell("sleep 1000 & echo $!; wait");
  const auto pid = told_pid(*child);
  child.reset();
  EXPECT_TRUE(comes_true([pid] { return !is_running(pid); }));
}

TEST_F(ChildProcessTest, WhatItLeavesBehindIsKilledToo) {
  const auto child = shell("sleep 1000 & echo $!");
  told_pid(*child);
  EXPECT_EQ(output_of(*child), "");  // would not end as long as somebody holds its output
}

TEST_F(ChildProcessTest, GoesWithTheIoContext) {
  {
    support::TestIo other;
    const auto child = ChildProcess::start(other.executor(), {"/bin/cat"}, nullptr);
    ASSERT_TRUE(child);
    ASSERT_TRUE(have_children());
  }
  EXPECT_FALSE(have_children());
}

TEST_F(ChildProcessTest, GetsNoDescriptorButTheThree) {
  std::array<int, 2> leaky{};
  ASSERT_EQ(::pipe(leaky.data()), 0);  // without CLOEXEC, as a library may open it
  const UniqueFd one(leaky[0]);
  const UniqueFd two(leaky[1]);
  const auto child = shell("ls -1 /proc/$$/fd");
  EXPECT_EQ(output_of(*child), "0\n1\n2\n");
}

TEST_F(ChildProcessTest, GetsEverySignalsDefault) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_IGN), SIG_ERR);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto child = start({"/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(output_of(*child), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(ChildProcessTest, LeavesOurOwnSignalMaskAlone) {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const auto child = shell(":");
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
  EXPECT_EQ(sigismember(&after, SIGTERM), 0);
}

TEST_F(ChildProcessTest, HasAProcessGroupOfItsOwn) {
  const auto child = shell("echo $$; cat");
  const auto pid = told_pid(*child);
  EXPECT_EQ(::getpgid(pid), pid);
  EXPECT_NE(::getpgrp(), pid);
}

/// Starts a child, says its process id on `told` and dies.
[[noreturn]] void start_a_child_and_die(int told) {
  support::TestIo io;
  const auto child = ChildProcess::start(io.executor(), {"/bin/sleep", "1000"}, nullptr);
  std::string list;
  std::ifstream("/proc/self/task/" + std::to_string(::getpid()) + "/children") >> list;
  [[maybe_unused]] const auto written = ::write(told, list.data(), list.size());
  ::kill(::getpid(), SIGKILL);
  ::_exit(1);
}

TEST_F(ChildProcessTest, DiesWithUs) {
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe2(told.data(), O_CLOEXEC), 0);
  const UniqueFd hear(told[0]);
  UniqueFd say(told[1]);
  const auto parent = ::fork();
  if (parent == 0) start_a_child_and_die(say.get());
  say = UniqueFd();
  std::array<char, 16> text{};
  ASSERT_GT(::read(hear.get(), text.data(), text.size() - 1), 0);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  const auto child = std::stoi(text.data());
  EXPECT_TRUE(comes_true([child] { return !is_running(child); }));
}

TEST_F(ChildProcessTest, ManyLiveSideBySide) {
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < 20; ++i) children.push_back(start({"/bin/cat"}));
  for (auto& child : children) ASSERT_FALSE(io.await(writing_and_ending(child->stream(), "hello")));
  for (auto& child : children) EXPECT_EQ(output_of(*child), "hello");
}

}  // namespace
}  // namespace hardline
