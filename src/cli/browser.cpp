#include "browser.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace hardline::cli {
namespace {

using Words = std::vector<std::string>;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

std::string with_url(std::string word, const std::string& url, bool& placed) {
  for (auto at = word.find("%s"); at != std::string::npos; at = word.find("%s", at + url.size())) {
    word.replace(at, 2, url);
    placed = true;
  }
  return word;
}

/// No shell reads it: the address is one word, whatever is in it.
Words make_command(const std::string& text, const std::string& url) {
  Words words;
  bool placed = false;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(with_url(std::move(word), url, placed));
  if (!words.empty() && !placed) words.push_back(url);
  return words;
}

std::vector<Words> commands_for(const std::string& url) {
  std::vector<Words> commands;
  if (is_set("BROWSER")) {
    std::istringstream list(std::getenv("BROWSER"));
    for (std::string command; std::getline(list, command, ':');)
      if (auto words = make_command(command, url); !words.empty()) commands.push_back(std::move(words));
  } else if (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) {
    commands.push_back({"xdg-open", url});
  }
  return commands;
}

BrowserEnd start(const Words& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawnp(&child, arguments.front(), nullptr, nullptr, arguments.data(), environ) != 0)
    return BrowserEnd::none;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return BrowserEnd::failed;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? BrowserEnd::opened : BrowserEnd::failed;
}

}  // namespace

BrowserEnd open_in_browser(const std::string& url) {
  auto end = BrowserEnd::none;
  for (const auto& command : commands_for(url)) {
    const auto went = start(command);
    if (went == BrowserEnd::opened) return went;
    if (went == BrowserEnd::failed) end = went;
  }
  return end;
}

}  // namespace hardline::cli
