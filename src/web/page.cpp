#include "hardline/web/page.hpp"

#include <fmt/format.h>

#include "hardline/base/html.hpp"
#include "hardline/base/text.hpp"
#include "hardline/http/beast.hpp"

namespace hardline::web {
namespace {

/// A card in the middle of the window, light or dark as the reader likes it.
constexpr std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--ink:#1c2430;--paper:#f6f7f9;--card:#fff;--soft:#5b6675;--line:#dde2e9;--mark:#b4400f}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--paper:#12161c;--card:#1a2029;--soft:#9aa5b4;--line:#2c3542;--mark:#ff9a62}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);
font:17px/1.55 system-ui,sans-serif;padding:1.5rem}
main{max-width:38rem;width:100%;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:2rem}
h1{margin:.2rem 0 1rem;font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}p{overflow-wrap:anywhere}
main>:last-child{margin-bottom:0}
footer{margin-top:1.8rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
)";

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
  auto out = fmt::format("<p class=\"status\">{} {}</p>\n<h1>{}</h1>\n<p>{}</p>\n", page.status,
                         reason_phrase(page.status), escape_html(page.title), escape_html(page.text));
  append_html_links(out, page.links);
  append_html_list(out, "What was tried", page.tried);
  append_html_list(out, "What you can do", page.advice);
  out += "<footer>This page comes from Hardline on this computer, not from the service.</footer>\n";
  return html_page(page.title, out, kStyle);
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

std::string html_page(std::string_view title, std::string_view inside, std::string_view style) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<style>{}{}</style></head>\n"
      "<body><main>\n{}</main></body>\n</html>\n",
      escape_html(visible_text(title)), kPageStyle, style, inside);
}

std::string message_page(std::string_view title, std::string_view text) {
  return html_page(title, fmt::format("<h1>{}</h1>\n<p>{}</p>\n", escape_html(visible_text(title)),
                                      escape_html(visible_text(text))));
}

std::string_view reason_phrase(int status) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {reason.data(), reason.size()};
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

}  // namespace hardline::web
