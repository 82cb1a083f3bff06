// The protocol's computed test vectors (tests/data/vectors.json) and the certificates they were computed of.
#pragma once

#include <sodium.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/source_dir.hpp"

namespace hardline::vectors {

inline std::string read_file(const std::string& path_in_project) {
  std::ifstream file(support::source_dir() / path_in_project, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path_in_project);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline nlohmann::json load() {
  return nlohmann::json::parse(read_file("tests/data/vectors.json"));
}

/// The DER octets of the one certificate in a PEM file (RFC 7468).
inline std::vector<std::uint8_t> certificate_der(const std::string& file) {
  static const std::string kBegin = "-----BEGIN CERTIFICATE-----";
  const auto pem = read_file("certs-test/" + file);
  const auto begin = pem.find(kBegin) + kBegin.size();
  const auto end = pem.find("-----END CERTIFICATE-----");
  std::vector<std::uint8_t> der(pem.size());
  std::size_t length = 0;
  if (end == std::string::npos || sodium_base642bin(der.data(), der.size(), pem.data() + begin, end - begin, "\r\n",
                                                    &length, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    throw std::runtime_error("no certificate in " + file);
  der.resize(length);
  return der;
}

}  // namespace hardline::vectors
