// Everything the API says, as JSON. Each field is documented in docs/api.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "hardline/tunnel/dialer.hpp"
#include "hardline/web/status.hpp"

namespace hardline::web {

nlohmann::ordered_json to_json(const DaemonStatus& status);

/// `now` is what candidates' ages count back from.
nlohmann::ordered_json to_json(const KeyHash& key, const tunnel::Examination& examination,
                               std::chrono::system_clock::time_point now);

/// {"error": {"code": …, "text": …}}
nlohmann::ordered_json error_to_json(std::string_view code, std::string_view text);

}  // namespace hardline::web
