// Processes of a test's own: to die midway, or to live with a kernel that lacks something.
#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>

namespace hardline::cache {

inline constexpr int kSkipped = 77;

/// Runs `job`, in which expectations may fail, in a process of its own. Its exit status: 0, 1 if one failed, or what
/// it gave to _exit().
inline int in_child(const std::function<void()>& job) {
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    job();
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// From now on the system call fails with this error in this process, as on a kernel that is older.
inline void deny(int system_call, int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(system_call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof code / sizeof *code, code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(kSkipped);
}

enum class Ending { killed, ended, cannot_trace };

/// Runs `job` in a process of its own, which is killed as it begins its `step`th system call after it has called the
/// function it is given.
inline Ending killed_at(int step, const std::function<void(const std::function<void()>& begin)>& job) {
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    job([] {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kSkipped);
      ::raise(SIGSTOP);
    });
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  // Each system call stops it twice: as it begins and as it ends.
  for (int stop = 0; stop < 2 * step - 1 && WIFSTOPPED(status); ++stop) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
  }
  if (WIFSTOPPED(status)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return Ending::killed;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Ending::ended : Ending::cannot_trace;
}

}  // namespace hardline::cache
