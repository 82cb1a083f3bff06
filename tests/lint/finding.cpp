// Not part of the program: what lint.clang_tidy_can_fail shows to clang-tidy, which must complain.
#include <string>

int length_of(std::string text_by_value) {
  return text_by_value.size() > 3 ? 1 : 0;
}
