#include "hardline/tunnel/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"

namespace hardline::tunnel {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Attempt attempt(std::error_code error, const char* address = "192.0.2.7") {
  const find::Candidate candidate{{asio::ip::make_address(address), 7008}, find::Source::lan};
  return {candidate, error, std::chrono::milliseconds(12)};
}

std::string of_refusal(std::string_view code, std::string text = "its words") {
  return describe(OpenFailure(Refused{{std::string(code), std::move(text)}}));
}

TEST(Describe, NamesWhereAnAttemptWent) {
  EXPECT_EQ(describe(attempt(Errc::timed_out)), "192.0.2.7:7008 (the local network): no answer, after 12 ms");
  EXPECT_THAT(describe(attempt(Errc::timed_out, "2001:db8::1")), HasSubstr("[2001:db8::1]:7008"));
}

TEST(Describe, SaysHowEachSourceWasAskedInVain) {
  std::vector<find::SourceReport> sources(3);
  sources[0].source = find::Source::this_machine;
  sources[1].source = find::Source::lan;
  sources[2].source = find::Source::dht;
  sources[2].error = Errc::timed_out;
  EXPECT_THAT(describe(OpenFailure(DialFailure{{}, sources})),
              EndsWith("(the local network: nobody answered; the DHT: no answer in time)"));
  EXPECT_THAT(describe(OpenFailure(DialFailure{})), HasSubstr("not found"));
}

TEST(Describe, TellsOfAnImpostorFirst) {
  const auto text = describe(
      OpenFailure(DialFailure{{attempt(Errc::timed_out), attempt(Errc::certificate_mismatch, "192.0.2.8")}, {}}));
  EXPECT_THAT(text, AllOf(HasSubstr("192.0.2.8"), HasSubstr("something else"), HasSubstr("1 more")));
}

TEST(Describe, SaysWhatTheServiceRefused) {
  EXPECT_THAT(of_refusal(wire::kOobPassword), HasSubstr("password"));
  EXPECT_THAT(of_refusal(wire::kOobOriginUnreachable), AllOf(HasSubstr("down"), HasSubstr("its words")));
  EXPECT_THAT(of_refusal(wire::kOobBusy), AllOf(HasSubstr("busy"), HasSubstr("its words")));
  EXPECT_THAT(of_refusal("newer"), AllOf(HasSubstr("newer"), HasSubstr("its words")));
}

TEST(Describe, IsOneLineWhateverAStrangerSays) {
  for (const auto code : {std::string_view("newer\n\x1b[2J"), wire::kOobBusy, wire::kOobOriginUnreachable})
    EXPECT_THAT(of_refusal(code, "a\nb\x1b[31m"), AllOf(Not(HasSubstr("\n")), Not(HasSubstr("\x1b")))) << code;
}

TEST(Describe, TellsSilenceFromAnEnd) {
  EXPECT_THAT(describe(OpenFailure(BrokenOff{Errc::timed_out})), HasSubstr("said nothing"));
  EXPECT_THAT(describe(OpenFailure(BrokenOff{Errc::peer_closed})), HasSubstr("closed"));
}

}  // namespace
}  // namespace hardline::tunnel
