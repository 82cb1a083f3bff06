// Starts this person's web browser.
#pragma once

#include <string>

namespace hardline::cli {

enum class BrowserEnd {
  opened,
  none,    ///< there is none to start
  failed,  ///< it said so
};

/// By `$BROWSER`, a list of commands between colons, in each of which `%s` stands for the address (else it is added);
/// without that by xdg-open(1), where there is a graphical session. Waits for the command's end, as a browser in a
/// terminal needs the terminal.
BrowserEnd open_in_browser(const std::string& url);

}  // namespace hardline::cli
