#include "hardline/base/page_title.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(TitleOfPage, IsWhatItsTitleElementSays) {
  EXPECT_EQ(title_of_page("<!DOCTYPE html><head><TITLE lang=en>\n  My\n  server </TITLE>"), "My server");
  EXPECT_EQ(title_of_page("<titles>no</titles><title>yes</title>"), "yes");
  EXPECT_EQ(title_of_page("<title>one</title><svg><title>two</title>"), "one");
}

TEST(TitleOfPage, HasItsCharacterReferencesDecoded) {
  EXPECT_EQ(title_of_page("<title>&lt;b&gt; &amp;amp; &quot;x&quot; &#39;y&#x27; Caf&#233; &#x1F3E0;</title>"),
            "<b> &amp; \"x\" 'y' Caf\xC3\xA9 \xF0\x9F\x8F\xA0");
  EXPECT_EQ(title_of_page("<title>a & b &; &# &#; &#x; &unknown; &#xD800;&#1114112;&#99999999999;</title>"),
            "a & b &; &# &#; &#x; &unknown; &#99999999999;");
}

TEST(TitleOfPage, IsOneShortLine) {
  EXPECT_EQ(title_of_page("<title>a&#10;b&#x202e;c</title>"), "a bc");
  EXPECT_EQ(title_of_page("<title>a &#1; &#x2028; &#x202e; b</title>"), "a b");
  EXPECT_EQ(title_of_page("<title>" + std::string(1000, 'x') + "</title>"), std::string(100, 'x'));
}

TEST(TitleOfPage, IsEmptyWhereThereIsNone) {
  for (const char* page : {"", "<p>", "<title", "<title>", "<title>a", "<title a", "<title></title>"})
    EXPECT_EQ(title_of_page(page), "") << page;
}

}  // namespace
}  // namespace hardline
