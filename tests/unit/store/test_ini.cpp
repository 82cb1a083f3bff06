#include "hardline/store/ini.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::SizeIs;

/// One line an entry, for comparing: `LINE section.key=value`.
std::string parsed(std::string_view text) {
  std::string result;
  for (const auto& entry : parse_ini("a.ini", text))
    result += std::to_string(entry.line) + " " + entry.section + "." + entry.key + "=" + entry.value + "\n";
  return result;
}

/// What parse_ini() says is wrong.
std::string error(std::string_view text) {
  try {
    parse_ini("a.ini", text);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

/// The value of the one entry of `[a]` + `line`.
std::string value(std::string_view line) {
  const auto entries = parse_ini("a.ini", "[a]\n"s + std::string(line));
  return entries.size() == 1 ? entries[0].value : "not one entry";
}

TEST(Ini, ReadsSectionsAndKeysInLowerCase) {
  EXPECT_EQ(parsed("[Service]\nservice=localhost\nPORT = 80\n\n[Access]\nuseDHT: yes\n"),
            "2 service.service=localhost\n3 service.port=80\n6 access.usedht=yes\n");
}

TEST(Ini, HoldsNothingInAnEmptyFile) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("\n\n"), "");
  EXPECT_EQ(parsed("\xEF\xBB\xBF"), "");
}

TEST(Ini, TakesCommentsOnLinesOfTheirOwnOnly) {
  EXPECT_EQ(parsed("; one\n# two\n  ; [three\n[a]\n#b=1\nc=2 # three\n"), "6 a.c=2 # three\n");
  EXPECT_EQ(value("k=1 ; 2;3"), "1 ; 2;3");
  EXPECT_EQ(value("k= ;all"), ";all");
  EXPECT_EQ(value("k=#all"), "#all");
}

TEST(Ini, RemovesOnePairOfQuotes) {
  EXPECT_EQ(value("k=\"My Service\""), "My Service");
  EXPECT_EQ(value("k = ' spaces kept ' "), " spaces kept ");
  EXPECT_EQ(value("k=\"\"twice\"\""), "\"twice\"");
  EXPECT_EQ(value("k=\"mixed'"), "\"mixed'");
  EXPECT_EQ(value("k=\""), "\"");
  EXPECT_EQ(value("k=\"\""), "");
}

TEST(Ini, TakesEverythingAfterTheFirstSeparator) {
  EXPECT_EQ(value("k=a=b:c"), "a=b:c");
  EXPECT_EQ(value("k: a=b"), "a=b");
  EXPECT_EQ(value("k=[b]"), "[b]");
}

TEST(Ini, AllowsEmptyValues) {
  EXPECT_EQ(value("certfile="), "");
  EXPECT_EQ(value("certfile =  \t "), "");
}

