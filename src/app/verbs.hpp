// The verbs that do one thing and end. Each returns the process's exit status: 0 for done, 1 for a problem it printed.
#pragma once

#include "command_line.hpp"

namespace hardline::app {

int generate_key(const std::filesystem::path& certfile);
int print_hash(const std::filesystem::path& certfile);
int list_services(const Settings& settings);
int check_files(const Settings& settings);

}  // namespace hardline::app
