// Where the project's own files are. The one thing that is compiled into the tests of this folder's path: all else is
// the same in every clone, so that ccache finds it.
#pragma once

#include <filesystem>

namespace hardline::support {

std::filesystem::path source_dir();

}  // namespace hardline::support
