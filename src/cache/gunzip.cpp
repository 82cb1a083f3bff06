#include "gunzip.hpp"

namespace hardline::cache {

constexpr int kGzipAlone = 15 + 16;  // zlib.h, inflateInit2: the largest window, and a gzip header

Gunzip::Gunzip() {
  ready_ = ::inflateInit2(&stream_, kGzipAlone) == Z_OK;
}

Gunzip::~Gunzip() {
  if (ready_) ::inflateEnd(&stream_);
}

bool Gunzip::next(std::string& out, std::size_t most) {
  if (!ready_) return false;
  out.resize(most);
  stream_.next_out = reinterpret_cast<Bytef*>(out.data());
  stream_.avail_out = static_cast<uInt>(most);
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
  stream_.avail_in = static_cast<uInt>(input_.size());
  int result = Z_OK;
  while (stream_.avail_out > 0 && result == Z_OK) {
    if (at_end_) {  // a gzip file may be several, one behind the other (RFC 1952 section 2.2)
      if (stream_.avail_in == 0) break;
      ::inflateReset(&stream_);
      at_end_ = false;
    }
    result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      at_end_ = true;
      result = Z_OK;
    }
  }
  input_.remove_prefix(input_.size() - stream_.avail_in);
  out.resize(most - stream_.avail_out);
  return result == Z_OK || result == Z_BUF_ERROR;  // the latter: it needs more input
}

}  // namespace hardline::cache
