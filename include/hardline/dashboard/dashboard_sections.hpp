// The parts of the dashboard that change, as HTML: pure functions of what is to be seen on it. Most of that is hostile
// text.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hardline/api/publishing.hpp"
#include "hardline/api/status.hpp"
#include "hardline/lan/lan_listing.hpp"
#include "hardline/store/names_file.hpp"
#include "hardline/store/visit_log.hpp"

namespace hardline::dashboard {

struct PinnedService {
  store::Pin pin;
  std::optional<store::Visit> visit;
};

/// All that the page shows.
struct DashboardModel {
  bool read_only = false;    ///< nothing on it changes anything
  api::DaemonStatus status;  ///< its `now` is what ages count back from, its `local_port` where links lead to
  std::vector<lan::Neighbour> neighbours;
  std::vector<PinnedService> pins;
  std::vector<api::OwnService> services;
};

/// Each is sent as one piece.
enum class Section { lan, yours, published, computer };
inline constexpr std::array kSections = {Section::lan, Section::yours, Section::published, Section::computer};

/// As it is called in the page and in /events: "lan".
std::string_view name_of(Section section);

/// What is inside of a section, below its heading. It stays the same, to the octet, while nothing changes that a person
/// would notice: ages are told coarsely.
std::string section_html(const DashboardModel& model, Section section);

}  // namespace hardline::dashboard