TEST(Ini, ReadsValuesOfAnyLength) {
  for (const std::size_t length : {150, 194, 195, 196, 199, 200, 201, 1000, 100'000}) {
    const std::string text(length, 'x');
    EXPECT_EQ(parsed("[a]\nk=" + text + "\nl=1\n"), "2 a.k=" + text + "\n3 a.l=1\n");
    EXPECT_EQ(parsed("[a]\n#" + text + "\nl=1\n"), "3 a.l=1\n");
  }
}

TEST(Ini, DoesNotMindLeadingWhiteSpace) {
  EXPECT_EQ(parsed("  [a]\n\tk=1\n    l=2\n"), "2 a.k=1\n3 a.l=2\n");
}

TEST(Ini, ReadsWindowsLineEndsAndAByteOrderMark) {
  EXPECT_EQ(parsed("\xEF\xBB\xBF[a]\r\nk=\"1\"\r\n\r\nl=2"), "2 a.k=1\n4 a.l=2\n");
}

TEST(Ini, KeepsTheSectionOverAGapAndTakesItUpAgain) {
  EXPECT_EQ(parsed("[a]\nk=1\n[b]\nk=2\n[A]\nl=3\n"), "2 a.k=1\n4 b.k=2\n6 a.l=3\n");
}

TEST(Ini, NamesTheLineThatMakesNoSense) {
  EXPECT_THAT(error("[a]\n\nnonsense\nk=1\n"), HasSubstr("a.ini:3: is not a [section]"));
  EXPECT_THAT(error("[a]\n[b\n"), HasSubstr("a.ini:2: is not a [section]"));
  EXPECT_THAT(error("[a]\n" + std::string(5000, 'x')), HasSubstr("a.ini:2: is not a [section]"));
  EXPECT_THAT(error("[a]\nnonsense\nk=1\nk=2\n"), HasSubstr("a.ini:2: is not a [section]"));
}

TEST(Ini, RefusesAByteOrderMarkThatIsNotTheFilesFirst) {
  for (const auto* text : {"\t\xEF\xBB\xBF\n", "\xEF\xBB\xBF\xEF\xBB\xBF[a]\nk=1\n"})
    EXPECT_THAT(error(text), HasSubstr("a.ini:1: is not a [section]")) << text;
}

TEST(Ini, RefusesAKeyBeforeAnySection) {
  EXPECT_THAT(error("\nk=1\n[a]\n"), HasSubstr("a.ini:2: k: comes before any [section]"));
  EXPECT_THAT(error("[ ]\nk=1\n"), HasSubstr("a.ini:2: k: comes before any [section]"));
}

TEST(Ini, RefusesAKeyGivenTwice) {
  EXPECT_THAT(error("[a]\nk=1\n[b]\n[A]\nK=2\n"), HasSubstr("a.ini:5: k: was given before, on line 2"));
}

TEST(Ini, RefusesAValueWithoutKey) {
  EXPECT_THAT(error("[a]\n = 1\n"), HasSubstr("a.ini:2: has no key"));
}

TEST(Ini, RefusesNamesOfUnreasonableLength) {
  EXPECT_THAT(error("[a]\n" + std::string(101, 'k') + "=1"),
              HasSubstr("a.ini:2: has a section or key name that is too long"));
  EXPECT_THAT(error("[" + std::string(49, 's') + "]\nk=1"),
              HasSubstr("a.ini:1: has a section or key name that is too long"));
  const std::string key(100, 'k'), section(48, 's');
  EXPECT_EQ(parsed("[" + section + "]\n" + key + "=1"), "2 " + section + "." + key + "=1\n");
}

TEST(Ini, RefusesBinary) {
  EXPECT_THAT(error("[a]\nk=1\0 2\n"s), HasSubstr("a.ini:2: holds a control character"));
  EXPECT_THAT(error("[a]\n#\x1b[2J\n"), HasSubstr("a.ini:2: holds a control character"));
  EXPECT_THAT(error("\x7f"
                    "ELF"),
              HasSubstr("a.ini:1: holds a control character"));
}

TEST(Ini, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(value("k=Grüße, 世界 🌍"), "Grüße, 世界 🌍");
  for (const auto* bad :
       {"\xff",
        "Gr\xfc\xdf"
        "e",
        "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xb8", "\xf0\x80\x80\x80", "\x80"})
    EXPECT_THAT(error("[a]\nk="s + bad + "\n"), HasSubstr("a.ini:2: is not UTF-8"));
  for (const auto* good :
       {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(value("k="s + good), good);
}

TEST(IniFile, SaysWhyItCannotBeRead) {
  const TempDir dir;
  try {
    read_ini(dir / "none.ini");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.file(), dir / "none.ini");
    EXPECT_THAT(e.what(), HasSubstr("No such file"));
  }
}

TEST(IniFile, MayHaveOneMebibyte) {
  const TempDir dir;
  const std::string line = "#" + std::string(1022, 'x') + "\n";
  std::string text = "[a]\nk=1\n";
  while (text.size() + line.size() <= 1024 * 1024) text += line;
  write_file(dir / "a.ini", text);
  EXPECT_THAT(read_ini(dir / "a.ini"), SizeIs(1));
  write_file(dir / "a.ini", text + line);
  EXPECT_THROW(read_ini(dir / "a.ini"), ConfigError);
}

TEST(IniBool, KnowsTheWordsPeopleUse) {
  for (const auto* yes : {"yes", "Yes", "TRUE", "on", "1"}) EXPECT_TRUE(ini_bool("a.ini", {"a", "k", yes, 2})) << yes;
  for (const auto* no : {"no", "No", "FALSE", "off", "0"}) EXPECT_FALSE(ini_bool("a.ini", {"a", "k", no, 2})) << no;
}

TEST(IniBool, NamesTheEntryThatIsNeither) {
  try {
    ini_bool("a.ini", {"a", "k", "maybe", 2});
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_STREQ(e.what(), "a.ini:2: k: must be yes or no, not 'maybe'");
  }
}

}  // namespace
}  // namespace hardline::store
