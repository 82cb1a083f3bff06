// Takes apart what was kept compressed, for the client that does not take gzip (RFC 1952), a piece at a time.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace hardline::cache {

class Gunzip {
 public:
  Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip();

  /// The octets that come next; each has been taken by the time next() returns nothing.
  void feed(std::string_view compressed) { input_ = compressed; }

  /// Up to `most` octets of the content into `out`, in place of what was there. False where the input is no gzip.
  bool next(std::string& out, std::size_t most);

  /// Whether the input so far ends where a gzip file may end.
  bool at_end() const { return at_end_; }

 private:
  z_stream stream_{};
  std::string_view input_;
  bool ready_ = false;
  bool at_end_ = false;
};

}  // namespace hardline::cache
