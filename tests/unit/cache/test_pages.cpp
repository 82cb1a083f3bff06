#include "cache/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "hardline/web/page.hpp"

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr ListingOrder kByName;

/// What follows `before`, up to `after`, each time.
std::vector<std::string> all_between(std::string_view text, std::string_view before, std::string_view after) {
  std::vector<std::string> found;
  while (true) {
    const auto start = text.find(before);
    if (start == text.npos) return found;
    text.remove_prefix(start + before.size());
    found.emplace_back(text.substr(0, text.find(after)));
  }
}

std::vector<std::string> names_in(std::string_view page) {
  return all_between(page.substr(page.find("</h1>")), "<bdi>", "</a>");
}
std::vector<std::string> links_in(std::string_view page) {
  return all_between(page, "<th scope=\"row\"><a href=\"", "\"");
}

FolderEntry file(std::string name, std::uint64_t size = 1, std::chrono::seconds modified = 0s) {
  return {std::move(name), false, size, FileTime(modified)};
}
FolderEntry folder(std::string name, std::chrono::seconds modified = 0s) {
  return {std::move(name), true, 4096, FileTime(modified)};
}

std::vector<std::string> names_of(std::vector<FolderEntry> entries, ListingOrder order = kByName) {
  auto names = names_in(listing_page("/", std::move(entries), order, false));
  for (auto& name : names) name.erase(name.find("</bdi>"), 6);
  return names;
}

TEST(ListingOrder, IsByNameWhereNothingIsAskedFor) {
  for (const auto* query : {"", "?", "&&&", "sort", "sort=", "sort=colour", "order=up", "SORT=size", "xsort=size"})
    EXPECT_EQ(parse_listing_order(query), (ListingOrder{SortBy::name, false})) << query;
}

TEST(ListingOrder, IsWhatIsAskedFor) {
  EXPECT_EQ(parse_listing_order("sort=size&order=desc"), (ListingOrder{SortBy::size, true}));
  EXPECT_EQ(parse_listing_order("order=asc&sort=modified"), (ListingOrder{SortBy::modified, false}));
  EXPECT_EQ(parse_listing_order("x=1&sort=name&order=desc&"), (ListingOrder{SortBy::name, true}));
}

