// A page's title is one short line of plain text, whatever page it is of, and what is escaped is decoded to itself.
#include <string>

#include "fuzz.hpp"
#include "hardline/base/html.hpp"
#include "hardline/base/page_title.hpp"
#include "hardline/base/text.hpp"

namespace {

using namespace hardline;
using fuzz::require;

void check_references(std::string_view text) {
  require(decode_html(escape_html(text)) == text, "what was escaped is decoded to itself");
  require(decode_html(text).size() <= text.size(), "a character is shorter than the reference to it");
  if (text.find('&') == std::string_view::npos) require(decode_html(text) == text, "text without references stays");
}

void check_page(std::string_view page) {
  const auto title = title_of_page(page);
  require(title.size() <= kMaxPageTitle, "a title is no longer than a line has room for");
  require(clean_text(title, kMaxPageTitle) == title, "a title is clean text");
  require(title.find("  ") == std::string::npos, "a title has single spaces");
  require(title.empty() || page.size() > title.size(), "a title comes from a page");
  const auto whole = std::string(page) + "<p>more</p><title>another</title>";
  require(title.empty() || title_of_page(whole) == title, "what stands behind the first title changes nothing");
}

/// The text as a page has it for title.
void check_title(std::string_view text) {
  std::string spaced;
  for (const char c : clean_text(text, kMaxPageTitle))
    if (c != ' ' || !spaced.ends_with(' ')) spaced += c;
  require(title_of_page("<head><Title lang=en>\n" + escape_html(spaced) + " </TITLE >") == spaced,
          "a clean title is what the page calls itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  check_references(text);
  check_page(text);
  check_title(text);
  return 0;
}
