#include "version.hpp"

#include <fmt/format.h>

#include "hardline/base/ascii.hpp"
#include "hardline/http/date.hpp"
#include "hardline/http/media_type.hpp"
#include "hardline/wire/cache_target.hpp"

namespace hardline::cache {
namespace {

/// nginx's form: it changes whenever the file does.
std::string etag_of(const FileStamp& stamp) {
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(stamp.modified.time_since_epoch()).count();
  return fmt::format("\"{:x}-{:x}\"", static_cast<std::uint64_t>(nanoseconds), stamp.size);
}

std::string_view type_of(std::string_view url_path) {
  if (url_path.ends_with('/')) return "text/html; charset=utf-8";
  return http::media_type_of(url_path.substr(url_path.rfind('/') + 1));
}

void add_line(std::string& lines, std::string_view name, std::string_view value) {
  lines.append(name).append(": ").append(value).append("\r\n");
}

void take_over(Version& version, const wire::Sidecar& sidecar) {
  version.status = sidecar.status;
  version.target = sidecar.target;
  version.control = http::parse_cache_control(sidecar.fields);
  if (const auto etag = http::find_field(sidecar.fields, "ETag")) version.validators.etag = *etag;
  if (const auto modified = http::find_field(sidecar.fields, "Last-Modified"))
    version.validators.last_modified = http::parse_http_date(*modified);
  version.gzip = http::is_gzip(sidecar.fields);
  for (const auto& [name, value] : sidecar.fields) {
    const auto lower = to_lower(name);
    if (lower == "content-type") {
      add_line(version.type_line, name, value);
      continue;
    }
    version.has_date = version.has_date || lower == "date";
    const bool of_each_answer = lower == "etag" || lower == "vary" || (lower == "content-encoding" && version.gzip);
    if (!of_each_answer) add_line(version.fields, name, value);
  }
}

void complete(Version& version, std::string_view url_path, const wire::Sidecar* sidecar) {
  if (version.type_line.empty()) add_line(version.type_line, "Content-Type", type_of(url_path));
  if (sidecar) return;
  add_line(version.fields, "Last-Modified", http::format_http_date(*version.validators.last_modified));
  add_line(version.fields, "X-Content-Type-Options", "nosniff");  // its name says what it is, not what it begins with
}

}  // namespace

VersionPtr version_of_file(const FileStamp& stamp, std::string_view url_path, const wire::Sidecar* sidecar,
                           std::string_view begin) {
  auto version = std::make_shared<Version>();
  version->stamp = stamp;
  if (sidecar)
    take_over(*version, *sidecar);
  else
    version->validators.last_modified = std::chrono::floor<std::chrono::seconds>(stamp.modified);
  version->etag_is_upstreams = !version->validators.etag.empty();
  if (!version->etag_is_upstreams) version->validators.etag = etag_of(stamp);
  version->refused = wire::begins_as_pem(begin);
  complete(*version, url_path, sidecar);
  return version;
}

VersionPtr version_of_answer(const wire::Sidecar& kept, std::string_view url_path) {
  auto version = std::make_shared<Version>();
  take_over(*version, kept);
  complete(*version, url_path, &kept);
  return version;
}

VersionPtr VersionMemory::find(const std::string& name, const FileStamp& stamp) {
  const auto found = known_.find(name);
  if (found == known_.end()) return nullptr;
  if (found->second->version->stamp != stamp) {
    by_use_.erase(found->second);
    known_.erase(found);
    return nullptr;
  }
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->version;
}

void VersionMemory::keep(const std::string& name, VersionPtr version) {
  forget(name);
  by_use_.push_front({name, std::move(version)});
  known_.emplace(name, by_use_.begin());
  if (by_use_.size() <= most_) return;
  known_.erase(by_use_.back().name);
  by_use_.pop_back();
}

void VersionMemory::forget(const std::string& name) {
  const auto found = known_.find(name);
  if (found == known_.end()) return;
  by_use_.erase(found->second);
  known_.erase(found);
}

}  // namespace hardline::cache
