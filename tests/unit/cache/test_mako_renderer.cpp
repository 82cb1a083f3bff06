#include "cache/mako_renderer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>

#include "store/log_capture.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::cache {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Outcome = Rendered::Outcome;

class MakoRendererTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { have_mako = std::system("/usr/bin/python3 -I -c 'import mako' 2>/dev/null") == 0; }

  void SetUp() override {
    if (!have_mako) GTEST_SKIP() << "skipped: the Debian package python3-mako is not installed";
  }

  void write(std::string_view name, std::string_view content) { store::write_file(folder / name, content); }

  std::unique_ptr<MakoRenderer> renderer(MakoOptions options = {}) {
    return std::make_unique<MakoRenderer>(io.executor(), folder.path(), std::move(options));
  }

  Rendered render(MakoRenderer& mako, const std::string& name, const std::string& path = "/") {
    return io.await(mako.render(name, path));
  }

  /// What the template makes, which must not fail.
  std::string page(MakoRenderer& mako, const std::string& name, const std::string& path = "/") {
    const auto rendered = render(mako, name, path);
    EXPECT_EQ(rendered.outcome, Outcome::done) << rendered.text;
    return rendered.text;
  }

  /// A program to be used as Python, which hands everything on to `command`.
  std::string wrapper(std::string_view command) {
    write("wrapper", "#!/bin/sh\n" + std::string(command) + "\n");
    std::filesystem::permissions(folder / "wrapper", std::filesystem::perms::owner_all);
    return folder / "wrapper";
  }

  static inline bool have_mako = false;
  support::TestIo io;
  store::TempDir folder;
  store::LogCapture log;
};

constexpr auto kPid = "<% import os %>${os.getpid()}";

TEST_F(MakoRendererTest, RendersATemplate) {
  write("sum@mako", "% for i in range(3):\n${i * 2};\n% endfor\n");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "sum@mako"), "0;\n2;\n4;\n");
}

TEST_F(MakoRendererTest, GivesThePathAndTheTemplatesOwnName) {
  std::filesystem::create_directory(folder / "foo");
  write("foo/bar@mako", "${path} ${__file__}");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "foo/bar@mako", "/foo/bar?x=1&y=2"), "/foo/bar?x=1&y=2 " + (folder / "foo/bar@mako").string());
}

TEST_F(MakoRendererTest, GivesThePathToTemplatesThatDeclareIt) {
  write("a@mako", "<%page args=\"path\"/>${path}");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "a@mako", "/a?b"), "/a?b");
}

TEST_F(MakoRendererTest, SpeaksUtf8) {
  write("ü@mako", "grüße ${path}");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "ü@mako", "/ü?ß"), "grüße /ü?ß");
}

TEST_F(MakoRendererTest, TemplatesIncludeAndInheritEachOther) {
  std::filesystem::create_directory(folder / "sub");
  write("base.html", "<b>${self.body()}</b>");
  write("sub/part.html", "part of ${path}");
  write("sub/page@mako", "<%inherit file=\"/base.html\"/><%include file=\"part.html\"/>");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "sub/page@mako", "/sub/page"), "<b>part of /sub/page</b>");
}

TEST_F(MakoRendererTest, OneHelperRendersOneTemplateAfterTheOther) {
  write("pid@mako", kPid);
  const auto mako = renderer();
  const auto first = page(*mako, "pid@mako");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(page(*mako, "pid@mako"), first);
}

TEST_F(MakoRendererTest, RendersATemplateAnewThatHasChanged) {
  write("a@mako", "one");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "a@mako"), "one");
  write("a@mako", "two");  // of the same size, within the same second
  EXPECT_EQ(page(*mako, "a@mako"), "two");
}

TEST_F(MakoRendererTest, RendersATemplateAnewThatWasReplacedByAnOlderOne) {
  write("old", "one");
  std::filesystem::last_write_time(folder / "old", std::filesystem::file_time_type::clock::now() - 24h);
  write("a@mako", "two");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "a@mako"), "two");
  std::filesystem::rename(folder / "old", folder / "a@mako");
  EXPECT_EQ(page(*mako, "a@mako"), "one");
}

TEST_F(MakoRendererTest, RendersATemplateAnewWhoseIncludedPartHasChanged) {
  write("part", "one");
  write("a@mako", "<%include file='part'/>");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "a@mako"), "one");
  write("part", "two");
  EXPECT_EQ(page(*mako, "a@mako"), "two");
}

