// The smallest pieces of the dashboard's HTML: what strangers wrote, and times. What is called `html` is put in as
// it is, all else is escaped.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace hardline::dashboard {

using SystemTime = std::chrono::system_clock::time_point;

/// Text of strangers, of the system, or of a person: in one line that does not turn what stands beside it around. All
/// of it: what is too long for a card, CSS cuts.
std::string safe(std::string_view text);

/// The same in text that may run in the other direction.
std::string isolated(std::string_view text);

/// What only a screen reader says: which of the many "Open" this is.
std::string hidden(std::string_view text);

/// With a space before it.
std::string attribute(std::string_view name, std::string_view value);

/// A line in small print.
std::string meta(std::string_view html);

/// `tone`: "ok", "warn", "bad", or nothing. The words say the same as the colour.
std::string state(std::string_view tone, std::string_view html);

/// As hardline::ago(); "just now" within the first minute, so that a page that nobody touches does not change all the
/// time.
std::string coarse_age(std::chrono::seconds age);

/// Of a neighbour. Who answers each search was heard 5 s ago at most: that is now.
std::string heard_ago(std::chrono::milliseconds age);

/// As coarse_age(), and for machines.
std::string time_element(SystemTime then, SystemTime now);

}  // namespace hardline::dashboard
