// Answers in JSON, of which errors are always one shape (docs/api.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "hardline/web/messages.hpp"

namespace hardline::web {

/// One line. Titles and error texts come from files and strangers: what is no UTF-8 in them is replaced.
std::string to_line(const nlohmann::ordered_json& json);

Response json_response(int status, const nlohmann::ordered_json& body);

/// {"error": {"code": …, "text": …}}: a word for programs, a sentence for people.
nlohmann::ordered_json error_to_json(std::string_view code, std::string_view text);
Response error_response(int status, std::string_view code, std::string_view text);

}  // namespace hardline::web
