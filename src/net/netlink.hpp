// What the kernel says about this machine's links, addresses and ways out (rtnetlink(7)).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hardline/base/result.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::netlink {

struct Link {
  unsigned index = 0;
  std::string name;
  unsigned flags = 0;  ///< IFF_*, netdevice(7)

  friend bool operator==(const Link&, const Link&) = default;
};

struct Address {
  unsigned link = 0;  ///< its index
  asio::ip::address address;
  unsigned prefix_length = 0;
  unsigned flags = 0;          ///< IFA_F_*
  bool never_prefers = false;  ///< its preferred lifetime is over

  friend bool operator==(const Address&, const Address&) = default;
};

/// How packets to the internet leave: by which link, to which router, as whom.
struct WayOut {
  unsigned link = 0;
  asio::ip::address router;  ///< unspecified where there is none, as on a point-to-point link
  asio::ip::address source;

  friend bool operator==(const WayOut&, const WayOut&) = default;
};

/// One conversation with the kernel. It answers at once: these calls do not block for a time that matters.
class Query {
 public:
  Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Result<std::vector<Link>> links();
  /// Of both families, in the kernel's order.
  Result<std::vector<Address>> addresses();
  /// nullopt where there is none.
  Result<std::optional<WayOut>> way_out(int family);

 private:
  template <class Take>
  std::error_code dump(int type, Take take);
  template <class Take>
  std::error_code ask(const void* request, std::size_t length, Take take);

  int fd_ = -1;
  int open_error_ = 0;
  unsigned sequence_ = 0;
};

}  // namespace hardline::netlink