TEST_F(MakoRendererTest, CarriesALargePage) {
  write("large@mako", "${'0123456789abcdef' * 65536 * 16}");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "large@mako").size(), kMaxRenderedPage);
}

TEST_F(MakoRendererTest, APageThatIsTooLargeIsAFailure) {
  write("larger@mako", "${'0123456789abcdef' * 65536 * 16}!");
  write("ü@mako", "${'ü' * (9 * 1024 * 1024)}");
  const auto mako = renderer();
  for (const auto* name : {"larger@mako", "ü@mako"}) {
    const auto rendered = render(*mako, name);
    EXPECT_EQ(rendered.outcome, Outcome::failed);
    EXPECT_EQ(rendered.text, "the page is larger than 16 MiB");
  }
}

TEST_F(MakoRendererTest, ATemplateThatWritesForEverEndsBeforeTheMemoryDoes) {
  write("endless@mako", "% while True:\n${'x' * 65536}\n% endwhile\n");
  const auto mako = renderer();
  EXPECT_EQ(render(*mako, "endless@mako").text, "the page is larger than 16 MiB");
}

TEST_F(MakoRendererTest, ToldInShortWhatAnErrorWasAndInTheLogInFull) {
  write("broken@mako", "one\n${eval('nothing_of_that_name')}\n");
  const auto mako = renderer();
  const auto rendered = render(*mako, "broken@mako");
  EXPECT_EQ(rendered.outcome, Outcome::failed);
  EXPECT_EQ(rendered.text, "NameError: name 'nothing_of_that_name' is not defined");
  EXPECT_THAT(log.lines(), Contains("warning mako: broken@mako: Traceback (most recent call last):"));
  EXPECT_THAT(log.lines(), Contains(AllOf(StartsWith("warning mako: broken@mako:   File \""), HasSubstr("line 2"))));
  EXPECT_THAT(log.lines(),
              Contains("warning mako: broken@mako failed: NameError: name 'nothing_of_that_name' is not defined"));
}

TEST_F(MakoRendererTest, TheSameHelperGoesOnAfterAnError) {
  write("pid@mako", kPid);
  write("broken@mako", "${1 / 0}");
  const auto mako = renderer();
  const auto pid = page(*mako, "pid@mako");
  EXPECT_EQ(render(*mako, "broken@mako").text, "ZeroDivisionError: division by zero");
  EXPECT_EQ(page(*mako, "pid@mako"), pid);
}

TEST_F(MakoRendererTest, FailuresDoNotFloodTheLog) {
  write("broken@mako", "${1 / 0}");
  const auto mako = renderer();
  render(*mako, "broken@mako");
  const auto once = log.lines().size();
  for (int i = 0; i < 10; ++i) render(*mako, "broken@mako");
  EXPECT_EQ(log.lines().size(), once);
}

TEST_F(MakoRendererTest, TellsNoPathsOfThisMachine) {
  write("syntax@mako", "\n<% x = = 1 %>");
  write("open@mako", "${open('/etc/no such file').read()}");
  write("value@mako", "<% raise ValueError('in /etc/secret/place and \"/a b/c\", not 1/2') %>");
  write("own@mako", "<% raise ValueError(__file__) %>");
  const auto mako = renderer();
  EXPECT_THAT(render(*mako, "syntax@mako").text,
              AllOf(StartsWith("SyntaxException: "), HasSubstr("in file 'syntax@mako' at line: 2"),
                    Not(HasSubstr(folder.path().string()))));
  EXPECT_EQ(render(*mako, "open@mako").text, "FileNotFoundError: No such file or directory");
  EXPECT_EQ(render(*mako, "value@mako").text, "ValueError: in … and …, not 1/2");
  EXPECT_EQ(render(*mako, "own@mako").text, "ValueError: own@mako");
}

TEST_F(MakoRendererTest, AnErrorIsOneShortLine) {
  write("long@mako", "<% raise ValueError('x' * 5000) %>");
  write("lines@mako", "<% raise ValueError('one\\ntwo') %>");
  write("control@mako", "<% raise ValueError('a\\x1b[31mb\\u202ec') %>");
  const auto mako = renderer();
  EXPECT_EQ(render(*mako, "long@mako").text.size(), 300U);
  EXPECT_EQ(render(*mako, "lines@mako").text, "ValueError: one");
  EXPECT_EQ(render(*mako, "control@mako").text, "ValueError: a [31mbc");
}

