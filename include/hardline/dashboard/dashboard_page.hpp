// The dashboard as one page of HTML: its sections, the frame around them, and the dialogs.
#pragma once

#include <string>

#include "hardline/dashboard/dashboard_sections.hpp"

namespace hardline::dashboard {

/// What the page needs to know of the daemon that made it.
struct PageKeys {
  std::string token;  ///< for changes
  std::string start;  ///< another one after a restart
};

/// A pure function.
std::string page_html(const DashboardModel& model, const PageKeys& keys);

}  // namespace hardline::dashboard
