#include "ask.hpp"

#include <fmt/format.h>

#include "control_client.hpp"
#include "hardline/base/text.hpp"
#include "terminal.hpp"

namespace hardline::cli {
namespace {

/// Of an error that another program answers in the daemon's place.
constexpr std::size_t kMaxErrorText = 1000;  // octets

bool is_good(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

void throw_refusal(const web::HttpAnswer& answer) {
  const auto content = Json::parse(answer.body, nullptr, false);
  std::string text;
  if (content.is_object() && content.contains("error")) text = text_at(content.at("error"), "text");
  if (text.empty())
    text = fmt::format("the daemon answered with status {} and no reason; does it run a different version?",
                       answer.status);
  throw Refused(clean_text(text, kMaxErrorText));
}

std::string ask_for_text(const daemon::Settings& settings, const web::HttpRequest& request,
                         std::chrono::seconds limit) {
  auto answer = ask_daemon(daemon::find_control_socket(settings), request, limit);
  if (!is_good(answer.status)) throw_refusal(answer);
  return std::move(answer.body);
}

Json ask(const daemon::Settings& settings, const web::HttpRequest& request, std::chrono::seconds limit) {
  const auto body = ask_for_text(settings, request, limit);
  return body.empty() ? Json::object() : Json::parse(body);
}

Json ask(const daemon::Settings& settings, const std::string& target, std::chrono::seconds limit) {
  web::HttpRequest request;
  request.target = target;
  return ask(settings, request, limit);
}

web::HttpRequest make_request(std::string_view method, std::string target, const Json& body) {
  web::HttpRequest request;
  request.method = method;
  request.target = std::move(target);
  request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return request;
}

void print_json(const Json& content) {
  const bool escape_all = standard_output().interactive;
  fmt::print("{}\n", content.dump(2, ' ', escape_all, Json::error_handler_t::replace));
}

std::string text_at(const Json& object, std::string_view key) {
  const auto found = object.find(std::string(key));
  return found != object.end() && found->is_string() ? visible_text(found->get_ref<const std::string&>())
                                                     : std::string();
}

}  // namespace hardline::cli
