// What the dashboard and the verbs can do with the services of this machine. The application does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "hardline/base/origin_address.hpp"
#include "hardline/base/service_name.hpp"
#include "hardline/rt/asio.hpp"

namespace hardline::api {

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
  std::uint64_t octets = 0;            ///< both ways, since then
  std::size_t open = 0;                ///< connected now
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
/// (clean_text); an address is one that HostPort::parse() makes, or the whole path of a Unix socket (UnixPath)
/// without control characters; an id is one of services(), if only a moment ago.
///
/// Changes are made one after the other, and each has happened when it returns. They wait for the disk, and for a
/// certificate that is made, but not on the io thread. Each may be refused with 403 `no_permission` (the folder of the
/// service files cannot be written), 507 `disk_full`, 500 `not_written` (what else the system says), and 400 with the
/// name of the key that a service file could not have, or `service_file`.
class Publishing {
 public:
  /// By title. Returns at once what is known; has the origins checked, unless that was done within the last few
  /// seconds, for those who ask later.
  virtual std::vector<OwnService> services() = 0;

  /// Writes a service file, makes its certificate, publishes it. Refused, too: 400 `address` (one of Hardline's own
  /// ports), 409 `no_service_folder` (there is but the command line's service), 500 `not_published` (the daemon did not
  /// take the file up; it was put aside).
  virtual awaitable<OrRefusal<OwnService>> publish(std::string title, OriginAddress address) = 0;

  /// Writes into its service file. Refused, too: 404 `unknown_service` (no longer there, or the command line's), 409
  /// `not_an_address` (a cache or a folder gets no address), 400 `address` as in publish(), 500 `not_taken_up` (the
  /// file was written, and what is published did not follow it).
  virtual awaitable<OrRefusal<OwnService>> change(std::string id, ServiceChanges changes) = 0;

  /// Withdraws it, and moves its files aside: returns the folder where they are from then on. Refused, too: 404
  /// `unknown_service`.
  virtual awaitable<OrRefusal<std::string>> remove(std::string id) = 0;

 protected:
  ~Publishing() = default;
};

}  // namespace hardline::api
