#include "support/source_dir.hpp"

namespace hardline::support {

std::filesystem::path source_dir() {
  return HARDLINE_SOURCE_DIR;
}

}  // namespace hardline::support
