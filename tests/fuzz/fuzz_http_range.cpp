// Every part lies in the file, and all of them together are no more than it. The input is the file's size, in eight
// octets, and the header.
#include <cstring>

#include "fuzz.hpp"
#include "hardline/http/range.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hardline::http;
  using hardline::fuzz::require;
  std::uint64_t file_size = 0;
  if (size < sizeof file_size) return 0;
  std::memcpy(&file_size, data, sizeof file_size);
  const auto value = hardline::fuzz::as_text(data + sizeof file_size, size - sizeof file_size);

  const auto request = parse_range(value, file_size);
  require((request.kind == RangeRequest::Kind::parts) == !request.parts.empty(), "parts are parts");
  require(request.parts.size() <= kMaxRanges, "there are few parts");
  std::uint64_t left = file_size;
  for (const auto& part : request.parts) {
    require(part.length >= 1 && part.first < file_size && part.length <= file_size - part.first,
            "a part is in the file");
    require(part.length <= left, "all parts are no more than the file");
    left -= part.length;
  }
  return 0;
}
