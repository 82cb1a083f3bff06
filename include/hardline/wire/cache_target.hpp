// What a request to a cached service asks for, and by which names a folder holds that: HardlineP2P's layout, in which
// `/` is `@http`, `/foo/bar` is `foo/bar@http` and `/foo/bar/` is `foo/bar/@http` (docs/cache.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace hardline::wire {

inline constexpr std::string_view kCopySuffix = "@http";             ///< of a copy's name
inline constexpr std::string_view kSidecarSuffix = "@http.headers";  ///< of its sidecar, in its place

/// Longest request target, in octets.
inline constexpr std::size_t kMaxCacheTarget = 4096;

/// Longest name, in octets and without `@http`, that is kept as it is: longer ones are hashed, as HardlineP2P does.
inline constexpr std::size_t kMaxCacheName = 192;

enum class CacheTargetError {
  malformed,  ///< 400: not origin-form, a fragment, bad percent-encoding, control characters, spaces, not UTF-8; in the
              ///< path, percent-encoded or not, also NUL and other control characters, backslashes, `.` or `..`
              ///< segments
  reserved,   ///< 404: an `@` in the path, which would name the folder's own files
  too_long,   ///< 414
};

/// A request target that is safe to look for and to ask for. All names are relative to the cache's folder.
struct CacheTarget {
  /// As it is asked of the web server: `/path?query`. Percent-encoded unreserved characters are decoded and all other
  /// octets outside of RFC 3986's characters encoded, hex digits in upper case; a fragment is malformed.
  std::string target;

  /// The path, percent-decoded, as people write it: `/foo/my file.txt`. UTF-8.
  std::string path;
  bool has_query = false;

  /// The name of a file that somebody put there by hand: `foo/my file.txt`. If the path ends in a slash, it is the
  /// folder `foo/`, and empty for the root. None where no such file may be served: if a segment is empty or begins
  /// with a dot, if a name is_private(), or if the path has a decoded `%2F`.
  std::optional<std::string> manual;

  /// The name of a copy, as `foo/bar%3Fx%3D1@http`: path and query without the leading slash, percent-encoded once
  /// more, and `@http`. Letters, digits and `_.-~/` stay as they are (Python's urllib.parse.quote), except for a dot
  /// that begins a segment and a slash that follows a slash. A name above kMaxCacheName is its MD5, in hex, and
  /// `@http`.
  std::string copy;

  /// The template that renders it: `foo/bar@mako`, without the query. None where `manual` is none.
  std::optional<std::string> mako;

  bool is_folder() const { return path.ends_with('/'); }

  friend bool operator==(const CacheTarget&, const CacheTarget&) = default;
};

/// `target` is a request's, in origin-form.
tl::expected<CacheTarget, CacheTargetError> parse_cache_target(std::string_view target);

/// The target of which a copy's name was made. nullopt for a name that is no copy's, and for a hashed one: somebody can
/// make several targets with one MD5, so its sidecar says which it is. `/` and 32 hex digits is taken for a hash, too.
/// parse_cache_target(*target_of_copy(name))->copy == name, wherever it is not nullopt.
std::optional<std::string> target_of_copy(std::string_view name);

/// Whether a file name is a certificate's, a key's or a password's (`.cert`, `.private`, `.hash`, `.key`, `.pem`,
/// `.p12`, `.pfx`, in any case), hidden (begins with a dot) or the folder's own (has an `@`): never served nor listed.
bool is_private(std::string_view file_name);

/// Whether a file's first octets are those of a PEM key or certificate, whatever it is called. OpenPGP's public keys,
/// messages and signatures are made to be given away, and are not meant.
bool begins_as_pem(std::string_view content);

/// `foo/bar@http.headers`, what is known of the copy `foo/bar@http`, or of the file `foo/bar`, besides its content.
std::string sidecar_name(std::string_view name);

}  // namespace hardline::wire
