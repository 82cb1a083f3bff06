// What I/O returns: a value or an error_code. Bad input is a result; exceptions are for start-up and bugs.
#pragma once

#include <system_error>
#include <tl/expected.hpp>

namespace hardline {

template <class T>
using Result = tl::expected<T, std::error_code>;

/// `return fail(Errc::timed_out);`
inline tl::unexpected<std::error_code> fail(std::error_code error) {
  return tl::unexpected(error);
}

}  // namespace hardline
