#include "hardline/web/json_response.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hardline::web {
namespace {

TEST(JsonLine, HasNoOtherLineEnd) {
  EXPECT_EQ(to_line({{"text", "a\nb"}}), "{\"text\":\"a\\nb\"}\n");
}

TEST(JsonLine, IsUtf8) {
  EXPECT_EQ(to_line({{"text", "caf\xe9"}}), "{\"text\":\"caf\uFFFD\"}\n");
}

TEST(JsonResponse, TellsAnErrorToProgramsAndPeople) {
  const auto response = error_response(404, "not_found", "There is no \"such\" thing.");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error":{"code":"not_found","text":"There is no \"such\" thing."}})"
                           "\n");
}

}  // namespace
}  // namespace hardline::web
