#include "hardline/store/service_editor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>
#include <stdexcept>

#include "hardline/store/identity.hpp"
#include "hardline/store/ini.hpp"
#include "store/full_disk.hpp"
#include "store/temp_dir.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr auto kService = "[Service]\nservice=localhost\nport=80\n";
const OriginAddress kAddress = HostPort{"127.0.0.1", 8096};

std::string value_of(const std::string& text, const std::string& section, const std::string& key) {
  for (const auto& entry : parse_ini("test.ini", text))
    if (entry.section == section && entry.key == key) return entry.value;
  return "(none)";
}

template <class Write>
std::string error_of(Write write) {
  try {
    write();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

TEST(EditIni, ChangesAValueWhereItIs) {
  EXPECT_EQ(edit_ini("# mine\n[Info]\nTitle = old  \n; end\n", {{"info", "title", "new"}}),
            "# mine\n[Info]\nTitle = new  \n; end\n");
}

TEST(EditIni, ChangesTheKeyOfItsSectionOnly) {
  EXPECT_EQ(edit_ini("[A]\nkey=1\n[B]\nkey=2\n[C]\nkey=3\n", {{"B", "key", "x"}}),
            "[A]\nkey=1\n[B]\nkey=x\n[C]\nkey=3\n");
}

TEST(EditIni, AddsAKeyBehindTheLastOneOfItsSection) {
  EXPECT_EQ(edit_ini("[A]\nkey=1\n\n# of B\n[B]\nother=2\n", {{"A", "new", "x"}}),
            "[A]\nkey=1\nnew=x\n\n# of B\n[B]\nother=2\n");
  EXPECT_EQ(edit_ini("[A]\n[B]\n", {{"A", "new", "x"}}), "[A]\nnew=x\n[B]\n");
}

TEST(EditIni, AddsASectionAtTheEnd) {
  EXPECT_EQ(edit_ini("[A]\nkey=1\n", {{"B", "new", "x"}}), "[A]\nkey=1\n\n[B]\nnew=x\n");
  EXPECT_EQ(edit_ini("", {{"B", "new", "x"}}), "[B]\nnew=x\n");
}

TEST(EditIni, EndsALastLineThatHasNoEnd) {
  EXPECT_EQ(edit_ini("[A]\nkey=1", {{"A", "new", "x"}}), "[A]\nkey=1\nnew=x\n");
  EXPECT_EQ(edit_ini("[A]\nkey=1", {{"A", "key", "x"}}), "[A]\nkey=x");
}

TEST(EditIni, KeepsTheLineEndsOfTheFile) {
  EXPECT_EQ(edit_ini("[A]\r\nkey=1\r\n", {{"A", "key", "x"}, {"A", "new", "y"}}), "[A]\r\nkey=x\r\nnew=y\r\n");
}

TEST(EditIni, KeepsAByteOrderMark) {
  EXPECT_EQ(edit_ini("\xEF\xBB\xBF[A]\nkey=1\n", {{"A", "key", "x"}}), "\xEF\xBB\xBF[A]\nkey=x\n");
}

TEST(EditIni, TakesNoCommentForAKey) {
  EXPECT_EQ(edit_ini("[A]\n;key=1\n#key=2\n", {{"A", "key", "x"}}), "[A]\nkey=x\n;key=1\n#key=2\n");
}

TEST(EditIni, RefusesAValueThatWouldBecomeMoreLines) {
  for (const char* value : {"a\nb", "a\rb", "a\tb", "a\x7f"})
    EXPECT_THROW(edit_ini("", {{"A", "key", value}}), std::invalid_argument);
}

TEST(EditIni, WritesEveryValueSoThatItIsReadBack) {
  for (const std::string value : {"\"My Service\"", "'", "\"", "''", " a ", "a ; b", "; b", "# b", "[A]", "a = b",
                                  "\"a", "it's", "\"a\" and \"b\"", "Caf\xC3\xA9"})
    for (const char* text : {"", "[A]\nkey=\n", "[A]\n key : 'old' \n"})
      EXPECT_EQ(value_of(edit_ini(text, {{"A", "key", value}}), "a", "key"), value) << text;
}

TEST(EditIni, ChangesNothingElse) {
  const std::vector<std::string> pieces{"a", "b", " ", "\"", "'",  ";",   "#",
                                        "=", ":", "[", "]",  "\\", "x y", "\xC3\xA9"};
  std::minstd_rand random(1);
  const auto any_text = [&] {
    std::string text;
    for (auto left = random() % 8; left > 0; --left) text += pieces[random() % pieces.size()];
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<IniChange> written;
    std::string text;
    for (const char* section : {"One", "Two"})
      for (const char* key : {"first", "second", "third"}) {
        if (random() % 3 == 0) text += "# " + any_text() + "\n";
        written.push_back({section, key, any_text()});
        text = edit_ini(text, {written.back()});
      }
    auto& changed = written[random() % written.size()];
    changed.value = any_text();
    text = edit_ini(text, {changed});
    for (const auto& [section, key, value] : written)
      ASSERT_EQ(value_of(text, section == "One" ? "one" : "two", key), value) << text;
  }
}

TEST(CreateServiceFile, WritesWhatIsReadAsTheService) {
  const TempDir dir;
  const auto file = create_service_file(dir / "new/services", "Caf\xC3\xA9 \"Jellyfin\" ; 2", kAddress);
  EXPECT_EQ(file, dir / "new/services/caf-jellyfin-2.ini");
  const auto service = read_service_file(file);
  EXPECT_EQ(service.title, "Caf\xC3\xA9 \"Jellyfin\" ; 2");
  EXPECT_EQ(service.origin, ServiceOrigin(kAddress));
  EXPECT_EQ(service.certfile, dir / "new/services/caf-jellyfin-2.cert");
  EXPECT_FALSE(service.paused);
  EXPECT_THAT(service.warnings, IsEmpty());
}

TEST(CreateServiceFile, WritesAnIpv6AddressAndAUnixSocket) {
  const TempDir dir;
  for (const OriginAddress& address :
       {OriginAddress(HostPort{"::1", 80}), OriginAddress(UnixPath{"/run/my app ;.sock"})})
    EXPECT_EQ(read_service_file(create_service_file(dir.path(), "a", address)).origin, ServiceOrigin(address));
}

TEST(CreateServiceFile, MakesANameOfAsciiLettersAndDigits) {
  const TempDir dir;
  const auto name = [&](const std::string& title) {
    return create_service_file(dir.path(), title, kAddress).stem().string();
  };
  EXPECT_EQ(name("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(name("\xE4\xB8\xAD\xE6\x96\x87"), "service");
  EXPECT_EQ(name("...."), "service-2");
  EXPECT_EQ(name(std::string(39, 'a') + " b"), std::string(39, 'a'));
  EXPECT_EQ(name(std::string(60, 'b')), std::string(40, 'b'));
}

TEST(CreateServiceFile, NumbersANameThatIsTaken) {
  const TempDir dir;
  EXPECT_EQ(create_service_file(dir.path(), "Jellyfin", kAddress), dir / "jellyfin.ini");
  EXPECT_EQ(create_service_file(dir.path(), "jellyfin!", kAddress), dir / "jellyfin-2.ini");
  EXPECT_EQ(read_service_file(dir / "jellyfin-2.ini").certfile, dir / "jellyfin-2.cert");
}

TEST(CreateServiceFile, TakesNoCertificateThatIsThereAlready) {
  const TempDir dir;
  create_identity(dir / "a.cert");
  write_file(dir / "a-2.cert.private", "");
  EXPECT_EQ(create_service_file(dir.path(), "a", kAddress), dir / "a-3.ini");
}

TEST(CreateServiceFile, LeavesNothingWhereItCannotBeWritten) {
  const TempDir dir;
  const FullDisk full(10);
  try {
    create_service_file(dir.path(), "a", kAddress);
    FAIL() << "it was written";
  } catch (const WriteError& e) {
    EXPECT_EQ(e.code(), std::errc::file_too_large);
    EXPECT_THAT(e.what(), HasSubstr((dir / "a.ini").string()));
  }
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(CreateServiceFile, RefusesWhatIsNoService) {
  const TempDir dir;
  EXPECT_THAT(error_of([&] { create_service_file(dir.path(), "a", HostPort{"no host", 80}); }), HasSubstr("service"));
  EXPECT_THAT(error_of([&] { create_service_file(dir.path(), "a\nb", kAddress); }), HasSubstr("control characters"));
  EXPECT_THAT(dir.names(), IsEmpty());
}

TEST(ChangeServiceFile, ReplacesItWithItsMode) {
  const TempDir dir;
  write_file(dir / "a.ini", std::string("; mine\n") + kService);
  ::chmod((dir / "a.ini").c_str(), 0640);
  change_service_file(dir / "a.ini", {{"Service", "paused", "yes"}, {"Info", "title", "New"}});
  EXPECT_EQ(file_content(dir / "a.ini"), std::string("; mine\n") + kService + "paused=yes\n\n[Info]\ntitle=New\n");
  EXPECT_TRUE(read_service_file(dir / "a.ini").paused);
  struct stat status {};
  ASSERT_EQ(::stat((dir / "a.ini").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
  EXPECT_THAT(dir.names(), ElementsAre("a.ini"));
}

TEST(ChangeServiceFile, MovesTheServiceToAnotherAddress) {
  const TempDir dir;
  write_file(dir / "a.ini", kService);
  for (const OriginAddress& address : {OriginAddress(UnixPath{"/run/a.sock"}), OriginAddress(HostPort{"::1", 81})}) {
    change_service_file(dir / "a.ini", address_changes(address));
    EXPECT_EQ(read_service_file(dir / "a.ini").origin, ServiceOrigin(address));
  }
}

TEST(ChangeServiceFile, LeavesAFileAsItIsRatherThanBreakIt) {
  const TempDir dir;
  write_file(dir / "a.ini", kService);
  EXPECT_THAT(error_of([&] {
                change_service_file(dir / "a.ini", {{"Service", "port", "none"}});
              }),
              HasSubstr("must be a number from 1 to 65535"));
  {
    const FullDisk full(10);
    EXPECT_THROW(change_service_file(dir / "a.ini", {{"Service", "port", "81"}}), WriteError);
  }
  EXPECT_EQ(file_content(dir / "a.ini"), kService);
  EXPECT_THAT(dir.names(), ElementsAre("a.ini"));
}

TEST(ChangeServiceFile, ChangesWhatALinkLeadsTo) {
  const TempDir dir;
  fs::create_directory(dir / "available");
  write_file(dir / "available/a.ini", kService);
  fs::create_symlink("available/a.ini", dir / "a.ini");
  change_service_file(dir / "a.ini", {{"Service", "port", "81"}});
  EXPECT_TRUE(fs::is_symlink(dir / "a.ini"));
  EXPECT_THAT(file_content(dir / "available/a.ini"), HasSubstr("port=81"));
}

TEST(ChangeServiceFile, SaysThatThereIsNone) {
  const TempDir dir;
  EXPECT_THAT(error_of([&] { change_service_file(dir / "a.ini", {}); }), HasSubstr("cannot be read: No such file"));
}

/// The names in the folder, which is private.
std::vector<std::string> removed_to(const fs::path& folder) {
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(RemoveServiceFile, PutsItAsideWithItsCertificate) {
  const TempDir dir;
  const auto file = create_service_file(dir.path(), "a", kAddress);
  const auto identity = create_identity(dir / "a.cert");
  const auto folder = remove_service_file(file);
  EXPECT_EQ(folder.parent_path(), dir / "removed");
  EXPECT_THAT(folder.filename().string(), testing::MatchesRegex("a-[0-9]{8}T[0-9]{6}Z"));
  EXPECT_THAT(removed_to(folder), UnorderedElementsAre("a.ini", "a.cert", "a.cert.private", "a.cert.hash"));
  EXPECT_EQ(load_identity(folder / "a.cert").name.key, identity.name.key);
  EXPECT_THAT(dir.names(), ElementsAre("removed"));
  EXPECT_THAT(read_service_directory(dir.path()).services, IsEmpty());
}

TEST(RemoveServiceFile, KeepsTwoOfOneNameAndSecondApart) {
  const TempDir dir;
  std::vector<fs::path> folders;
  for (int i = 0; i < 3; ++i) folders.push_back(remove_service_file(create_service_file(dir.path(), "a", kAddress)));
  for (const auto& folder : folders) EXPECT_THAT(removed_to(folder), ElementsAre("a.ini"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir / "removed"), {}), 3);
}

TEST(RemoveServiceFile, LeavesACertificateThatIsElsewhere) {
  const TempDir dir;
  fs::create_directory(dir / "keys");
  create_identity(dir / "keys/a.cert");
  write_file(dir / "a.ini", std::string(kService) + "certfile=keys/a.cert\n");
  EXPECT_THAT(removed_to(remove_service_file(dir / "a.ini")), ElementsAre("a.ini"));
  EXPECT_TRUE(fs::exists(dir / "keys/a.cert"));
}

TEST(RemoveServiceFile, LeavesACertificateThatAnotherFileNames) {
  const TempDir dir;
  for (const char* other : {"[Service]\nservice=a\nport=80\ncertfile=a.cert\n", "broken, certfile=a.cert"}) {
    create_identity(dir / "a.cert");
    write_file(dir / "a.ini", std::string(kService) + "certfile=a.cert\n");
    write_file(dir / "b.ini", other);
    EXPECT_THAT(removed_to(remove_service_file(dir / "a.ini")), ElementsAre("a.ini")) << other;
    for (const char* suffix : {"", ".private", ".hash"})
      EXPECT_TRUE(fs::remove(dir / (std::string("a.cert") + suffix)));
  }
}

TEST(RemoveServiceFile, OfAFileThatNobodyUnderstandsIsOfTheFileAlone) {
  const TempDir dir;
  create_identity(dir / "a.ini.cert");
  write_file(dir / "a.ini", "nonsense");
  EXPECT_THAT(removed_to(remove_service_file(dir / "a.ini")), ElementsAre("a.ini"));
  EXPECT_TRUE(fs::exists(dir / "a.ini.cert"));
}

TEST(RemoveServiceFile, LeavesEverythingWhereTheFolderCannotBeMade) {
  const TempDir dir;
  write_file(dir / "a.ini", kService);
  write_file(dir / "removed", "");
  EXPECT_THROW(remove_service_file(dir / "a.ini"), WriteError);
  EXPECT_EQ(file_content(dir / "a.ini"), kService);
}

TEST(RemoveServiceFile, SaysThatThereIsNone) {
  const TempDir dir;
  EXPECT_THROW(remove_service_file(dir / "a.ini"), WriteError);
  EXPECT_THAT(dir.names(), IsEmpty());
}

}  // namespace
}  // namespace hardline::store
