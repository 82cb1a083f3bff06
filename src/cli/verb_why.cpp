// why: has the running daemon look for a service, and says what became of it.
#include <fmt/format.h>

#include <algorithm>

#include "ask.hpp"
#include "hardline/api/words.hpp"
#include "hardline/base/percent.hpp"
#include "hardline/base/words.hpp"
#include "meant.hpp"
#include "report.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace hardline::cli {
namespace {

std::string describe_source(const Json& source) {
  const auto by = text_of(source.at("by"));
  return by.empty() ? text_of(source.at("source_text")) : fmt::format("{}, {}", text_of(source.at("source_text")), by);
}

std::string describe_answer(const Json& source) {
  const auto state = text_of(source.at("state"));
  const auto candidates = source.at("candidates").get<std::uint64_t>();
  const auto unusable = source.at("unusable").get<std::uint64_t>();
  std::string text;
  if (candidates > 0) text = count_of(candidates, "address", "addresses");
  if (unusable > 0)
    text += (text.empty() ? "" : ", and ") + count_of(unusable, "address", "addresses") + " that cannot be used";
  if (const auto& error = source.at("error"); !error.is_null())
    return text.empty() ? text_of(error.at("text")) : text + "; then " + text_of(error.at("text"));
  if (!text.empty()) return text;
  if (state == "waiting") return std::string(api::kNotAsked);
  return state == "asked" ? std::string(api::kNoAnswerYet) : "Does not know it";
}

std::string describe_end(const Json& attempt) {
  if (attempt.at("won").get<bool>()) return "reached";
  const auto& error = attempt.at("error");
  if (error.is_null()) return "reached too, but another was faster";
  const auto& code = error.at("code");
  if (code == "cancelled") return "given up: another was faster";
  if (code == "timed_out") return "no answer";
  if (code == "certificate_mismatch") return "something else is there (a different certificate)";
  return text_of(error.at("text"));
}

std::string describe_age(const Json& attempt) {
  const auto& age = attempt.at("known_for_seconds");
  return age.is_null() ? "just now" : "known for " + span_of(age.get<std::int64_t>());
}

bool any_ended_with(const Json& attempts, std::string_view code) {
  return std::any_of(attempts.begin(), attempts.end(), [code](const Json& attempt) {
    return !attempt.at("error").is_null() && attempt.at("error").at("code") == code;
  });
}

std::string advice_on(const Json& examination) {
  const auto& attempts = examination.at("attempts");
  if (attempts.empty())
    return "No source knows where it is. Check that the computer with the service is on, that hardlined is running\n"
           "there, and what `hardlined status` says there; and check the name for a mistyped character.\n";
  if (any_ended_with(attempts, "certificate_mismatch"))
    return "Another computer answered in its place, and could not prove to be the service. If the service's computer\n"
           "was reinstalled, the service has a new name: ask its owner.\n";
  return "Addresses for it are known, but none could be connected to. Check that its computer is on, what\n"
         "`hardlined status` says there, and the firewalls on both sides.\n";
}

std::string report(const Json& examination, const Terminal& terminal) {
  const auto& attempts = examination.at("attempts");
  const bool reached = examination.at("reached").get<bool>();
  const auto how = terminal.paint(reached ? Tone::good : Tone::bad, reached ? "was reached" : "was not reached");
  std::string text = fmt::format("Service {} {}, in {}.\n", brief(examination.at("key_hash")), how,
                                 took(std::chrono::milliseconds(examination.at("took_ms").get<std::int64_t>())));
  Table sources;
  for (const auto& source : examination.at("sources")) sources.add({describe_source(source), describe_answer(source)});
  text += headed(terminal, "Who was asked", sources);
  Table tried;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const auto& attempt = attempts[i];
    if (i >= kMostRows && !attempt.at("won").get<bool>()) {
      ++left_out;
      continue;
    }
    tried.add({text_of(attempt.at("address")),
               describe_source(attempt),
               describe_age(attempt),
               "at " + took(std::chrono::milliseconds(attempt.at("began_ms").get<std::int64_t>())),
               "took " + took(std::chrono::milliseconds(attempt.at("took_ms").get<std::int64_t>())),
               {describe_end(attempt), attempt.at("won").get<bool>() ? Tone::good : Tone::plain}});
  }
  if (left_out > 0) tried.add({fmt::format("and {} more, which --json shows", left_out)});
  text += headed(terminal, "What was tried", tried);
  if (!reached) text += "\n" + advice_on(examination);
  return text;
}

}  // namespace

int run(const daemon::Settings& settings, const ExplainWhy& verb) {
  // Not the whole name: the password is no business of a search.
  const auto name = percent_encode(public_name_of(parse_meant_service(verb.service)));
  const auto examination = ask(settings, "/api/why?name=" + name, settings.search_timeout + kSearchMargin);
  const bool reached = examination.at("reached").get<bool>();
  if (verb.json)
    print_json(examination);
  else
    fmt::print("{}", report(examination, standard_output()));
  return reached ? kDone : kProblem;
}

}  // namespace hardline::cli
