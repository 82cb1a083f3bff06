#include "hardline/store/name_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "hardline/base/errc.hpp"
#include "hardline/store/file.hpp"
#include "store/full_disk.hpp"
#include "store/log_capture.hpp"
#include "store/temp_dir.hpp"
#include "support/test_io.hpp"

namespace hardline::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string kHex = "03b131fef9459a4a73da0c27e5b9e96362859de6";
const std::string kOtherHex = "f4525bb0fb13c3ed1816607803ee2991997de13d";
const ServiceName kService = *ServiceName::parse("secret-" + kHex);
const ServiceName kOther = *ServiceName::parse(kOtherHex);
const Petname kNas = *Petname::parse("nas");
const Petname kWiki = *Petname::parse("wiki");

class NameBookTest : public testing::Test {
 protected:
  ~NameBookTest() override { pool.join(); }

  std::error_code pin(NameBook& book, const Petname& name, const ServiceName& service) {
    return io.await(book.pin(name, service));
  }

  /// `NAME LABEL` each.
  static std::vector<std::string> described(const NameBook& book) {
    std::vector<std::string> lines;
    for (const auto& pin : book.pins()) lines.push_back(pin.name.text() + " " + pin.service.label());
    return lines;
  }
  /// As another start finds them.
  std::vector<std::string> kept() { return described(NameBook(file, pool)); }

  std::vector<Pin> many_pins(std::size_t count) {
    std::vector<Pin> pins;
    for (std::size_t i = 0; i < count; ++i) pins.push_back({*Petname::parse("n" + std::to_string(i)), kOther});
    return pins;
  }

  TempDir dir;
  fs::path file = dir / "names";
  support::TestIo io;
  asio::thread_pool pool{1};
};

TEST_F(NameBookTest, IsEmptyWithoutAFile) {
  const LogCapture log;
  const NameBook book(file, pool);
  EXPECT_THAT(book.pins(), IsEmpty());
  EXPECT_EQ(book.find("nas"), nullptr);
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(NameBookTest, KeepsWhatIsPinned) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kWiki, kOther));
  EXPECT_FALSE(pin(book, kNas, kService));
  ASSERT_TRUE(book.find("nas"));
  EXPECT_EQ(book.find("nas")->label(), kService.label());
  EXPECT_EQ(book.find("na"), nullptr);
  EXPECT_THAT(described(book), ElementsAre("nas " + kService.label(), "wiki " + kOther.label()));
  EXPECT_EQ(kept(), described(book));
}

TEST_F(NameBookTest, LetsNobodyElseReadTheFile) {
  write_file(file, "");
  fs::permissions(file, fs::perms(0644));
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  struct stat status;
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_THAT(dir.names(), ElementsAre("names")) << "and leaves nothing beside it";
}

TEST_F(NameBookTest, PointsANameAtAnotherService) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  EXPECT_FALSE(pin(book, kNas, kOther));
  EXPECT_THAT(described(book), ElementsAre("nas " + kOtherHex));
  EXPECT_EQ(kept(), described(book));
}

TEST_F(NameBookTest, UnpinsAndMindsNoNameThatIsNotThere) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  EXPECT_FALSE(io.await(book.unpin(kWiki)));
  EXPECT_FALSE(io.await(book.unpin(kNas)));
  EXPECT_THAT(described(book), IsEmpty());
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(NameBookTest, KeepsWhatWasWrittenByHandMeanwhile) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  write_file(file, "wiki " + kOtherHex + "\nwhat is this?\n");
  std::vector<std::string> told;
  const auto listening = book.listen([&told](const std::string& label) { told.push_back(label); });
  EXPECT_FALSE(pin(book, *Petname::parse("films"), kService));
  EXPECT_THAT(described(book), ElementsAre("films " + kService.label(), "wiki " + kOtherHex));
  EXPECT_THAT(told, UnorderedElementsAre("nas", "wiki", "films"));
  EXPECT_EQ(kept(), described(book));
  EXPECT_THAT(read_small_file(file, 1000).value(), HasSubstr("what is this?\n"));
}

TEST_F(NameBookTest, OverwritesNothingThatItCannotRead) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_EQ(pin(book, kWiki, kOther), std::errc::is_a_directory);
  EXPECT_THAT(described(book), ElementsAre("nas " + kService.label()));
}

TEST_F(NameBookTest, WritesAFileThatWasRemovedAgain) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  fs::remove(file);
  EXPECT_FALSE(pin(book, kWiki, kOther));
  EXPECT_EQ(kept(), described(book));
}

