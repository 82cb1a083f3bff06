// A folder to serve, beside one that nobody may see.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cache/folder.hpp"
#include "store/temp_dir.hpp"

namespace hardline::cache {

namespace fs = std::filesystem;
using store::file_content;
using store::write_file;

class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    fs::create_directory(outside);
    write_file(outside / "secret", "secret");
  }

  static Folder open(const fs::path& path) {
    auto folder = Folder::open(path);
    if (!folder) throw std::system_error(folder.error(), path);
    return std::move(*folder);
  }

  NewContent content(std::string_view text) const {
    auto made = folder.create();
    if (!made) throw std::system_error(made.error());
    EXPECT_EQ(made->append(text), std::error_code());
    return std::move(*made);
  }

  Result<FileStamp> place(std::string_view text, const std::string& name, bool keep_always = false) const {
    return folder.place(content(text), name, content("of " + std::string(text)), name + ".headers", keep_always);
  }

  /// The file's octets, or the error's text.
  std::string read(const std::string& name) const {
    const auto file = folder.open_file(name);
    if (!file) return file.error().message();
    return read(file->fd.get());
  }

  static std::string read(int fd) {
    std::array<std::byte, 64> buffer;
    const auto n = read_at(fd, buffer, 0, Disk::may_wait);
    if (!n) return n.error().message();
    return {reinterpret_cast<const char*>(buffer.data()), *n};
  }

  std::error_code error_of(const std::string& name) const {
    const auto file = folder.open_file(name);
    return file ? std::error_code() : file.error();
  }

  /// What is in the making.
  std::size_t count_new() const {
    std::size_t count = 0;
    const auto made = site / ".hardline-new";
    if (!fs::exists(made)) return 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(made)) ++count;
    return count;
  }

  store::TempDir temp;
  const fs::path site = temp / "site";
  const fs::path outside = temp / "outside";
  Folder folder = open(site);
};

}  // namespace hardline::cache
