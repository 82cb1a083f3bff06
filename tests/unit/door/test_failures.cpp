#include "door/failures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardline/base/errc.hpp"

namespace hardline::door {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tunnel::Attempt;
using tunnel::BrokenOff;
using tunnel::DialFailure;
using tunnel::Refused;

Attempt attempt(std::error_code error, const char* address = "192.0.2.7") {
  const find::Candidate candidate{{asio::ip::make_address(address), 7008}, find::Source::lan};
  return {candidate, error, std::chrono::milliseconds(12)};
}

Page of_attempts(std::vector<Attempt> attempts) {
  return open_failure_page(DialFailure{std::move(attempts)});
}

Page of_refusal(std::string_view code, std::string text = "its words") {
  return open_failure_page(Refused{{std::string(code), std::move(text)}});
}

Page of_break(std::error_code error) {
  return open_failure_page(BrokenOff{error});
}

TEST(Failures, EveryPageHasItsStatusAndSaysSomething) {
  using http::HeadError;
  const std::vector<std::pair<int, Page>> pages = {
      {400, bad_request_page(HeadError::malformed)},
      {400, bad_request_page(HeadError::no_host)},
      {400, bad_request_page(HeadError::several_hosts)},
      {400, bad_request_page(HeadError::other_scheme)},
      {400, unclear_length_page()},
      {403, no_proxy_page()},
      {404, unpinned_name_page(*Petname::parse("wiki"), 7009)},
      {431, bad_request_page(HeadError::too_large)},
      {408, slow_request_page()},
      {421, foreign_host_page()},
      {404, no_such_name_page("nonsense")},
      {503, of_attempts({})},
      {502, of_attempts({attempt(Errc::certificate_mismatch)})},
      {504, of_attempts({attempt(Errc::timed_out)})},
      {502, of_attempts({attempt(std::make_error_code(std::errc::connection_refused))})},
      {403, of_refusal(wire::kOobPassword)},
      {503, of_refusal(wire::kOobOriginUnreachable)},
      {503, of_refusal(wire::kOobBusy)},
      {502, of_refusal("of-a-newer-version")},
      {504, of_break(Errc::timed_out)},
      {502, of_break(Errc::peer_closed)},
      {502, silent_service_page(tunnel::Dialect::legacy)},
      {502, silent_service_page(tunnel::Dialect::hardline1)},
  };
  for (const auto& [status, page] : pages) {
    EXPECT_EQ(page.status, status) << page.title;
    EXPECT_NE(web::reason_phrase(page.status), web::reason_phrase(0)) << page.title << " has a status without a name";
    EXPECT_NE(page.title, "") << status;
    EXPECT_NE(page.text, "") << page.title;
  }
}

TEST(Failures, WhereNobodyKnewTheServiceEachSourceSaysHowItWent) {
  using find::Source;
  std::vector<find::SourceReport> sources(4);
  sources[0].source = Source::this_machine;
  sources[1].source = Source::lan;
  sources[2].source = Source::dht;
  sources[2].error = Errc::timed_out;
  sources[3].source = Source::dht_proxy;
  sources[3].by = "http://proxy.example";
  sources[3].unusable = 2;
  const auto page = open_failure_page(DialFailure{{}, sources});
  EXPECT_THAT(page.tried, ElementsAre("the local network: nobody answered", "the DHT: no answer in time",
                                      "a DHT proxy http://proxy.example: 2 addresses that cannot be used from here"));
}

TEST(Failures, EveryAttemptIsListedWithWhereItWent) {
  const auto page = of_attempts({attempt(Errc::timed_out), attempt(Errc::timed_out, "2001:db8::1")});
  EXPECT_THAT(page.tried, ElementsAre(HasSubstr("192.0.2.7:7008"), HasSubstr("[2001:db8::1]:7008")));
  EXPECT_THAT(page.tried, Contains(HasSubstr(std::string(describe(find::Source::lan)))).Times(2));
}

TEST(Failures, AnImpostorMattersMoreThanSilence) {
  EXPECT_EQ(of_attempts({attempt(Errc::timed_out), attempt(Errc::certificate_mismatch)}).status, 502);
}

TEST(Failures, AServersOwnWordsAreShown) {
  EXPECT_THAT(of_refusal(wire::kOobOriginUnreachable).tried, Contains(HasSubstr("its words")));
  EXPECT_THAT(of_refusal(wire::kOobBusy).tried, Contains(HasSubstr("its words")));
  EXPECT_THAT(of_refusal("of-a-newer-version").tried, Contains(HasSubstr("its words")));
}

TEST(Failures, AWrongNameIsQuoted) {
  EXPECT_THAT(no_such_name_page("nonsense").text, HasSubstr("nonsense"));
}

TEST(Failures, ANameThatIsNobodysIsOfferedToBePinned) {
  const auto page = unpinned_name_page(*Petname::parse("Wiki"), 80);
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].url, "http://localhost:80/?pin=wiki");
  EXPECT_THAT(page.links[0].text, HasSubstr("wiki"));
}

TEST(Failures, AnOldPeersSilenceMayMeanAWrongPassword) {
  EXPECT_THAT(silent_service_page(tunnel::Dialect::legacy).advice, Contains(HasSubstr("password")));
  EXPECT_THAT(silent_service_page(tunnel::Dialect::hardline1).advice, Not(Contains(HasSubstr("password"))));
}

}  // namespace
}  // namespace hardline::door
