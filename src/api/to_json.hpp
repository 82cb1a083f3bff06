// Everything the API says, as JSON. Each field is documented in docs/api.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "hardline/api/listening_servers.hpp"
#include "hardline/api/publishing.hpp"
#include "hardline/api/status.hpp"
#include "hardline/lan/lan_listing.hpp"
#include "hardline/store/names_file.hpp"
#include "hardline/store/visit_log.hpp"
#include "hardline/tunnel/dialer.hpp"

namespace hardline::api {

nlohmann::ordered_json to_json(const DaemonStatus& status);

/// `now` is what candidates' ages count back from.
nlohmann::ordered_json to_json(const KeyHash& key, const tunnel::Examination& examination,
                               std::chrono::system_clock::time_point now);

/// `pinned_as` is null where it has no petname; links name `local_port`.
nlohmann::ordered_json to_json(const lan::Neighbour& neighbour, std::uint16_t local_port, const Petname* pinned_as,
                               bool published_here);

/// `visit` is null where nobody has tried to open it.
nlohmann::ordered_json to_json(const store::Pin& pin, std::uint16_t local_port, const store::Visit* visit,
                               std::chrono::system_clock::time_point now);

nlohmann::ordered_json to_json(const OwnService& service, std::uint16_t local_port);

nlohmann::ordered_json to_json(const WebServer& server);

}  // namespace hardline::api
