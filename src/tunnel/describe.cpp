#include "hardline/tunnel/describe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hardline/base/errc.hpp"
#include "hardline/base/text.hpp"
#include "hardline/base/words.hpp"

namespace hardline::tunnel {
namespace {

/// A stranger's words in a line: more is no longer read.
constexpr std::size_t kMaxWords = 200;

std::string count_of_others(std::size_t others) {
  if (others == 0) return {};
  return fmt::format(" (and {} more)", others);
}

std::string describe_search(const DialFailure& failure) {
  std::string text = "the service was not found: no source knows where it is";
  std::string how;
  for (const auto& report : failure.sources) {
    if (report.source == find::Source::this_machine) continue;
    if (!how.empty()) how += "; ";
    how += describe(report);
  }
  return how.empty() ? text : text + " (" + how + ")";
}

std::string describe_dial(const DialFailure& failure) {
  const auto& attempts = failure.attempts;
  if (attempts.empty()) return describe_search(failure);
  const auto impostor = std::find_if(attempts.begin(), attempts.end(),
                                     [](const Attempt& a) { return a.error == Errc::certificate_mismatch; });
  const auto& telling = impostor == attempts.end() ? attempts.front() : *impostor;
  return "the service cannot be reached: " + describe(telling) + count_of_others(attempts.size() - 1);
}

std::string describe_refusal(const wire::OobError& error) {
  const auto words = clean_text(error.text, kMaxWords);
  if (error.code == wire::kOobPassword) return "the password in the service's name is wrong";
  if (error.code == wire::kOobOriginUnreachable)
    return "the service is down: the program behind it does not answer" + (words.empty() ? "" : " (" + words + ")");
  if (error.code == wire::kOobBusy) return "the service is busy" + (words.empty() ? "" : ": " + words);
  return fmt::format("the service refused: {}: {}", clean_text(error.code, kMaxWords), words);
}

std::string describe_break(std::error_code error) {
  if (error == Errc::timed_out) return "the service's computer was reached, but then said nothing";
  return "the service's computer was reached, but then closed the connection: " + error.message();
}

}  // namespace

std::string describe(const Attempt& attempt) {
  std::string how = attempt.error.message();
  if (attempt.error == Errc::certificate_mismatch)
    how = "something else is there (its certificate is not this service's)";
  if (attempt.error == Errc::timed_out) how = "no answer";
  const HostPort where{attempt.candidate.endpoint.address().to_string(), attempt.candidate.endpoint.port()};
  return fmt::format("{} ({}): {}, after {} ms", where.to_string(), find::describe(attempt.candidate.source), how,
                     attempt.took.count());
}

std::string describe(const find::SourceReport& report) {
  using find::Source;
  auto who = std::string(find::describe(report.source));
  if (report.source == Source::remembered) who = "remembered addresses";
  if (!report.by.empty()) who += " " + report.by;
  const bool in_the_dht = report.source == Source::dht || report.source == Source::dht_proxy;
  std::string how = "none known";
  if (report.source == Source::lan) how = "nobody answered";
  if (in_the_dht) how = "the service is not announced there";
  if (report.error == Errc::timed_out)
    how = "no answer in time";
  else if (report.error)
    how = "could not be asked: " + report.error.message();
  else if (report.unusable > 0)
    how = count_of(report.unusable, "address", "addresses") + " that cannot be used from here";
  return who + ": " + how;
}

std::string describe(const OpenFailure& failure) {
  if (const auto* dial = std::get_if<DialFailure>(&failure)) return describe_dial(*dial);
  if (const auto* refused = std::get_if<Refused>(&failure)) return describe_refusal(refused->error);
  return describe_break(std::get<BrokenOff>(failure).error);
}

}  // namespace hardline::tunnel
