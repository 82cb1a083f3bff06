// What the daemon's states are called: a word for programs, which the API has, and a sentence for people, which
// `hardlined status` and the dashboard say. Who has only the API's answer gives its words to the sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hardline/dht/dht_node.hpp"
#include "hardline/reach/port_mapper.hpp"

namespace hardline::api {

std::string_view name_of(reach::PortMapperStatus::State state);
std::string_view name_of(dht::DhtNodeStatus::State state);

/// How the router stands. All that is text comes from it, or is empty.
struct RouterState {
  bool enabled = true;         ///< port mapping is on
  bool any_published = true;   ///< somebody may want to come in
  std::string_view state;      ///< as name_of() has it
  std::string_view name = {};  ///< of the router
  std::uint16_t port = 0;      ///< that it forwards; 0: none
  std::string_view way = {};   ///< the protocol by which it was asked
  std::string_view problem = {};
};

/// "FRITZ!Box forwards port 7008 to this computer (PCP)"
std::string sentence_of(const RouterState& router);

/// "Connected to 12 nodes". A `state` that is not known here, a later version's, is told as it is.
std::string sentence_of_node(std::string_view state, std::uint64_t good_nodes, std::string_view problem = "");

/// "Announced in the DHT 3 minutes ago". `when` is empty for what was never announced. Neither text is looked into:
/// both may be HTML.
std::string sentence_of_announcement(std::string_view when, std::string_view problem);

/// Who was asked in a search, and said nothing.
inline constexpr std::string_view kNotAsked = "Not asked: not needed";
inline constexpr std::string_view kNoAnswerYet = "No answer yet";

}  // namespace hardline::api
