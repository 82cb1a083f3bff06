// The pages that are no dashboard, all with one look: a card in the middle of the window, light or dark as the reader
// likes it, without scripts or anything from elsewhere. Most of them say what went wrong: a status, plain words, what
// was tried and what to do.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hardline::web {

/// A whole page around `inside`, which is HTML for its `main` element. `title` is text; `style` is added to the look.
std::string html_page(std::string_view title, std::string_view inside, std::string_view style = "");

/// A small page of a title and a sentence, both text.
std::string message_page(std::string_view title, std::string_view text);

struct Link {
  std::string text;
  std::string url;
};

struct Page {
  int status;
  std::string_view proxy_error = {};  ///< an error type of RFC 9209 section 2.3; empty for none
  std::string title;
  std::string text;                                              ///< one paragraph
  std::vector<std::string> tried = {};                           ///< one line each
  std::vector<std::string> advice = {};                          ///< one line each
  std::vector<Link> links = {};                                  ///< what can be done at once
  std::vector<std::pair<std::string, std::string>> fields = {};  ///< of the response, beside those that all have
};

/// The reason phrase of a status (RFC 9110 section 15).
std::string_view reason_phrase(int status);

enum class Form { html, plain };

/// The whole HTTP/1.1 response, which ends the connection. Everything in `page` is text: markup in it is escaped.
/// `with_body` is false in answer to HEAD.
std::string to_response(const Page& page, Form form, bool with_body);

}  // namespace hardline::web
