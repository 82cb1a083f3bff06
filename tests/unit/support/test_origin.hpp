// An origin that a test plays itself.
#pragma once

#include <vector>

#include "hardline/tunnel/origin.hpp"
#include "support/streams.hpp"

namespace hardline::support {

/// What has happened at a TestOrigin, which belongs to the service it is behind.
struct OriginLog {
  std::vector<SocketStreamPtr> connections;  ///< the service's ends
  std::error_code refuse_with;               ///< instead of connecting
  std::size_t asked = 0;                     ///< connections wanted, refused ones too
  std::size_t checked = 0;
};

class TestOrigin final : public tunnel::Origin {
 public:
  TestOrigin(TestIo& io, OriginLog& log) : io_(io), log_(log) {}

  awaitable<Result<std::unique_ptr<ByteStream>>> connect() override {
    ++log_.asked;
    if (log_.refuse_with) co_return fail(log_.refuse_with);
    auto streams = socket_streams(io_);
    log_.connections.push_back(std::move(streams.second));
    co_return std::move(streams.first);
  }

  awaitable<std::error_code> check() override {
    ++log_.checked;
    co_return log_.refuse_with;
  }

 private:
  TestIo& io_;
  OriginLog& log_;
};

}  // namespace hardline::support
