#include "failures.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hardline/base/errc.hpp"
#include "hardline/tunnel/describe.hpp"

namespace hardline::door {
namespace {

using tunnel::Attempt;
using tunnel::describe;

/// Attempts that a page lists: more are a flood of forged answers, which nobody wants to read.
constexpr std::size_t kMostTried = 16;

constexpr auto kUseProxyPac = "Set this proxy for *.localhost only; browsers can use this port's /proxy.pac.";

web::Page not_found_page(const tunnel::DialFailure& failure) {
  web::Page page{
      .status = 503,
      .proxy_error = "destination_unavailable",
      .title = "This service was not found",
      .text = "No source knows where this service is.",
      .advice = {"Check that the computer with the service is on, and that Hardline is running there.",
                 "Check the address for a missing or mistyped character: the long part is the service's identity.",
                 "Connect this computer to the same network once; after that the service may be found from "
                 "elsewhere too."},
  };
  for (const auto& report : failure.sources)
    if (report.source != find::Source::this_machine) page.tried.push_back(describe(report));
  return page;
}

web::Page dial_failure_page(const tunnel::DialFailure& failure) {
  const auto& attempts = failure.attempts;
  if (attempts.empty()) return not_found_page(failure);

  const auto any = [&attempts](Errc code) {
    return std::any_of(attempts.begin(), attempts.end(), [code](const Attempt& a) { return a.error == code; });
  };
  std::vector<std::string> tried;
  for (std::size_t i = 0; i < attempts.size() && i < kMostTried; ++i) tried.push_back(describe(attempts[i]));
  if (attempts.size() > kMostTried) tried.push_back(fmt::format("and {} more", attempts.size() - kMostTried));
  if (any(Errc::certificate_mismatch))
    return {
        .status = 502,
        .proxy_error = "tls_certificate_error",
        .title = "Another computer answered",
        .text = "A computer answered in this service's place, but could not prove to be it. Nothing was sent to it.",
        .tried = std::move(tried),
        .advice = {"If the service's computer was reinstalled, it has a new identity and so a new address: ask its "
                   "owner.",
                   "If it was not, some computer on the way is impersonating it. Your data is safe; try later, or "
                   "from another network."},
    };
  const bool silent = any(Errc::timed_out);
  return {
      .status = silent ? 504 : 502,
      .proxy_error = silent ? "connection_timeout" : "connection_refused",
      .title = "This service cannot be reached",
      .text = "Addresses for it are known, but none could be connected to.",
      .tried = std::move(tried),
      .advice = {"Check that the computer with the service is on, and that Hardline is running there.",
                 "Check this computer's own connection, and the firewalls on both sides."},
  };
}

web::Page refused_page(const wire::OobError& error) {
  if (error.code == wire::kOobPassword)
    return {
        .status = 403,
        .proxy_error = "http_request_denied",
        .title = "The password in the address is wrong",
        .text = "The service was reached, but the part of its address before the dash is not its password.",
        .advice = {"Ask the service's owner for the whole address, and copy it instead of typing it."},
    };
  if (error.code == wire::kOobOriginUnreachable)
    return {
        .status = 503,
        .proxy_error = "destination_unavailable",
        .title = "The service is down",
        .text = "The other computer was reached, but the program behind this service does not answer there.",
        .tried = {"the program behind the service: " + error.text},
        .advice = {"If it is your service, start the program, and check service= and port= in its service file."},
    };
  if (error.code == wire::kOobBusy)
    return {
        .status = 503,
        .proxy_error = "destination_unavailable",
        .title = "The service is busy",
        .text = "The other computer was reached, but is busy at the moment.",
        .tried = {error.text},
        .advice = {"Try again in a minute."},
    };
  return {
      .status = 502,
      .proxy_error = "destination_unavailable",
      .title = "The service refused",
      .text = "The other computer was reached, but refused for a reason that this version does not know.",
      .tried = {error.code + ": " + error.text},
      .advice = {"A newer version of Hardline on this computer may know it."},
  };
}

web::Page broken_off_page(std::error_code error) {
  const bool silent = error == Errc::timed_out;
  return {
      .status = silent ? 504 : 502,
      .proxy_error = silent ? "connection_read_timeout" : "connection_terminated",
      .title = silent ? "The service does not answer" : "The service hung up",
      .text = silent ? "The other computer was reached and proved to be the right one, but then said nothing."
                     : "The other computer was reached and proved to be the right one, but then closed the connection.",
      .tried = {error.message()},
      .advice = {"Try again in a moment.", "If it is your service, look at Hardline's log on its computer."},
  };
}

}  // namespace

web::Page bad_request_page(http::HeadError error) {
  web::Page page{.status = 400,
                 .proxy_error = "http_request_error",
                 .title = "This request cannot be understood",
                 .text = "It is not HTTP/1.0 or HTTP/1.1."};
  switch (error) {
    case http::HeadError::too_large:
      page.status = 431;
      page.text = fmt::format("The request's head is longer than {} octets.", http::kMaxRequestHead);
      page.advice = {"Delete this site's cookies and try again."};
      break;
    case http::HeadError::no_host: page.text = "The request has no Host, which says which service is meant."; break;
    case http::HeadError::several_hosts: page.text = "The request has more than one Host."; break;
    case http::HeadError::other_scheme:
      page.text = "As a proxy, this port only takes requests for http://NAME.localhost.";
      page.advice = {kUseProxyPac};
      break;
    default: page.advice = {"Use http://, not https://: what leaves this computer is encrypted anyway."};
  }
  return page;
}

web::Page slow_request_page() {
  return {
      .status = 408,
      .title = "The request did not arrive",
      .text = "The connection was opened, but no complete request head came in time.",
  };
}

web::Page unclear_length_page() {
  return {
      .status = 400,
      .proxy_error = "http_request_error",
      .title = "This request cannot be understood",
      .text = "Its Content-Length and Transfer-Encoding do not say how long its content is.",
  };
}

web::Page foreign_host_page() {
  return {
      .status = 421,
      .title = "This is not a service's address",
      .text =
          "Services are at http://NAME.localhost, where NAME is the service's name; any other host is refused "
          "here.",
      .advice = {"Open the whole address that the service's owner gave you."},
  };
}

web::Page no_such_name_page(std::string_view label) {
  return {
      .status = 404,
      .title = "There is no service with this name",
      .text = fmt::format("“{}” is not a service's name. A name is 40 digits from 0-9 and a-f, usually with a password "
                          "and a dash before them.",
                          label),
      .advice = {"Copy the whole address instead of typing it: the end may have been cut off."},
  };
}

web::Page unpinned_name_page(const Petname& label, std::uint16_t local_port) {
  const auto& name = label.text();
  return {
      .status = 404,
      .title = "Nothing is pinned under this name",
      .text = fmt::format("“{}” is not a service's own name, and nothing is pinned under it here.", name),
      .advice = {"Check the name for a mistyped character.",
                 "If it is meant to be a service's whole address, copy it instead of typing it: the end may have been "
                 "cut off."},
      .links = {{fmt::format("Pin a service as “{}”", name),
                 fmt::format("http://localhost:{}/?pin={}", local_port, name)}},
  };
}

web::Page other_origin_page(std::string_view label, std::uint16_t local_port) {
  const auto url = fmt::format("http://{}.localhost:{}/", label, local_port);
  return {
      .status = 421,
      .title = "This is not the address of a name",
      .text = fmt::format("“{}” is opened at {}, with no other port and without a dot at the end.", label, url),
      .links = {{fmt::format("Open {}", url), url}},
  };
}

web::Page other_site_page() {
  return {
      .status = 403,
      .proxy_error = "http_request_denied",
      .title = "Another site's page asked for this",
      .text =
          "Pages of other sites may link to a name on this computer. They may not embed it, or send anything to it.",
      .advice = {"Open the address in a tab of its own."},
  };
}

web::Page no_proxy_page() {
  return {
      .status = 403,
      .proxy_error = "http_request_denied",
      .title = "This proxy leads to *.localhost services only",
      .text = "It only passes on requests to Hardline services, at NAME.localhost.",
      .advice = {kUseProxyPac},
  };
}

web::Page open_failure_page(const tunnel::OpenFailure& failure) {
  if (const auto* dial = std::get_if<tunnel::DialFailure>(&failure)) return dial_failure_page(*dial);
  if (const auto* refused = std::get_if<tunnel::Refused>(&failure)) return refused_page(refused->error);
  return broken_off_page(std::get<tunnel::BrokenOff>(failure).error);
}

web::Page silent_service_page(tunnel::Dialect dialect) {
  web::Page page{
      .status = 502,
      .proxy_error = "connection_terminated",
      .title = "The service closed the connection without an answer",
      .text = "The other computer was reached and the request was sent, but nothing came back.",
      .advice = {"Try again in a moment.", "If it is your service, check that its program speaks HTTP on that port."}};
  if (dialect == tunnel::Dialect::legacy)
    page.advice.insert(
        page.advice.begin(),
        "The other computer runs an old version, which answers a wrong password like this: check the password.");
  return page;
}

}  // namespace hardline::door
