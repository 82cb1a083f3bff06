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

}  // namespace
}  // namespace hardline
