// What the verbs that speak with the daemon have in common: a question, its answer as JSON, and what went wrong.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "hardline/daemon/settings.hpp"
#include "hardline/web/http_client.hpp"

namespace hardline::cli {

using Json = nlohmann::ordered_json;

/// For answers that the daemon has at hand.
inline constexpr auto kAnswerLimit = std::chrono::seconds(10);
/// On top of a search's own limit, for those that wait for one.
inline constexpr auto kSearchMargin = std::chrono::seconds(15);

/// The daemon will not or cannot; what() is its sentence.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A word of the command line is not what the verb takes; what() says which, and what would be right.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws what `answer`, an error, says.
[[noreturn]] void throw_refusal(const web::HttpAnswer& answer);

/// The body of a good answer. These throw NoDaemon, Refused, and Json::exception for an answer that is no JSON.
std::string ask_for_text(const daemon::Settings& settings, const web::HttpRequest& request,
                         std::chrono::seconds limit = kAnswerLimit);
Json ask(const daemon::Settings& settings, const web::HttpRequest& request, std::chrono::seconds limit = kAnswerLimit);
Json ask(const daemon::Settings& settings, const std::string& target, std::chrono::seconds limit = kAnswerLimit);

/// A request with a body of JSON.
web::HttpRequest make_request(std::string_view method, std::string target, const Json& body);

/// On standard output, for programs and for people who look at it: a terminal gets no character that it would obey.
void print_json(const Json& content);

/// The one line of text that stands at `key`, as a terminal may see it; empty for null and where there is none.
std::string text_at(const Json& object, std::string_view key);

}  // namespace hardline::cli
