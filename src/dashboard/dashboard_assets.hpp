// The files of the dashboard, which are part of the program.
#pragma once

#include <string>
#include <string_view>

namespace hardline::dashboard {

struct Asset {
  std::string_view path;          ///< "/dashboard.css"
  std::string_view content_type;  ///< with its charset
  std::string body;
  std::string version;  ///< of the body, so that a browser may keep it for good: `?v=VERSION`

  std::string url() const { return std::string(path) + "?v=" + version; }
};

const Asset& dashboard_style();
/// With the texts that it needs before it, as `TEXTS`.
const Asset& dashboard_script();
const Asset& dashboard_icon();

/// Null for a path that is none of theirs.
const Asset* find_asset(std::string_view path);

}  // namespace hardline::dashboard
