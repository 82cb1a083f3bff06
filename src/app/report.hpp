// The API's answers in words, for a terminal (docs/api.md has the fields).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace hardline::app {

/// Both throw nlohmann::json::exception where the answer lacks what it should hold, as another version's may.
std::string report_status(const nlohmann::ordered_json& status);
std::string report_examination(const nlohmann::ordered_json& examination);

}  // namespace hardline::app
