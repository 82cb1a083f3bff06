#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hardline/store/identity.hpp"
#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;

TEST(TestCertificates, AreAllOfTheFolder) {
  int found = 0;
  for (const auto& entry : fs::directory_iterator(source_dir() / "certs-test")) {
    if (entry.path().extension() != ".cert") continue;
    const auto identity = load_identity(entry.path());
    EXPECT_TRUE(is_test_certificate(identity.name.key)) << entry.path();
    EXPECT_TRUE(identity.name.password) << entry.path();
    ++found;
  }
  EXPECT_EQ(found, 4) << "kTestCertificates holds as many as the folder";
}

TEST(TestCertificates, AreNoOthers) {
  const TempDir dir;
  EXPECT_FALSE(is_test_certificate(create_identity(dir / "a.cert").name.key));
}

TEST(TestCertificates, HaveTheHashesOfTheVectors) {
  const auto vectors = nlohmann::json::parse(file_content(source_dir() / "tests/data/vectors.json"));
  ASSERT_FALSE(vectors["certificates"].empty());
  for (const auto& vector : vectors["certificates"]) {
    const auto certfile = source_dir() / "certs-test" / vector["file"].get<std::string>();
    EXPECT_EQ(hash_of_certificate_file(certfile).hex(), vector["keyhash"]) << certfile;
  }
}

}  // namespace
}  // namespace hardline::store
