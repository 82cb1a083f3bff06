// The flags of the command line that stand for keys of the configuration file (docs/configuration.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hardline/daemon/settings.hpp"

namespace hardline::cli {

/// A flag takes the same values as its key.
struct Flag {
  std::string_view section;
  std::string_view key;
  std::string name;
  std::string type_name;  ///< empty: it takes no value, and means `no`
  std::string text;
  bool list = false;  ///< may be repeated; together they are the list
  std::string group = "Options";
};

/// In the order of --help, which shows the defaults.
std::vector<Flag> make_flags(const daemon::Settings& defaults);

}  // namespace hardline::cli
