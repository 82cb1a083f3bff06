// Whatever a sidecar holds, what comes of it can be sent as headers, and is the same after it was written.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "hardline/wire/sidecar.hpp"

namespace {

using namespace hardline::wire;
using hardline::fuzz::require;

void check_fields(const hardline::http::HeaderFields& fields) {
  for (const auto& [name, value] : fields) {
    require(is_kept(name), "only what is worth keeping is kept");
    for (const char c : value)
      require(c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'), "a value is one line");
    require(hardline::http::find_field(fields, name) == value && hardline::http::join_fields(fields, name) == value,
            "a name has one field");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = hardline::fuzz::as_text(data, size);
  if (const auto sidecar = parse_sidecar(input)) {
    require(sidecar->status == 200 || sidecar->status == 301 || sidecar->status == 308, "a status is a kept one");
    check_fields(sidecar->fields);
    const auto text = format_sidecar(*sidecar);
    if (text.size() <= kMaxSidecar) {
      const auto again = parse_sidecar(text);
      require(again.has_value() && again->status == sidecar->status && again->target == sidecar->target,
              "what was written can be read");
      // Written with indentation and escapes, a sidecar that was just short enough may lose its longest fields.
      if (2 * size < kMaxSidecar) require(*again == *sidecar, "what was written reads the same");
    }
  }

  // The same octets as an origin's headers: lines of `name: value`.
  Sidecar said;
  std::string_view rest = input;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) said.fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  const auto text = format_sidecar(said);
  require(text.size() <= kMaxSidecar, "headers make no sidecar that cannot be read");
  const auto read = parse_sidecar(text);
  require(read.has_value() && read->status == 200 && read->target.empty(), "what headers say is said of them alone");
  check_fields(read->fields);
  require(parse_sidecar(format_sidecar(*read)) == read, "what was read is written the same");
  return 0;
}
