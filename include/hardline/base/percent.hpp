// Percent-encoding: how octets that mean something else, or that no URL may hold, stand in one (RFC 3986 section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hardline {

/// Letters, digits and `-._~`, which never need to be encoded (RFC 3986 section 2.3).
bool is_unreserved(char c);

/// `%2F` and the like at the end of `text`, with digits in upper case.
void append_encoded(std::string& text, char c);

/// Every octet encoded but the unreserved ones.
std::string percent_encode(std::string_view text);

/// An octet of an encoded text, and whether it stands there encoded.
struct PercentOctet {
  char value;
  bool encoded;
};

/// Takes the octet at the start of `rest`, which is not empty; nullopt at a `%` that encodes none.
std::optional<PercentOctet> take_octet(std::string_view& rest);

/// The encoding undone; nullopt where a `%` encodes nothing. `+` stays what it is.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace hardline
