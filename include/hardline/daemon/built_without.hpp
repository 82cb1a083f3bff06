// What this build of the daemon cannot do, since a library was left out.
#pragma once

#include <string>
#include <vector>

namespace hardline::daemon {

/// Each library that was left out and what that means, for a person: `OpenDHT: the DHT is reached through proxies
/// alone`. Empty where none was.
std::vector<std::string> built_without();

}  // namespace hardline::daemon
