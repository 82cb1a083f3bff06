// What the dashboard and the verbs can do with the services of this machine. The application does it.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "hardline/base/origin_address.hpp"
#include "hardline/base/service_name.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::web {

/// A service of this machine, published or paused.
struct OwnService {
  std::string id =
      {};  ///< what it is called in requests: its service file's name without `.ini`; "" for the command line's
  std::string title = {};
  ServiceName name;
  std::string origin = {};                    ///< for a person: "127.0.0.1:8096", "a cache of …", "the folder …"
  std::optional<OriginAddress> address = {};  ///< where it can be edited: neither a cache nor a folder
  bool paused = false;
  bool editable = false;  ///< there is a service file, and it can be changed
  bool listed = true;
  bool uses_dht = true;
  std::optional<bool> origin_up = {};  ///< nullopt: not known yet
  std::string origin_problem = {};     ///< why not
  std::uint64_t connections = 0;       ///< since the daemon started
  std::uint64_t octets = 0;
  std::size_t open = 0;  ///< connected now
};

/// Why something could not be done: a status of HTTP, a word for programs, a sentence for people.
struct Refusal {
  int status = 500;
  std::string code;
  std::string text;
};

template <class T>
using OrRefusal = tl::expected<T, Refusal>;

/// What is nullopt stays as it is.
struct ServiceChanges {
  std::optional<std::string> title = {};
  std::optional<OriginAddress> address = {};
  std::optional<bool> paused = {};
};

/// What it is given has been looked at before: a title is one line of 1 to wire::kMaxLpdTitle octets
/// (wire::clean_text); an address is one that HostPort::parse() makes, or the whole path of a Unix socket (UnixPath)
/// without control characters; an id is one of services(), if only a moment ago.
class Publishing {
 public:
  /// By title. Has the origins checked, unless that was done within the last few seconds; the answer comes later.
  virtual std::vector<OwnService> services() = 0;

  /// Writes a service file, makes its certificate, publishes it.
  virtual awaitable<OrRefusal<OwnService>> publish(std::string title, OriginAddress address) = 0;
  virtual awaitable<OrRefusal<OwnService>> change(std::string id, ServiceChanges changes) = 0;
  /// Where its files are kept from then on.
  virtual awaitable<OrRefusal<std::string>> remove(std::string id) = 0;

 protected:
  ~Publishing() = default;
};

}  // namespace hardline::web
