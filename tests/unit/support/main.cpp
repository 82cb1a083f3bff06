// The main() of every unit test executable: GoogleTest's own, and `--file=NAME` as CTest uses it, which runs the tests
// of one source file and no others (tests/CMakeLists.txt).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kFile = "--file=";
constexpr int kUsage = 2;
constexpr int kSkipped = 77;  // as CTest is told (SKIP_RETURN_CODE)

/// GoogleTest's filter for the tests that stand in `file`, a name without its folder; empty if there are none.
std::string filter_of(std::string_view file) {
  std::string filter;
  const auto& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const auto& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const auto& test = *suite.GetTestInfo(j);
      if (std::filesystem::path(test.file()).filename() == file)
        filter += fmt::format("{}{}.{}", filter.empty() ? "" : ":", suite.name(), test.name());
    }
  }
  return filter;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (!argument.starts_with(kFile)) {
      fmt::print(stderr, "{}: what is {}?\n", argv[0], argument);
      return kUsage;
    }
    const auto file = argument.substr(kFile.size());
    const auto filter = filter_of(file);
    if (filter.empty()) {
      fmt::print(stderr, "{}: no test stands in {}\n", argv[0], file);
      return kUsage;
    }
    GTEST_FLAG_SET(filter, filter);
  }
  const int result = RUN_ALL_TESTS();
  const auto& all = *testing::UnitTest::GetInstance();
  return result == 0 && all.successful_test_count() == 0 && all.skipped_test_count() > 0 ? kSkipped : result;
}
