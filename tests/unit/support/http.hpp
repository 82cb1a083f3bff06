// An HTTP response, taken apart as far as tests look into it.
#pragma once

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace hardline::support {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::string body;

  /// Throws where `text` is no HTTP/1.1 response.
  static HttpResponse parse(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos)
      throw std::runtime_error("no HTTP response: \"" + text.substr(0, 100) + '"');
    HttpResponse response;
    response.status = std::stoi(text.substr(9, 3));
    response.body = text.substr(end + 4);
    std::istringstream lines(text.substr(0, end + 2));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      const auto colon = line.find(": ");
      if (colon == std::string::npos || !line.ends_with('\r')) throw std::runtime_error("no HTTP field: " + line);
      response.fields.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2, line.size() - colon - 3));
    }
    return response;
  }

  /// The value of the one field of this name, empty where there is none.
  std::string field(const std::string& name) const {
    std::string value;
    for (const auto& [key, text] : fields)
      if (key == lower(name)) value += text;
    return value;
  }

 private:
  static std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  }
};

}  // namespace hardline::support
