#include "hardline/store/cache_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

constexpr auto kState = "/var/lib/hardline";

ServiceFile with_directory(const std::string& directory, const std::string& more = "",
                           const fs::path& file = "/etc/hardline/services/app.ini") {
  return parse_service_file(file, "[Cache]\ndirectory=" + directory + "\n[Service]\n" + more);
}

std::string where(const std::string& directory) {
  return cache_directory(with_directory(directory), kState);
}

std::string error(const ServiceFile& service, const fs::path& state = kState) {
  try {
    return "no error: " + cache_directory(service, state).string();
  } catch (const ConfigError& e) {
    return e.what();
  }
}

CacheSettings in_folder(const fs::path& directory, bool cache = true) {
  CacheSettings settings;
  settings.directory = directory;
  if (cache) settings.upstream = Upstream{HostPort{"localhost", 80}};
  return settings;
}

TEST(CacheDirectory, IsBelowTheStateFolderWhereItIsRelative) {
  EXPECT_EQ(where("photos"), "/var/lib/hardline/photos");
  EXPECT_EQ(where("./cache//photos/"), "/var/lib/hardline/cache/photos");
  EXPECT_EQ(where("cache/../photos"), "/var/lib/hardline/photos");
}

TEST(CacheDirectory, IsWhereItSaysWhereItIsAbsolute) {
  EXPECT_EQ(where("/srv/photos"), "/srv/photos");
  EXPECT_EQ(where("/srv/../srv/photos/"), "/srv/photos");
  EXPECT_EQ(where("/var/lib/hardline-photos"), "/var/lib/hardline-photos");
  EXPECT_EQ(where("/etc/hardline/services/app"), "/etc/hardline/services/app");
}

TEST(CacheDirectory, IsNeverWhereTheDaemonKeepsItsOwn) {
  for (const auto* bad : {"/", "//", "/var/..", "/var", "/var/lib/", "/var/lib/hardline", "/var/lib/hardline/",
                          "/srv/../var/lib/hardline/."})
    EXPECT_THAT(error(with_directory(bad)),
                AllOf(StartsWith("/etc/hardline/services/app.ini: directory: must not be /"),
                      HasSubstr("the daemon's state is there, /var/lib/hardline")))
        << bad;
  for (const auto* bad : {"/etc", "/etc/hardline", "/etc/hardline/services/"})
    EXPECT_THAT(error(with_directory(bad)), HasSubstr("the folder of the service files is there")) << bad;
}

TEST(CacheDirectory, ShouldNotHoldTheServicesOwnKey) {
  EXPECT_THAT(remark_on_directory(with_directory("/srv/photos", "certfile=/srv/photos/keys/a.cert\n")),
              Optional(HasSubstr("/etc/hardline/services/app.ini: directory: the service's key is in /srv/photos")));
  EXPECT_EQ(remark_on_directory(with_directory("/srv/photos", "certfile=/srv/a.cert\n")), std::nullopt);
}

TEST(CacheDirectory, IsLookedAtThroughLinks) {
  const TempDir dir;
  fs::create_directories(dir / "real/state");
  fs::create_directory_symlink(dir / "real", dir / "link");
  EXPECT_THAT(error(with_directory(dir / "real"), dir / "link/state"), HasSubstr("the daemon's state is there"));
  EXPECT_THAT(error(with_directory(dir / "link"), dir / "real/state"), HasSubstr("the daemon's state is there"));
  EXPECT_EQ(error(with_directory("photos"), dir / "link/state"), "no error: " + (dir / "link/state/photos").string());
}

TEST(CacheDirectory, OverlapsWithTheSameOneAndThoseWithinIt) {
  EXPECT_TRUE(overlap("/srv/photos", "/srv/photos"));
  EXPECT_TRUE(overlap("/srv/photos", "/srv"));
  EXPECT_TRUE(overlap("/srv", "/srv/photos"));
  EXPECT_FALSE(overlap("/srv/photos", "/srv/photos2"));
  EXPECT_FALSE(overlap("/srv/photos2", "/srv/photos"));
  const TempDir dir;
  fs::create_directory_symlink(dir.path(), dir / "link");
  EXPECT_TRUE(overlap(dir / "link/a", dir / "a"));
}

TEST(CacheDirectory, IsMadeWhereACopyIsToBeKept) {
  const TempDir dir;
  EXPECT_EQ(problem_with_directory(in_folder(dir / "new")), std::nullopt);
  EXPECT_EQ(problem_with_directory(in_folder(dir.path())), std::nullopt);
  EXPECT_EQ(problem_with_directory(in_folder(dir / "far/new")),
            (dir / "far/new").string() + ": there is no such folder");
}

TEST(CacheDirectory, MustBeThereWhereItIsAllThereIs) {
  const TempDir dir;
  EXPECT_EQ(problem_with_directory(in_folder(dir / "new", false)),
            (dir / "new").string() + ": there is no such folder");
  EXPECT_EQ(problem_with_directory(in_folder(dir.path(), false)), std::nullopt);
  write_file(dir / "file", "");
  EXPECT_EQ(problem_with_directory(in_folder(dir / "file", false)), (dir / "file").string() + ": is not a folder");
}

TEST(CacheDirectory, MustBeReadableAndOfACacheWritable) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  const TempDir dir;
  fs::permissions(dir.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(problem_with_directory(in_folder(dir.path(), false)), std::nullopt);
  EXPECT_THAT(problem_with_directory(in_folder(dir.path())).value_or(""), HasSubstr("may not write"));
  fs::permissions(dir.path(), fs::perms::owner_write);
  EXPECT_THAT(problem_with_directory(in_folder(dir.path())).value_or(""), HasSubstr("may not read"));
  EXPECT_THAT(problem_with_directory(in_folder(dir / "a")).value_or(""), HasSubstr("Permission denied"));
  fs::permissions(dir.path(), fs::perms::owner_all);
}

}  // namespace
}  // namespace hardline::store
