// LAN discovery's datagrams (docs/protocol.md, "LAN discovery"): what is said to 239.192.152.143 port 6771.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "hardline/base/service_name.hpp"

namespace hardline::wire {

inline constexpr std::string_view kLpdGroup = "239.192.152.143";
inline constexpr std::uint16_t kLpdPort = 6771;

/// Longest datagram read or sent, in octets; one that is longer is not ours.
inline constexpr std::size_t kMaxLpdDatagram = 1400;
/// Longest title, in octets of UTF-8; a longer one is cut between characters.
inline constexpr std::size_t kMaxLpdTitle = 200;
/// Longest cookie, in octets; a longer one is cut. A UUID has 36.
inline constexpr std::size_t kMaxLpdCookie = 64;

/// "Who is there?", or "who has this code?".
struct LpdSearch {
  /// Empty asks everybody. Else a rolling code in lower-case hex, or, from very old peers, a plain KEYHASH.
  std::optional<Hash160Bytes> code;
  std::string cookie;  ///< the sender's, chosen at its start; a peer ignores its own
};

/// "This service is at this port of the address I send from."
struct LpdAnnouncement {
  ServiceName name;
  std::uint16_t port = 0;
  std::string cookie;
  std::string title;  ///< hostile text: UTF-8 without control characters, but no more than that
};

using LpdMessage = std::variant<LpdSearch, LpdAnnouncement>;

/// Accepts what old peers accept (headers in any order and case, LF for CRLF, one blank line at the end or none);
/// nullopt for anything else, other protocols on this port included.
std::optional<LpdMessage> parse_lpd(std::string_view datagram);

/// Byte for byte as old peers send it. A title is cleaned of control characters, and of the topic words by which
/// old peers tell messages apart.
std::string format_lpd(const LpdSearch& search);
std::string format_lpd(const LpdAnnouncement& announcement);

}  // namespace hardline::wire
