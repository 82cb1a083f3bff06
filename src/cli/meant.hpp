// What a person means by a word on the command line: a service, an origin, a place to listen.
#pragma once

#include <string>

#include "hardline/base/origin_address.hpp"
#include "hardline/base/petname.hpp"
#include "hardline/store/names_file.hpp"

namespace hardline::cli {

/// As store::parse_meant(). Throws UsageError.
store::MeantService parse_meant_service(const std::string& word);

/// As the API takes it: the petname, or the service's own name with its password.
std::string name_of(const store::MeantService& service);

/// What the service is to be called where others can read it: without the password.
std::string public_name_of(const store::MeantService& service);

/// `http://NAME.localhost:PORT/`
std::string url_of(const store::MeantService& service, std::uint16_t local_port);

/// Throws UsageError, which says what is wrong with it.
Petname parse_meant_petname(const std::string& word);

/// `HOST:PORT`, `PORT` of this computer, `unix:/path`, or the `http://HOST:PORT/` that a browser shows. Throws
/// UsageError.
OriginAddress parse_meant_origin(const std::string& word);

/// `PORT`, `ADDRESS:PORT` or `*:PORT`; port 0 takes a free one. Throws UsageError.
HostPort parse_meant_listener(const std::string& word);

}  // namespace hardline::cli