TEST_F(MakoRendererTest, ATemplateThatIsNotThereIsAFailure) {
  const auto mako = renderer();
  const auto rendered = render(*mako, "none@mako");
  EXPECT_EQ(rendered.outcome, Outcome::failed);
  EXPECT_THAT(rendered.text, StartsWith("TopLevelLookupException: "));
}

TEST_F(MakoRendererTest, WhatATemplatePrintsGoesToTheLog) {
  write("prints@mako", "<%\nimport os, sys\nprint('to', 'output')\nos.system('echo from a program')\n%>page");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "prints@mako"), "page");
  EXPECT_TRUE(io.run_until([&] { return log.lines().size() >= 2; }));
  EXPECT_THAT(log.lines(),
              ElementsAre("info mako: prints@mako prints: to output", "info mako: prints@mako prints: from a program"));
}

TEST_F(MakoRendererTest, ATemplateHasNoInput) {
  write("input@mako", "<% import sys %>[${sys.stdin.read()}]");
  const auto mako = renderer();
  EXPECT_EQ(page(*mako, "input@mako"), "[]");
}

TEST_F(MakoRendererTest, ATemplateThatExitsIsAFailure) {
  write("exit@mako", "<% import sys; sys.exit(3) %>");
  const auto mako = renderer();
  EXPECT_EQ(render(*mako, "exit@mako").text, "SystemExit: 3");
}

TEST_F(MakoRendererTest, AHelperThatATemplateEndedIsReplaced) {
  write("end@mako", "<% import os; os._exit(0) %>");
  write("crash@mako", "<% import ctypes; ctypes.string_at(0) %>");
  write("fine@mako", "fine");
  const auto mako = renderer();
  for (const auto* name : {"end@mako", "crash@mako"}) {
    const auto rendered = render(*mako, name);
    EXPECT_EQ(rendered.outcome, Outcome::failed);
    EXPECT_EQ(rendered.text, "the template ended the program that rendered it");
    EXPECT_EQ(page(*mako, "fine@mako"), "fine");
  }
  EXPECT_THAT(log.lines(), Contains(HasSubstr("crash@mako prints: Fatal Python error: Segmentation fault")));
}

TEST_F(MakoRendererTest, AHelperThatDiedWhileItWaitedIsReplacedUnseen) {
  write("pid@mako", kPid);
  const auto mako = renderer();
  const auto first = page(*mako, "pid@mako");
  ASSERT_EQ(::kill(std::stoi(first), SIGKILL), 0);
  while (::kill(std::stoi(first), 0) == 0) io.context().run_for(1ms);
  EXPECT_NE(page(*mako, "pid@mako"), first);
}

