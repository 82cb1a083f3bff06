#include "hardline/store/state_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// Sets an environment variable while it lives.
class Environment {
 public:
  Environment(const char* name, std::optional<std::string> value) : name_(name) {
    if (const char* old = std::getenv(name)) before_ = old;
    set(value);
  }
  ~Environment() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) { value ? ::setenv(name_, value->c_str(), 1) : ::unsetenv(name_); }
  const char* name_;
  std::optional<std::string> before_;
};

/// What stands in the way of using `path`.
std::string error(const fs::path& path) {
  try {
    const StateDirectory state(path);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "no error";
}

TEST(DefaultStateDirectory, IsWhatSystemdGives) {
  const Environment systemd("STATE_DIRECTORY", "/var/lib/a:/var/lib/b");
  EXPECT_EQ(default_state_directory(), "/var/lib/a");
}

/// Without root: root's folder does not depend on the environment.
class DefaultStateDirectoryOfAUser : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot become another user";
  }
  void TearDown() override { [[maybe_unused]] const int back = ::seteuid(::getuid()); }
  Environment systemd{"STATE_DIRECTORY", std::nullopt};
  Environment home{"HOME", "/home/a"};
};

TEST_F(DefaultStateDirectoryOfAUser, IsBelowXdgStateHome) {
  const Environment xdg("XDG_STATE_HOME", "/state");
  EXPECT_EQ(default_state_directory(), "/state/hardline");
}

TEST_F(DefaultStateDirectoryOfAUser, IsBelowHomeOtherwise) {
  for (const auto& useless : {std::optional<std::string>(), std::optional<std::string>("relative")}) {
    const Environment xdg("XDG_STATE_HOME", useless);
    EXPECT_EQ(default_state_directory(), "/home/a/.local/state/hardline");
  }
}

TEST(DefaultStateDirectory, IsInVarForRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const Environment systemd("STATE_DIRECTORY", std::nullopt);
  const Environment xdg("XDG_STATE_HOME", "/state");
  EXPECT_EQ(default_state_directory(), "/var/lib/hardline");
}

TEST(StateDirectory, IsMadeForItsUserAlone) {
  const TempDir dir;
  const StateDirectory state(dir / "new/state/");
  EXPECT_EQ(state.path(), dir / "new/state");
  EXPECT_EQ(fs::status(state.path()).permissions(), fs::perms::owner_all);
}

TEST(StateDirectory, NamesTheProcessThatHoldsIt) {
  const TempDir dir;
  const StateDirectory state(dir.path());
  EXPECT_THAT(error(dir.path()), AllOf(HasSubstr("another hardlined (process " + std::to_string(::getpid()) + ")"),
                                       HasSubstr(dir.path().string()), HasSubstr("--statedir")));
}

TEST(StateDirectory, IsFreeAgainWhenItsHolderIsGone) {
  const TempDir dir;
  write_file(dir / "daemon.lock", "a longer text of an earlier holder");
  EXPECT_EQ(error(dir.path()), "no error");
  EXPECT_EQ(error(dir.path()), "no error");
  EXPECT_EQ(file_content(dir / "daemon.lock"), std::to_string(::getpid()) + "\n");
}

TEST(StateDirectory, SaysThatItCannotBeUsed) {
  const TempDir dir;
  write_file(dir / "file", "");
  for (const auto& path : {dir / "file", dir / "file/below", fs::path("/proc/hardline")})
    EXPECT_THAT(error(path), AllOf(HasSubstr("cannot use the state folder " + path.string()), HasSubstr("--statedir")));
}

TEST(StateDirectory, SaysThatItsLockIsNoFile) {
  const TempDir dir;
  fs::create_directory(dir / "daemon.lock");
  EXPECT_THAT(error(dir.path()), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace hardline::store