TEST_F(NameBookTest, RenamesToAFreeNameOnly) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  EXPECT_FALSE(io.await(book.rename(kNas, kWiki)));
  EXPECT_THAT(described(book), ElementsAre("wiki " + kService.label()));
  EXPECT_EQ(kept(), described(book));
  EXPECT_FALSE(io.await(book.rename(kWiki, kWiki)));
  EXPECT_EQ(io.await(book.rename(kNas, kWiki)), std::errc::no_such_file_or_directory);
  EXPECT_FALSE(pin(book, kNas, kOther));
  EXPECT_EQ(io.await(book.rename(kNas, kWiki)), std::errc::file_exists);
  EXPECT_THAT(described(book), ElementsAre("nas " + kOtherHex, "wiki " + kService.label()));
}

TEST_F(NameBookTest, ImportsOverWhatHasTheSameName) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  const std::vector<Pin> pins{{kWiki, kService}, {kNas, kOther}};
  EXPECT_FALSE(io.await(book.import(pins)));
  EXPECT_THAT(described(book), ElementsAre("nas " + kOtherHex, "wiki " + kService.label()));
  EXPECT_EQ(kept(), described(book));
}

TEST_F(NameBookTest, HoldsABoundedNumber) {
  NameBook book(file, pool);
  EXPECT_FALSE(io.await(book.import(many_pins(kMaxPins))));
  EXPECT_EQ(pin(book, kNas, kService), Errc::too_large);
  EXPECT_EQ(book.find("nas"), nullptr);
  const auto two = std::vector<Pin>{{*Petname::parse("n1"), kService}, {kNas, kService}};
  EXPECT_EQ(io.await(book.import(two)), Errc::too_large);
  EXPECT_EQ(book.find("n1")->label(), kOtherHex) << "all of them or none";
  EXPECT_FALSE(pin(book, *Petname::parse("n1"), kService));
  EXPECT_THAT(kept(), SizeIs(kMaxPins));
}

TEST_F(NameBookTest, LosesNoneOfSeveralChangesAtOnce) {
  NameBook book(file, pool);
  std::vector<support::Running<std::error_code>> changes;
  for (int i = 0; i < 20; ++i) changes.push_back(io.start(book.pin(*Petname::parse("n" + std::to_string(i)), kOther)));
  changes.push_back(io.start(book.unpin(*Petname::parse("n3"))));
  changes.push_back(io.start(book.rename(*Petname::parse("n4"), kNas)));
  for (auto& change : changes) EXPECT_FALSE(change.get());
  EXPECT_THAT(described(book), SizeIs(19));
  EXPECT_TRUE(book.find("nas"));
  EXPECT_EQ(kept(), described(book));
}

TEST_F(NameBookTest, UndoesWhatCannotBeWritten) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  const LogCapture log;
  {
    const FullDisk full(0);
    EXPECT_EQ(pin(book, kNas, kOther), std::errc::file_too_large);
    EXPECT_EQ(pin(book, kWiki, kOther), std::errc::file_too_large);
    EXPECT_EQ(io.await(book.unpin(kNas)), std::errc::file_too_large);
  }
  EXPECT_THAT(described(book), ElementsAre("nas " + kService.label()));
  EXPECT_EQ(kept(), described(book));
  EXPECT_THAT(log.lines(), SizeIs(3));
  EXPECT_THAT(log.lines()[0], StartsWith("warning store: " + file.string() + " cannot be written"));
  EXPECT_FALSE(pin(book, kWiki, kOther)) << "and goes on";
  EXPECT_THAT(kept(), SizeIs(2));
}

TEST_F(NameBookTest, FailsInAFolderThatIsGone) {
  file = dir / "gone/names";
  NameBook book(file, pool);
  EXPECT_EQ(pin(book, kNas, kService), std::errc::no_such_file_or_directory);
  EXPECT_THAT(book.pins(), IsEmpty());
}

TEST_F(NameBookTest, WritesNothingWhereNothingChanges) {
  NameBook book(file, pool);
  EXPECT_FALSE(pin(book, kNas, kService));
  const FullDisk full(0);
  EXPECT_FALSE(pin(book, kNas, kService));
  EXPECT_FALSE(io.await(book.unpin(kWiki)));
}

TEST_F(NameBookTest, KeepsLinesThatItDoesNotUnderstand) {
  write_file(file, "# mine\nnas secret-" + kHex + "\nmy_wiki " + kOtherHex + "\n\nlater: what a newer version writes");
  const LogCapture log;
  NameBook book(file, pool);
  EXPECT_THAT(log.lines(),
              ElementsAre(AllOf(StartsWith("warning store: " + file.string() + ":3: the name may only contain"),
                                HasSubstr("1 more"), Not(HasSubstr(kOtherHex)))));
  EXPECT_THAT(described(book), ElementsAre("nas " + kService.label()));
  EXPECT_FALSE(pin(book, kWiki, kOther));
  EXPECT_THAT(file_content(file), testing::EndsWith("\nwiki " + kOtherHex + "\nmy_wiki " + kOtherHex +
                                                    "\nlater: what a newer version writes\n"));
  EXPECT_FALSE(io.await(book.unpin(kNas)));
  NameBook again(file, pool);
  EXPECT_FALSE(io.await(again.unpin(kWiki)));
  EXPECT_THAT(file_content(file),
              testing::EndsWith("\nmy_wiki " + kOtherHex + "\nlater: what a newer version writes\n"));
}

