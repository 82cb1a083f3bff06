// One version of a file or copy, as an answer's head tells it.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "folder.hpp"
#include "hardline/http/cacheability.hpp"
#include "hardline/http/conditions.hpp"
#include "hardline/wire/sidecar.hpp"

namespace hardline::cache {

struct Version {
  FileStamp stamp;  ///< of the file it describes
  int status = 200;
  std::string target;  ///< that it answers, where the name does not tell; else empty
  http::Validators validators;
  http::CacheControl control;
  bool etag_is_upstreams = false;  ///< else the ETag is made here, of the file
  bool gzip = false;               ///< the content is compressed
  bool refused = false;            ///< a key or certificate, whatever it is called
  std::string type_line;           ///< `Content-Type: …`, with its CRLF
  bool has_date = false;           ///< `fields` say when upstream gave it
  /// The other header fields that go out with it each time, as lines. ETag, Vary and `Content-Encoding: gzip` are not
  /// among them: they depend on whether the content goes out as it is.
  std::string fields;
};

using VersionPtr = std::shared_ptr<const Version>;

/// Of a file that somebody put there, or of a copy with its sidecar. `url_path` tells the type where the sidecar does
/// not; without a sidecar `begin` are the file's first octets.
VersionPtr version_of_file(const FileStamp& stamp, std::string_view url_path, const wire::Sidecar* sidecar,
                           std::string_view begin);

/// Of an answer that is just arriving. What must not be kept of it is left out already.
VersionPtr version_of_answer(const wire::Sidecar& kept, std::string_view url_path);

/// The versions that were looked at last, so that a hit needs neither sidecar nor formatting.
class VersionMemory {
 public:
  explicit VersionMemory(std::size_t most) : most_(most) {}

  /// nullptr where it is not known, or another version than `stamp` tells.
  VersionPtr find(const std::string& name, const FileStamp& stamp);
  void keep(const std::string& name, VersionPtr version);
  void forget(const std::string& name);

 private:
  struct Known {
    std::string name;
    VersionPtr version;
  };
  std::size_t most_;
  std::list<Known> by_use_;  ///< most recently used first
  std::unordered_map<std::string, std::list<Known>::iterator> known_;
};

}  // namespace hardline::cache
