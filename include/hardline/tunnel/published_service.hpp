// A service as the listener serves it. Immutable: a changed service file makes a new one.
#pragma once

#include <memory>
#include <string>

#include "hardline/base/service_name.hpp"
#include "hardline/net/tls_stream.hpp"
#include "hardline/tunnel/origin.hpp"

namespace hardline::tunnel {

struct PublishedService {
  ServiceName name;
  std::string title;
  SslContextPtr context;
  std::unique_ptr<Origin> origin;
};

}  // namespace hardline::tunnel