TEST_F(NameBookTest, KeepsLinesThatAreTooMany) {
  auto text = format_names(many_pins(kMaxPins));
  write_file(file, text + "nas " + kHex + "\n\nwiki " + kHex + "\n");
  NameBook book(file, pool);
  EXPECT_EQ(book.find("nas"), nullptr);
  EXPECT_FALSE(io.await(book.unpin(*Petname::parse("n0"))));
  EXPECT_THAT(file_content(file), testing::EndsWith("\nnas " + kHex + "\n\nwiki " + kHex + "\n"));
}

TEST_F(NameBookTest, ChangesNothingInAFileThatItCannotRead) {
  fs::create_directory(file);
  const LogCapture log;
  NameBook book(file, pool);
  EXPECT_THAT(log.lines(), ElementsAre(StartsWith("error store: " + file.string() + " cannot be read")));
  EXPECT_EQ(pin(book, kNas, kService), std::errc::is_a_directory);
  EXPECT_EQ(io.await(book.unpin(kNas)), std::errc::is_a_directory);
  EXPECT_THAT(book.pins(), IsEmpty());
  EXPECT_TRUE(fs::is_directory(file));
}

TEST_F(NameBookTest, ReadsNoEndlessFile) {
  write_file(file, std::string(3 << 20, '#'));
  const LogCapture log;
  NameBook book(file, pool);
  EXPECT_EQ(pin(book, kNas, kService), std::errc::file_too_large);
  EXPECT_EQ(fs::file_size(file), 3u << 20);
}

class NameBookListening : public NameBookTest {
 protected:
  std::vector<std::string> labels_of(awaitable<std::error_code> change) {
    told.clear();
    io.await(std::move(change));
    return told;
  }

  std::vector<std::string> told;
  NameBook book{file, pool};
  std::shared_ptr<void> token = book.listen([this](const std::string& label) { told.push_back(label); });
};

TEST_F(NameBookListening, HearsOfEveryLabelThatLeadsElsewhere) {
  EXPECT_THAT(labels_of(book.pin(kNas, kService)), ElementsAre("nas"));
  EXPECT_THAT(labels_of(book.pin(kNas, kOther)), ElementsAre("nas"));
  EXPECT_THAT(labels_of(book.rename(kNas, kWiki)), UnorderedElementsAre("nas", "wiki"));
  EXPECT_THAT(labels_of(book.unpin(kWiki)), ElementsAre("wiki"));
  EXPECT_THAT(labels_of(book.pin(kNas, kService)), ElementsAre("nas"));
  const std::vector<Pin> pins{{kNas, kService}, {kWiki, kOther}};
  EXPECT_THAT(labels_of(book.import(pins)), ElementsAre("wiki"));
}

TEST_F(NameBookListening, HearsNothingWhereNothingLeadsElsewhere) {
  EXPECT_THAT(labels_of(book.unpin(kNas)), IsEmpty());
  EXPECT_THAT(labels_of(book.pin(kNas, kService)), SizeIs(1));
  EXPECT_THAT(labels_of(book.pin(kNas, kService)), IsEmpty());
  EXPECT_THAT(labels_of(book.pin(kNas, *ServiceName::parse("other-" + kHex))), IsEmpty()) << "another password alone";
  EXPECT_EQ(book.find("nas")->label(), "other-" + kHex);
}

TEST_F(NameBookListening, HearsBeforeTheFileIsWritten) {
  auto change = io.start(book.pin(kNas, kService));
  EXPECT_TRUE(io.run_until([this] { return !told.empty(); }));
  EXPECT_FALSE(change.done());
  EXPECT_TRUE(book.find("nas"));
  EXPECT_FALSE(change.get());
}

TEST_F(NameBookListening, HearsAgainOfWhatIsUndone) {
  const FullDisk full(0);
  EXPECT_THAT(labels_of(book.pin(kNas, kService)), ElementsAre("nas", "nas"));
}

TEST_F(NameBookListening, EndsWithItsToken) {
  auto other = std::make_shared<std::shared_ptr<void>>();
  *other = book.listen([other = other.get()](const std::string&) { other->reset(); });  // ends itself
  EXPECT_THAT(labels_of(book.pin(kNas, kService)), ElementsAre("nas"));
  EXPECT_FALSE(*other);
  token.reset();
  EXPECT_THAT(labels_of(book.unpin(kNas)), IsEmpty());
}

}  // namespace
}  // namespace hardline::store
