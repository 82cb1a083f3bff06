#include "dashboard/dashboard_assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dashboard/dashboard_model.hpp"
#include "dashboard/dashboard_texts.hpp"

namespace hardline::dashboard {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Assets, AreFoundByPathAndKnownByTheirContents) {
  for (const auto* asset : {&dashboard_style(), &dashboard_script(), &dashboard_icon()}) {
    EXPECT_EQ(find_asset(asset->path), asset);
    EXPECT_FALSE(asset->body.empty());
    EXPECT_EQ(asset->url(), std::string(asset->path) + "?v=" + asset->version);
  }
  EXPECT_NE(dashboard_style().version, dashboard_script().version);
  EXPECT_EQ(find_asset("/dashboard"), nullptr);
  EXPECT_EQ(find_asset(""), nullptr);
}

TEST(Assets, TheScriptHasEveryTextThatItAsksForAndAsksForEachThatItHas) {
  const auto& script = dashboard_script().body;
  std::set<std::string> asked;
  for (auto at = script.find("TEXTS."); at != std::string::npos; at = script.find("TEXTS.", at + 1)) {
    const auto name = script.substr(
        at + 6, script.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", at + 6) - at - 6);
    asked.insert(name);
  }
  std::set<std::string> there;
  for (const auto& [name, text] : texts::kScript) there.insert(std::string(name));
  EXPECT_EQ(asked, there);
}

TEST(Assets, TheScriptMakesNoMarkupOfTextAndRunsNone) {
  const auto& script = dashboard_script().body;
  EXPECT_EQ(sample::count(script, "innerHTML"), 1U) << "of a section, which the daemon made";
  for (const auto* part : {"eval(", "outerHTML", "insertAdjacentHTML", "document.write", "http://", "https://"})
    EXPECT_THAT(script, Not(HasSubstr(part)));
}

}  // namespace
}  // namespace hardline::dashboard