TEST_F(MakoRendererTest, ATemplateThatTakesTooLongIsEnded) {
  write("pid@mako", kPid);
  write("loop@mako", "<%\nwhile True:\n    pass\n%>");
  const auto mako = renderer({.limit = 1s});
  page(*mako, "pid@mako");
  const auto rendered = render(*mako, "loop@mako");
  EXPECT_EQ(rendered.outcome, Outcome::failed);
  EXPECT_EQ(rendered.text, "took longer than 1 s");
  EXPECT_EQ(log.lines(), std::vector<std::string>{"warning mako: loop@mako failed: took longer than 1 s"});
  mako->close();
  while (::waitpid(-1, nullptr, WNOHANG) >= 0) io.context().run_for(1ms);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(MakoRendererTest, OtherHelpersGoOnBesideOneThatHangs) {
  write("hang@mako", "<% import time; time.sleep(1000) %>");
  write("fine@mako", "fine");
  const auto mako = renderer();
  auto hanging = io.start(mako->render("hang@mako", "/"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(page(*mako, "fine@mako"), "fine");
  EXPECT_FALSE(hanging.done());
  mako->close();
  EXPECT_EQ(hanging.get().outcome, Outcome::failed);
}

TEST_F(MakoRendererTest, NoMoreRenderSideBySideThanAllowed) {
  write("pid@mako", kPid);
  const auto mako = renderer({.most_helpers = 2});
  std::deque<support::Running<Rendered>> asked;
  for (int i = 0; i < 20; ++i) asked.push_back(io.start(mako->render("pid@mako", "/")));
  std::set<std::string> pids;
  for (auto& one : asked) pids.insert(one.get().text);
  EXPECT_EQ(pids.size(), 2U);
}

TEST_F(MakoRendererTest, TooManyThatWaitAreTurnedAway) {
  write("hang@mako", "<% import time; time.sleep(1000) %>");
  const auto mako = renderer({.most_helpers = 1, .most_waiting = 2});
  std::deque<support::Running<Rendered>> asked;
  for (int i = 0; i < 3; ++i) asked.push_back(io.start(mako->render("hang@mako", "/")));
  io.settle();
  EXPECT_EQ(render(*mako, "hang@mako").outcome, Outcome::busy);
  mako->close();
  for (auto& one : asked) EXPECT_EQ(one.get().outcome, Outcome::failed);
}

TEST_F(MakoRendererTest, TheLimitIsForWaitingAndRenderingTogether) {
  write("hang@mako", "<% import time; time.sleep(1000) %>");
  write("fine@mako", "fine");
  const auto mako = renderer({.limit = 300ms, .most_helpers = 1});
  auto first = io.start(mako->render("hang@mako", "/"));
  auto second = io.start(mako->render("fine@mako", "/"));
  EXPECT_EQ(first.get().outcome, Outcome::failed);
  EXPECT_NE(second.get().outcome, Outcome::done);
}

TEST_F(MakoRendererTest, NothingIsRenderedAfterClose) {
  write("a@mako", "a");
  const auto mako = renderer();
  page(*mako, "a@mako");
  mako->close();
  EXPECT_EQ(render(*mako, "a@mako").outcome, Outcome::failed);
}

TEST_F(MakoRendererTest, WhoWaitsMayOutliveTheRenderer) {
  write("hang@mako", "<% import time; time.sleep(1000) %>");
  auto mako = renderer({.most_helpers = 1});
  auto rendering = io.start(mako->render("hang@mako", "/"));
  auto waiting = io.start(mako->render("hang@mako", "/"));
  io.settle();
  mako.reset();
  EXPECT_EQ(rendering.get().outcome, Outcome::failed);
  EXPECT_EQ(waiting.get().outcome, Outcome::failed);
}

TEST_F(MakoRendererTest, WhatIsStillRunningGoesWithTheIoContext) {
  write("hang@mako", "<% import time; time.sleep(1000) %>");
  {
    support::TestIo other;
    MakoRenderer mako(other.executor(), folder.path(), {.most_helpers = 1});
    other.start(mako.render("hang@mako", "/"));
    other.start(mako.render("hang@mako", "/"));
    other.settle();
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(MakoRendererTest, WithoutMakoItIsUnavailableAndTheLogNamesThePackage) {
  write("a@mako", "a");
  const auto mako = renderer({.python = wrapper("exec /usr/bin/python3 -S \"$@\"")});  // without what Debian installs
  for (int i = 0; i < 3; ++i) EXPECT_EQ(render(*mako, "a@mako").outcome, Outcome::unavailable);
  EXPECT_THAT(log.lines(),
              ElementsAre("warning mako: templates cannot be rendered: No module named 'mako'; install the "
                          "Debian package python3-mako"));
}

TEST_F(MakoRendererTest, WithoutPythonItIsUnavailableAndTheLogNamesThePackage) {
  const auto mako = renderer({.python = "/nonexistent/python3"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(render(*mako, "a@mako").outcome, Outcome::unavailable);
  EXPECT_THAT(log.lines(), ElementsAre("warning mako: templates cannot be rendered: /nonexistent/python3: No such file "
                                       "or directory; install the Debian package python3-mako"));
}

TEST_F(MakoRendererTest, MakoThatIsInstalledLaterIsFound) {
  write("a@mako", "a");
  const auto mako = renderer({.python = wrapper("exec /usr/bin/python3 -S \"$@\""), .look_again = 0s});
  EXPECT_EQ(render(*mako, "a@mako").outcome, Outcome::unavailable);
  std::filesystem::remove(folder / "wrapper");
  wrapper("exec /usr/bin/python3 \"$@\"");
  EXPECT_EQ(page(*mako, "a@mako"), "a");
}

}  // namespace
}  // namespace hardline::cache
