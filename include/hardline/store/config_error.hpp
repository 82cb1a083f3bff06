// What is wrong with a file that a person wrote, in words that let them mend it.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace hardline::store {

/// Thrown at start-up and collected by reloads. what() reads `FILE:LINE: KEY: PROBLEM`, LINE and KEY where there are.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(std::filesystem::path file, int line, std::string key, std::string problem);

  const std::filesystem::path& file() const { return file_; }
  int line() const { return line_; }                       ///< from 1; 0 where no line is at fault
  const std::string& key() const { return key_; }          ///< empty where no key is at fault
  const std::string& problem() const { return problem_; }  ///< says what would be right

 private:
  std::filesystem::path file_;
  int line_;
  std::string key_;
  std::string problem_;
};

}  // namespace hardline::store
