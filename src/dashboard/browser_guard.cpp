#include "hardline/dashboard/browser_guard.hpp"

#include <openssl/crypto.h>
#include <sodium.h>

#include <array>

#include "hardline/api/api.hpp"
#include "hardline/base/ascii.hpp"

namespace hardline::dashboard {
namespace {

constexpr std::size_t kTokenOctets = 32;

std::string make_token() {
  std::array<unsigned char, kTokenOctets> octets{};
  randombytes_buf(octets.data(), octets.size());
  std::string hex(2 * kTokenOctets + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), octets.data(), octets.size());
  hex.pop_back();
  return hex;
}

/// A person follows a link, or an address was typed: the page opens by itself, in a tab, and nobody can look into it
/// (Cross-Origin-Opener-Policy, frame-ancestors).
bool is_visit(const web::Request& request) {
  return request.method == "GET" && request.path() == "/" && request.field("Sec-Fetch-Mode") == "navigate" &&
         request.field("Sec-Fetch-Dest") == "document";
}

bool is_page_of(std::string_view referer, std::string_view origin) {
  return referer == origin || (referer.starts_with(origin) && referer[origin.size()] == '/');
}

}  // namespace

BrowserGuard::BrowserGuard(std::uint16_t local_port) : local_port_(local_port), token_(make_token()) {}

Verdict BrowserGuard::judge(const web::Request& request) const {
  const auto field = request.field("Host");
  if (!field) return Verdict::wrong_host;
  const auto host = to_lower(*field);
  if (!is_our_host(host)) return Verdict::wrong_host;
  if (request.has_field("Upgrade")) return Verdict::other_protocol;

  const bool change = web::is_change(request.method);
  if (!change && request.path() == kProxyPacPath) return Verdict::allowed;

  const auto own_origin = "http://" + host;
  const bool has_origin = request.has_field("Origin");
  if (has_origin && request.field("Origin") != own_origin) return Verdict::cross_site;

  const bool has_site = request.has_field("Sec-Fetch-Site");
  const auto site = request.field("Sec-Fetch-Site");
  if (has_site && site != "same-origin" && site != "none" && !is_visit(request)) return Verdict::cross_site;

  if (!has_origin && !has_site && request.has_field("Referer")) {
    const auto referer = request.field("Referer");
    if (!referer || !is_page_of(*referer, own_origin)) return Verdict::cross_site;
  }
  if (!change) return Verdict::allowed;
  if (!has_origin && site != "same-origin") return Verdict::cross_site;
  return is_token(request) ? Verdict::allowed : Verdict::wrong_token;
}

bool BrowserGuard::is_our_host(std::string_view lower) const {
  for (const std::string_view name : {"localhost", "hardline.localhost"})
    if (lower == name || lower == std::string(name) + ":" + std::to_string(local_port_)) return true;
  return false;
}

bool BrowserGuard::is_token(const web::Request& request) const {
  const auto given = request.field(kTokenField);
  return given && given->size() == token_.size() && CRYPTO_memcmp(given->data(), token_.data(), token_.size()) == 0;
}

std::vector<std::pair<std::string, std::string>> security_fields() {
  return {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
       "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Embedder-Policy", "require-corp"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=(), midi=()"},
  };
}

}  // namespace hardline::dashboard
