// How the verbs say what stands in an answer of the API: spans of time, and what others have written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ask.hpp"

namespace hardline::cli {

/// Longest text of one cell, in octets, and of one that holds sentences of ours.
inline constexpr std::size_t kMaxText = 200;
inline constexpr std::size_t kMaxExplanation = 1000;

/// Titles and errors come from files and strangers, and a terminal obeys control characters. Empty for null.
std::string text_of(const Json& value, std::size_t most = kMaxText);

/// "one, two"
std::string joined(const Json& texts);

/// As those of base, of a number in an answer.
std::string ago(std::int64_t seconds);
std::string span_of(std::int64_t seconds);

/// Its first digits, which are enough to know it by.
std::string brief(const Json& key_hash);

}  // namespace hardline::cli
