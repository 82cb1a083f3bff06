// A line that is understood can be said again, as one line, whatever it holds.
#include "fuzz.hpp"
#include "hardline/wire/oob.hpp"

namespace {

using namespace hardline::wire;
using hardline::fuzz::require;

bool same(const OobLine& a, const OobLine& b) {
  if (a.error.has_value() != b.error.has_value()) return false;
  if (a.error && (a.error->code != b.error->code || a.error->text != b.error->text)) return false;
  return a.password == b.password && a.wan_hosts == b.wan_hosts;
}

/// Says `line` and reads it back; nullopt where it became too long to be read.
std::optional<OobLine> said_and_read(const OobLine& line) {
  const auto text = format_oob(line);
  require(text.find('\n') == text.size() - 1, "a line is one line");
  const auto read = parse_oob(std::string_view(text).substr(0, text.size() - 1));
  require(read.has_value() == (text.size() <= kMaxOobLine), "what is said can be read unless it is too long");
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = hardline::fuzz::as_text(data, size);
  if (const auto line = parse_oob(input)) {
    require(size < kMaxOobLine, "a line is bounded");
    require(input.find('{') != std::string_view::npos && input.find('\0') == std::string_view::npos, "a line is JSON");
    if (line->error) require(line->error->text.size() <= 200 && line->error->code.size() <= 40, "errors are short");
    const auto again = said_and_read(*line);
    if (again) require(same(*line, *again), "a line keeps what it says");
  }

  // The same octets as texts of our own; they need not be UTF-8, but once said they are.
  const std::string text(input);
  if (const auto said = said_and_read({.password = text, .wan_hosts = text, .error = OobError{text, text}})) {
    const auto again = said_and_read(*said);
    if (again) require(same(*said, *again), "a line keeps what it says");
  }
  return 0;
}