TEST(ListingPage, ShowsNamesSizesAndDates) {
  const auto page = listing_page("/my films/", {file("one.mp4", 1'400'000, 1'795'403'400s)}, kByName, false);
  EXPECT_THAT(page, HasSubstr("<title>/my films/</title>"));
  EXPECT_THAT(page, HasSubstr("<h1><bdi>/my films/</bdi></h1>"));
  EXPECT_THAT(page, HasSubstr("<tr><th scope=\"row\"><a href=\"./one.mp4\"><bdi>one.mp4</bdi></a></th>"
                              "<td title=\"1400000 octets\">1.4 MB</td>"
                              "<td><time datetime=\"2026-11-23T03:10Z\">2026-11-23<span class=\"hour\"> 03:10</span>"
                              "</time></td></tr>\n"));
}

TEST(ListingPage, AFolderEndsInASlashAndHasNoSize) {
  const auto page = listing_page("/", {folder("films")}, kByName, false);
  EXPECT_THAT(page, HasSubstr("<a href=\"./films/\" class=\"folder\"><bdi>films</bdi>/</a></th><td></td>"));
}

TEST(ListingPage, LinksToTheParentButAtTheRoot) {
  EXPECT_THAT(listing_page("/a/b/", {}, kByName, false), HasSubstr("<a href=\"../\">Parent folder</a>"));
  EXPECT_THAT(listing_page("/", {}, kByName, false), Not(HasSubstr("../")));
}

TEST(ListingPage, SaysThatAFolderIsEmpty) {
  const auto page = listing_page("/", {file(".hidden"), file("key.pem")}, kByName, false);
  EXPECT_THAT(page, HasSubstr("There is nothing here."));
  EXPECT_THAT(page, Not(HasSubstr("<table>")));
}

TEST(ListingPage, SaysThatThereIsMore) {
  EXPECT_THAT(listing_page("/", {file("a")}, kByName, true), HasSubstr("more than this page can show"));
  EXPECT_THAT(listing_page("/", {file("a")}, kByName, false), Not(HasSubstr("more than")));
}

TEST(ListingPage, HasACaptionThatCounts) {
  EXPECT_THAT(listing_page("/", {folder("a"), file("b", 2000), file("c", 3000)}, kByName, false),
              HasSubstr("<caption>1 folder, 2 files, 5.0 kB</caption>"));
  EXPECT_THAT(listing_page("/", {folder("a"), folder("b")}, kByName, false), HasSubstr("<caption>2 folders</caption>"));
  EXPECT_THAT(listing_page("/", {file("a")}, kByName, false), HasSubstr("<caption>1 file, 1 B</caption>"));
}

TEST(ListingPage, GivesSizesInTwoDigitsOrMore) {
  const auto size = [](std::uint64_t octets) {
    return all_between(listing_page("/", {file("a", octets)}, kByName, false), " octets\">", "<").at(0);
  };
  EXPECT_EQ(size(0), "0 B");
  EXPECT_EQ(size(999), "999 B");
  EXPECT_EQ(size(1000), "1.0 kB");
  EXPECT_EQ(size(9949), "9.9 kB");
  EXPECT_EQ(size(9950), "10 kB");
  EXPECT_EQ(size(999'499), "999 kB");
  EXPECT_EQ(size(999'500), "1.0 MB");
  EXPECT_EQ(size(45'000'000), "45 MB");
  EXPECT_EQ(size(3'221'225'472), "3.2 GB");
  EXPECT_EQ(size(~std::uint64_t{0}), "18 EB");
}

TEST(ListingPage, FoldersComeFirstAndNamesAsPeopleCount) {
  EXPECT_THAT(names_of({file("b10"), file("B9"), file("a"), folder("z"), file("b9a"), folder("Y"), file("2"),
                        file("10"), file("01")}),
              ElementsAre("Y/", "z/", "01", "2", "10", "a", "B9", "b9a", "b10"));
}

TEST(ListingPage, NumbersMayBeOfAnyLength) {
  const std::string long_number(100, '9');
  EXPECT_THAT(names_of({file("1" + long_number), file(long_number), file("5")}),
              ElementsAre("5", long_number, "1" + long_number));
}

TEST(ListingPage, NamesThatAreAlikeHaveOneOrder) {
  const std::vector<FolderEntry> alike = {file("A1"), file("a01"), file("a1"), file("A001"), file("a")};
  const auto expected = names_of(alike);
  auto entries = alike;
  for (int i = 0; i < 10; ++i) {
    std::rotate(entries.begin(), entries.begin() + (i % 3) + 1, entries.end());
    EXPECT_EQ(names_of(entries), expected);
  }
}

TEST(ListingPage, SortsAsAsked) {
  const std::vector<FolderEntry> entries = {file("a", 20, 3s), file("b", 10, 2s), file("c", 20, 1s), folder("f", 1s),
                                            folder("g", 5s)};
  EXPECT_THAT(names_of(entries, {SortBy::name, true}), ElementsAre("g/", "f/", "c", "b", "a"));
  EXPECT_THAT(names_of(entries, {SortBy::size, false}), ElementsAre("f/", "g/", "b", "a", "c"));
  EXPECT_THAT(names_of(entries, {SortBy::size, true}), ElementsAre("f/", "g/", "a", "c", "b"));
  EXPECT_THAT(names_of(entries, {SortBy::modified, false}), ElementsAre("f/", "g/", "c", "b", "a"));
  EXPECT_THAT(names_of(entries, {SortBy::modified, true}), ElementsAre("g/", "f/", "a", "b", "c"));
}

TEST(ListingPage, HeadingsSortAndSayHowItIsSorted) {
  const auto by_name = listing_page("/", {file("a")}, kByName, false);
  EXPECT_THAT(by_name,
              HasSubstr("<th scope=\"col\" aria-sort=\"ascending\"><a href=\"?sort=name&amp;order=desc\">Name</a></th>"
                        "<th scope=\"col\"><a href=\"?sort=size&amp;order=desc\">Size</a></th>"
                        "<th scope=\"col\"><a href=\"?sort=modified&amp;order=desc\">Modified (UTC)</a></th>"));
  const auto by_size = listing_page("/", {file("a")}, {SortBy::size, true}, false);
  EXPECT_THAT(
      by_size,
      HasSubstr("<th scope=\"col\"><a href=\"?sort=name&amp;order=asc\">Name</a></th>"
                "<th scope=\"col\" aria-sort=\"descending\"><a href=\"?sort=size&amp;order=asc\">Size</a></th>"));
}

TEST(ListingPage, LinksOfHeadingsAreUnderstood) {
  std::vector<ListingOrder> orders;
  for (auto link : all_between(listing_page("/", {file("a")}, kByName, false), "<a href=\"?", "\"")) {
    link.erase(link.find("amp;"), 4);
    orders.push_back(parse_listing_order(link));
  }
  EXPECT_THAT(orders, ElementsAre(ListingOrder{SortBy::name, true}, ListingOrder{SortBy::size, true},
                                  ListingOrder{SortBy::modified, true}));
}

TEST(ListingPage, EscapesHostileNames) {
  const auto page = listing_page(
      "/<b>\"/", {file("<script>alert(1)</script>"), file("\" onmouseover='x'"), file("a&amp;b")}, kByName, false);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"./%22%20onmouseover%3D%27x%27\">"));
  EXPECT_THAT(page, HasSubstr("<bdi>a&amp;amp;b</bdi>"));
}

TEST(ListingPage, LinksStayInTheFolder) {
  EXPECT_THAT(links_in(listing_page("/",
                                    {file("javascript:alert(1)"), file("http:"), file("?sort=x"), file("#a"),
                                     file("100%"), file("a b"), file("\\\\host"), file("ü")},
                                    kByName, false)),
              UnorderedElementsAre("./%23a", "./%3Fsort%3Dx", "./%5C%5Chost", "./100%25", "./a%20b", "./http%3A",
                                   "./javascript%3Aalert%281%29", "./%C3%BC"));
}

TEST(ListingPage, ShowsWhatCannotBeSeen) {
  const auto page = listing_page("/", {file("a\nb"), file("c\xff"), file("gpj\u202e.exe")}, kByName, false);
  EXPECT_THAT(names_in(page), ElementsAre("a\ufffdb</bdi>", "c\ufffd</bdi>", "gpj\ufffd.exe</bdi>"));
  EXPECT_THAT(links_in(page), ElementsAre("./a%0Ab", "./c%FF", "./gpj%E2%80%AE.exe"));
}

TEST(ListingPage, LeavesOutWhatIsNotForVisitors) {
  EXPECT_THAT(
      names_of({file(".htaccess"), folder(".hardline-new"), file("my.private"), file("KEY.PEM"), file("my.cert"),
                file("a@mako"), file("b@data"), file("c@http.headers"), folder("x@y"), file("shown")}),
      ElementsAre("shown"));
}

TEST(ListingPage, ShowsACopyByThePathItIsOf) {
  const auto page = listing_page("/", {file("bar@http", 5), file("my%2520file.txt@http")}, kByName, false);
  EXPECT_THAT(names_in(page), ElementsAre("bar</bdi>", "my file.txt</bdi>"));
  EXPECT_THAT(links_in(page), ElementsAre("./bar", "./my%20file.txt"));
}

TEST(ListingPage, LeavesOutCopiesThatHaveNoNameHere) {
  EXPECT_THAT(names_of({file("@http"), file("a%3Fpassword%3D1@http"), file("%zz@http"), file("..@http"),
                        file("0123456789abcdef0123456789abcdef@http"), file("%2Ehidden@http"), file("my.key@http"),
                        folder("f@http")}),
              IsEmpty());
}

TEST(ListingPage, ShowsAFileOnceThatHasACopy) {
  const auto page =
      listing_page("/", {file("bar@http", 5), file("bar", 7), folder("baz"), file("baz@http")}, kByName, false);
  EXPECT_THAT(names_in(page), ElementsAre("baz</bdi>/", "bar</bdi>", "baz</bdi>"));
  EXPECT_THAT(page, HasSubstr("<td title=\"7 octets\">"));
}

TEST(ListingPage, HoldsManyEntries) {
  std::vector<FolderEntry> many;
  for (int i = 0; i < 5000; ++i) many.push_back(file("file " + std::to_string(i * 7919 % 5000)));
  const auto names = names_of(many);
  ASSERT_EQ(names.size(), 5000U);
  EXPECT_EQ(names.front(), "file 0");
  EXPECT_EQ(names.back(), "file 4999");
}

TEST(Pages, LoadNothing) {
  for (const auto& page : {web::message_page("a", "b"), listing_page("/a/", {file("a"), folder("b")}, kByName, true)})
    for (const auto* what : {"<script", "src=", "http:", "https:", "url(", "@import"})
      EXPECT_THAT(page, Not(HasSubstr(what)));
}

}  // namespace
}  // namespace hardline::cache
