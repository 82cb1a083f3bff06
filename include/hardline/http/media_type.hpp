// What kind of thing a file is, by its name (IANA media types).
#pragma once

#include <string_view>

namespace hardline::http {

/// `text/html; charset=utf-8` of `index.html`, `video/mp4` of `a.MP4`; text is taken for UTF-8. What is not known is
/// application/octet-stream.
std::string_view media_type_of(std::string_view file_name);

}  // namespace hardline::http
