#include "old_peers.hpp"

#include "hardline/base/service_name.hpp"
#include "hardline/wire/hosts_list.hpp"
#include "hardline/wire/oob.hpp"
#include "sqlite.hpp"

namespace hardline::store {

std::vector<OldPeer> read_old_peers(const std::filesystem::path& database) {
  std::vector<OldPeer> peers;
  Database old(database.string(), SQLITE_OPEN_READONLY);
  // The old program stored the line that the service sent it, whatever that was.
  auto rows = old.query("SELECT serviceID, info FROM peers WHERE length(info) <= ?1",
                        static_cast<std::int64_t>(wire::kMaxOobLine));
  while (rows.next()) {
    const auto name = ServiceName::parse(rows.bytes(0));
    const auto line = wire::parse_oob(rows.bytes(1));
    if (!name || !line || !line->wan_hosts) continue;
    if (auto hosts = wire::parse_hosts_list(*line->wan_hosts); !hosts.empty())
      peers.push_back({name->key, std::move(hosts)});
  }
  return peers;
}

}  // namespace hardline::store
