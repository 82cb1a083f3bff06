#include "page.hpp"

#include <fmt/format.h>

#include "hardline/base/html.hpp"

namespace hardline::door {
namespace {

constexpr std::string_view kStyle = R"(
p.status{margin:0;color:var(--mark);font-weight:600;font-size:.85rem;letter-spacing:.04em}
h2{margin:1.5rem 0 .4rem;font-size:.95rem;color:var(--soft)}
ul{margin:0;padding-left:1.2rem}li{margin:.25rem 0;overflow-wrap:anywhere}
)";

void append_html_list(std::string& out, std::string_view heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out += fmt::format("<h2>{}</h2>\n<ul>\n", heading);
  for (const auto& line : lines) out += fmt::format("<li>{}</li>\n", escape_html(line));
  out += "</ul>\n";
}

void append_html_links(std::string& out, const std::vector<Link>& links) {
  for (const auto& [text, url] : links)
    out += fmt::format("<p><a href=\"{}\">{}</a></p>\n", escape_html(url), escape_html(text));
}

void append_plain_links(std::string& out, const std::vector<Link>& links) {
  for (const auto& [text, url] : links) out += fmt::format("\n{}: {}\n", text, url);
}

void append_plain_list(std::string& out, std::string_view heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out += fmt::format("\n{}:\n", heading);
  for (const auto& line : lines) out += fmt::format("  - {}\n", line);
}

std::string html_body(const Page& page) {
  auto out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{0}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<style>{1}{5}</style></head>\n"
      "<body><main>\n<p class=\"status\">{2} {3}</p>\n<h1>{0}</h1>\n<p>{4}</p>\n",
      escape_html(page.title), kPageStyle, page.status, reason_phrase(page.status), escape_html(page.text), kStyle);
  append_html_links(out, page.links);
  append_html_list(out, "What was tried", page.tried);
  append_html_list(out, "What you can do", page.advice);
  out +=
      "<footer>This page comes from Hardline on this computer, not from the "
      "service.</footer>\n</main></body>\n</html>\n";
  return out;
}

std::string plain_body(const Page& page) {
  auto out = fmt::format("{}\n\n{}\n", page.title, page.text);
  append_plain_links(out, page.links);
  append_plain_list(out, "What was tried", page.tried);
  append_plain_list(out, "What you can do", page.advice);
  out += "\n(from Hardline on this computer, not from the service)\n";
  return out;
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Error";
  }
}

std::string to_response(const Page& page, Form form, bool with_body) {
  const auto body = form == Form::html ? html_body(page) : plain_body(page);
  auto out = fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Content-Type: text/{}; charset=utf-8\r\n"
      "Content-Length: {}\r\n"
      "Cache-Control: no-store\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Referrer-Policy: no-referrer\r\n",
      page.status, reason_phrase(page.status), form == Form::html ? "html" : "plain", body.size());
  if (!page.proxy_error.empty()) out += fmt::format("Proxy-Status: hardlined; error={}\r\n", page.proxy_error);
  for (const auto& [name, value] : page.fields) out += fmt::format("{}: {}\r\n", name, value);
  if (page.status == 503) out += "Retry-After: 5\r\n";
  out += "Connection: close\r\n\r\n";
  if (with_body) out += body;
  return out;
}

}  // namespace hardline::door
