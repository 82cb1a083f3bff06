#include "hardline/web/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http.hpp"

namespace hardline::web {
namespace {

using support::HttpResponse;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Page page() {
  return {.status = 502,
          .proxy_error = "connection_terminated",
          .title = "The title",
          .text = "The text.",
          .tried = {"one thing", "another thing"},
          .advice = {"Some advice."}};
}

TEST(Page, HasItsStatusAndSaysThatItIsTheLast) {
  const auto response = to_response(page(), Form::plain, true);
  EXPECT_THAT(response, StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
  const auto parsed = HttpResponse::parse(response);
  EXPECT_EQ(parsed.field("Connection"), "close");
  EXPECT_EQ(parsed.field("Cache-Control"), "no-store");
}

TEST(Page, SaysEverythingInEitherForm) {
  for (const auto form : {Form::html, Form::plain}) {
    const auto body = HttpResponse::parse(to_response(page(), form, true)).body;
    EXPECT_THAT(body, AllOf(HasSubstr("The title"), HasSubstr("The text."), HasSubstr("one thing"),
                            HasSubstr("another thing"), HasSubstr("Some advice.")));
  }
}

TEST(Page, NamesItsForm) {
  EXPECT_EQ(HttpResponse::parse(to_response(page(), Form::html, true)).field("Content-Type"),
            "text/html; charset=utf-8");
  EXPECT_EQ(HttpResponse::parse(to_response(page(), Form::plain, true)).field("Content-Type"),
            "text/plain; charset=utf-8");
}

TEST(Page, KnowsItsLength) {
  auto long_words = page();
  long_words.text = "“ünïcödé”";
  for (const auto form : {Form::html, Form::plain}) {
    const auto response = HttpResponse::parse(to_response(long_words, form, true));
    EXPECT_EQ(response.field("Content-Length"), std::to_string(response.body.size()));
  }
}

TEST(Page, AnswersHeadWithTheSameHeadAndNoBody) {
  const auto whole = to_response(page(), Form::html, true);
  const auto head = to_response(page(), Form::html, false);
  EXPECT_EQ(HttpResponse::parse(head).body, "");
  EXPECT_THAT(whole, StartsWith(head));
}

TEST(Page, EscapesMarkupWhereverItIs) {
  Page hostile;
  const std::string script = "<script>alert('&\"')</script>";
  hostile.title = hostile.text = script;
  hostile.tried = hostile.advice = {script};
  const auto body = HttpResponse::parse(to_response(hostile, Form::html, true)).body;
  EXPECT_THAT(body, Not(HasSubstr("<script")));
  const std::string escaped = "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;";
  std::size_t times = 0;
  for (auto at = body.find(escaped); at != std::string::npos; at = body.find(escaped, at + 1)) ++times;
  EXPECT_EQ(times, 5u) << "in the window's title, the heading, the text and both lists";
}

TEST(Page, IsNotEscapedAsPlainText) {
  auto markup = page();
  markup.text = "a < b & c";
  EXPECT_THAT(to_response(markup, Form::plain, true), HasSubstr("a < b & c"));
}

TEST(Page, LetsNothingInItRunOrLoad) {
  const auto policy = HttpResponse::parse(to_response(page(), Form::html, true)).field("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
}

TEST(Page, TellsProgramsWhatFailed) {
  EXPECT_EQ(HttpResponse::parse(to_response(page(), Form::plain, true)).field("Proxy-Status"),
            "hardlined; error=connection_terminated");
  auto unspecific = page();
  unspecific.proxy_error = {};
  EXPECT_EQ(HttpResponse::parse(to_response(unspecific, Form::plain, true)).field("Proxy-Status"), "");
}

TEST(Page, LeavesOutListsThatAreEmpty) {
  auto short_page = page();
  short_page.tried.clear();
  EXPECT_THAT(to_response(short_page, Form::html, true), Not(HasSubstr("What was tried")));
  EXPECT_THAT(to_response(short_page, Form::plain, true), Not(HasSubstr("What was tried")));
}

TEST(Page, LinksWhereItLeads) {
  auto linked = page();
  linked.links = {{"Go <on>", "http://localhost:7009/?a=1&b=2"}};
  EXPECT_THAT(to_response(linked, Form::html, true),
              HasSubstr("<a href=\"http://localhost:7009/?a=1&amp;b=2\">Go &lt;on&gt;</a>"));
  EXPECT_THAT(to_response(linked, Form::plain, true), HasSubstr("Go <on>: http://localhost:7009/?a=1&b=2\n"));
}

TEST(Page, HasItsOwnFieldsInEitherForm) {
  auto redirect = page();
  redirect.status = 303;
  redirect.fields = {{"Location", "http://a.localhost/"}};
  for (const auto form : {Form::html, Form::plain}) {
    const auto response = to_response(redirect, form, false);
    EXPECT_THAT(response, StartsWith("HTTP/1.1 303 See Other\r\n"));
    EXPECT_EQ(HttpResponse::parse(response).field("Location"), "http://a.localhost/");
  }
}

TEST(MessagePage, IsAPageOfATitleAndASentence) {
  EXPECT_THAT(message_page("Not found", "There is no such page."),
              AllOf(StartsWith("<!doctype html>\n<html lang=\"en\">\n"), HasSubstr("<title>Not found</title>"),
                    HasSubstr("<h1>Not found</h1>\n<p>There is no such page.</p>"), EndsWith("</html>\n")));
}

TEST(MessagePage, EscapesBoth) {
  const auto page = message_page("<a>&", "\"<script>'\xff\n");
  EXPECT_THAT(page, HasSubstr("<h1>&lt;a&gt;&amp;</h1>\n<p>&quot;&lt;script&gt;&#39;\ufffd\ufffd</p>"));
  EXPECT_THAT(page, HasSubstr("<title>&lt;a&gt;&amp;</title>"));
}

}  // namespace
}  // namespace hardline::web
