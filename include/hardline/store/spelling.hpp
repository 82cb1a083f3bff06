// Guesses what a person meant to write.
#pragma once

#include <span>
#include <string_view>

namespace hardline::store {

/// The one of `words` that is a slip or two away from `text`, whatever their case; empty where none is.
std::string_view closest(std::string_view text, std::span<const std::string_view> words);

}  // namespace hardline::store
