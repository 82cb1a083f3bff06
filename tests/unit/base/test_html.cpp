#include "hardline/base/html.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

TEST(Html, EscapesWhatEndsTextOrAnAttribute) {
  EXPECT_EQ(escape_html("<script>alert('1' && \"2\")</script>"),
            "&lt;script&gt;alert(&#39;1&#39; &amp;&amp; &quot;2&quot;)&lt;/script&gt;");
}

TEST(Html, EscapesWhatIsEscapedAlready) {
  EXPECT_EQ(escape_html("&lt;"), "&amp;lt;");
}

TEST(Html, LeavesAllElseAsItIs) {
  EXPECT_EQ(escape_html("grüße, 1/2 = 50 %\n"), "grüße, 1/2 = 50 %\n");
}

TEST(Html, DecodesReferencesToCharacters) {
  EXPECT_EQ(decode_html("&lt;b&gt; &amp;amp; &quot;&apos;&nbsp;&#39;&#x27; &#233;&#x1F3E0;"),
            "<b> &amp; \"' '' \xC3\xA9\xF0\x9F\x8F\xA0");
}

TEST(Html, LeavesOutNumbersThatAreNoCharacter) {
  EXPECT_EQ(decode_html("a&#xD800;&#xDFFF;&#1114112;b"), "ab");
  EXPECT_EQ(decode_html("&#xD7FF;&#xE000;&#x10FFFF;"), "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Html, KeepsAnAmpersandThatBeginsNoReference) {
  EXPECT_EQ(decode_html("a & b &; &# &#; &#x; &unknown; &"), "a & b &; &# &#; &#x; &unknown; &");
}

TEST(Html, DecodesWhatWasEscaped) {
  const std::string text = "<a href=\"x?a&b\">'&amp;'</a>";
  EXPECT_EQ(decode_html(escape_html(text)), text);
}

}  // namespace
}  // namespace hardline
