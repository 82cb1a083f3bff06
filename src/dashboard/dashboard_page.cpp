#include "hardline/dashboard/dashboard_page.hpp"

#include <fmt/format.h>

#include "dashboard_assets.hpp"
#include "dashboard_html.hpp"
#include "dashboard_texts.hpp"
#include "hardline/base/html.hpp"

namespace hardline::dashboard {
namespace {

// ---- The frame ----

struct SectionTexts {
  std::string_view heading, hint;
  std::string_view action = "", button = "";  ///< in its head
};

SectionTexts texts_of(Section section) {
  switch (section) {
    case Section::lan: return {texts::kLan, texts::kLanHint};
    case Section::yours: return {texts::kYours, texts::kYoursHint, "pin-link", texts::kPinLink};
    case Section::published: return {texts::kPublished, texts::kPublishedHint, "publish", texts::kPublishService};
    case Section::computer: return {texts::kComputer, texts::kComputerHint};
  }
  return {};
}

std::string whole_section(const DashboardModel& model, Section section) {
  const auto words = texts_of(section);
  auto html = fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n<div class=\"head\"><div><h2 id=\"{0}-heading\" "
      "tabindex=\"-1\">{1}</h2><p class=\"hint\">{2}</p></div>",
      name_of(section), words.heading, words.hint);
  if (!words.action.empty() && !model.read_only)
    html +=
        fmt::format("<button type=\"button\" class=\"btn js\" data-act=\"{}\">{}</button>", words.action, words.button);
  html +=
      fmt::format("</div>\n<div id=\"{}-list\">{}</div>\n</section>\n", name_of(section), section_html(model, section));
  return html;
}

struct Field {
  std::string_view id, label, name;
  std::string hint = {};
  std::string_view more = {};  ///< attributes
};

std::string field_html(const Field& field) {
  auto html = fmt::format("<div class=\"field\"><label for=\"{0}\">{1}</label><input id=\"{0}\" name=\"{2}\" {3}",
                          field.id, field.label, field.name, field.more);
  if (!field.hint.empty())
    return html + fmt::format(" aria-describedby=\"{0}-hint\"><p class=\"hint\" id=\"{0}-hint\">{1}</p></div>",
                              field.id, escape_html(field.hint));
  return html + "></div>";
}

constexpr std::string_view kNameInput = "maxlength=\"63\" autocapitalize=\"none\" spellcheck=\"false\"";
constexpr std::string_view kLinkInput =
    "maxlength=\"512\" inputmode=\"url\" autocapitalize=\"none\" spellcheck=\"false\"";
constexpr std::string_view kTitleInput = "maxlength=\"100\"";
constexpr std::string_view kHostInput = "maxlength=\"253\" autocapitalize=\"none\" spellcheck=\"false\"";
constexpr std::string_view kPortInput = "maxlength=\"5\" inputmode=\"numeric\"";

/// `inside` is HTML, with a heading of the id `ID-title`.
std::string dialog(std::string_view id, std::string_view inside, std::string_view more = "") {
  return fmt::format("<dialog id=\"{0}-dialog\"{2} aria-labelledby=\"{0}-title\">{1}</dialog>\n", id, inside, more);
}

/// What a dialog asks for. `inside` is HTML; what goes wrong is said in `.error`.
std::string form(std::string_view id, std::string_view heading, std::string_view inside, std::string_view submit,
                 std::string_view look = "main") {
  return fmt::format(
      "<form method=\"dialog\" autocomplete=\"off\" novalidate><h2 id=\"{0}-title\">{1}</h2>{2}"
      "<p class=\"error\" role=\"alert\"></p><div class=\"acts\">"
      "<button type=\"button\" class=\"btn\" data-act=\"close\">{3}</button>"
      "<button type=\"submit\" class=\"btn {4}\">{5}</button></div></form>",
      id, heading, inside, texts::kCancel, look, submit);
}

std::string address_fields(std::string_view id) {
  const auto host = fmt::format("{}-host", id);
  const auto port = fmt::format("{}-port", id);
  return "<div class=\"pair\">" +
         field_html({host, texts::kAddress, "host", std::string(texts::kAddressHint), kHostInput}) +
         field_html({port, texts::kPort, "port", "", kPortInput}) + "</div>";
}

std::string publish_dialog() {
  const auto found = fmt::format(
      "<div class=\"stack\"><h3>{}</h3><p class=\"meta\" role=\"status\"></p>"
      "<ul class=\"found\" role=\"list\"></ul></div>",
      texts::kFoundServers);
  const auto fields =
      field_html({"publish-name", texts::kServiceTitle, "title", std::string(texts::kServiceTitleHint), kTitleInput}) +
      address_fields("publish") + found;
  const auto link_made = fmt::format(
      "<div class=\"done stack\" hidden><h2 tabindex=\"-1\"></h2><p>{}</p><code class=\"link\"></code><img alt=\"\" "
      "width=\"240\" height=\"240\"><p class=\"meta\" role=\"status\"></p><div class=\"acts\"><button type=\"button\" "
      "class=\"btn\" data-act=\"copy-made\">{}"
      "</button><button type=\"button\" class=\"btn main\" data-act=\"close\">{}</button></div></div>",
      texts::kPublishedDone, texts::kCopyLink, texts::kClose);
  return dialog("publish", form("publish", texts::kPublishHeading, fields, texts::kPublish) + link_made);
}

std::string change_dialogs(const DashboardModel& model) {
  const auto name_hint = fmt::format(texts::kNameHint, model.status.local_port);
  const auto link_hint = fmt::format(texts::kLinkHint, model.status.local_port);
  const auto pin_fields = field_html({"pin-name", texts::kName, "name", name_hint, kNameInput}) +
                          field_html({"pin-link", texts::kLink, "link", link_hint, kLinkInput});
  const auto new_name = field_html({"rename-to", texts::kNewName, "name", name_hint, kNameInput});
  const auto unpin_text = fmt::format("<p>{}</p>", texts::kUnpinText);
  const auto edit_fields =
      field_html({"edit-name", texts::kServiceTitle, "title", std::string(texts::kServiceTitleHint), kTitleInput}) +
      address_fields("edit");
  const auto remove_text = fmt::format("<p>{}</p>", texts::kRemoveText);
  return dialog("pin", form("pin", texts::kPinHeading, pin_fields, texts::kPin)) +
         dialog("rename", form("rename", texts::kRenameHeading, new_name, texts::kRename)) +
         dialog("unpin", form("unpin", texts::kUnpinHeading, unpin_text, texts::kUnpin, "grave")) + publish_dialog() +
         dialog("edit", form("edit", texts::kEditHeading, edit_fields, texts::kSave)) +
         dialog("remove", form("remove", texts::kRemoveHeading, remove_text, texts::kRemove, "grave"));
}

std::string table(std::string_view id, std::string_view caption, const std::vector<std::string_view>& columns) {
  auto html = fmt::format(
      "<div class=\"stack\"><h3 id=\"{0}\">{1}</h3><div class=\"scroll\" role=\"region\" aria-labelledby=\"{0}\" "
      "tabindex=\"0\"><table aria-labelledby=\"{0}\"><thead><tr>",
      id, caption);
  for (const auto& column : columns) html += fmt::format("<th scope=\"col\">{}</th>", column);
  return html + "</tr></thead><tbody></tbody></table></div></div>";
}

std::string why_dialog() {
  const auto tried =
      table("why-tried", texts::kWhyTried, {texts::kAddress, texts::kToldBy, texts::kResult, texts::kTook});
  const auto asked = table("why-asked", texts::kWhyAsked, {texts::kWho, texts::kResult, texts::kAddresses});
  const auto inside = fmt::format(
      "<div class=\"stack\"><h2 id=\"why-title\">{}</h2><p class=\"outcome\" role=\"status\"></p>"
      "<progress aria-label=\"{}\"></progress><p class=\"error\" role=\"alert\"></p>"
      "<div class=\"found-out stack\" hidden>{}{}</div><div class=\"acts\">"
      "<button type=\"button\" class=\"btn main\" data-act=\"close\">{}</button></div></div>",
      texts::kWhyHeading, texts::kWhyProgress, tried, asked, texts::kClose);
  return dialog("why", inside, " class=\"wide\"");
}

std::string head_html() {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" type=\"image/svg+xml\" href=\"{1}\">\n<link rel=\"stylesheet\" href=\"{2}\">\n"
      "<script src=\"{3}\" defer></script>\n</head>\n",
      texts::kTitle, dashboard_icon().url(), dashboard_style().url(), dashboard_script().url());
}

std::string top_html() {
  auto html = fmt::format(
      "<a class=\"skip\" href=\"#main\">{}</a>\n<header class=\"top\"><div class=\"brand\"><img src=\"{}\" alt=\"\" "
      "width=\"34\" height=\"34\"><h1>{}</h1></div><nav aria-label=\"{}\">",
      texts::kSkip, dashboard_icon().url(), texts::kTitle, texts::kSections);
  for (const auto section : kSections)
    html += fmt::format("<a href=\"#{}\">{}</a>", name_of(section), texts_of(section).heading);
  html += fmt::format("</nav></header>\n<div id=\"lost\" role=\"status\"><p class=\"lost\" hidden>{}</p></div>\n",
                      texts::kLost);
  return html;
}

/// Why less can be done than elsewhere.
std::string notes_html(const DashboardModel& model) {
  auto html = fmt::format("<noscript><p class=\"note\">{}</p></noscript>\n", texts::kNoScript);
  if (model.read_only) html += fmt::format("<p class=\"note\">{}</p>\n", texts::kReadOnly);
  return html;
}

}  // namespace

std::string page_html(const DashboardModel& model, const PageKeys& keys) {
  auto html = head_html();
  html += "<body" + attribute("data-start", keys.start);
  if (!model.read_only) html += attribute("data-token", keys.token);
  html += ">\n" + top_html() + "<main id=\"main\" tabindex=\"-1\">\n" + notes_html(model);
  for (const auto section : kSections) html += whole_section(model, section);
  html += fmt::format("</main>\n<footer class=\"foot\"><p>{}</p></footer>\n", texts::kFooter);
  html += "<div id=\"toast\" class=\"toast\" role=\"status\" aria-live=\"polite\"></div>\n";
  if (!model.read_only) html += change_dialogs(model);
  return html + why_dialog() + "</body>\n</html>\n";
}

}  // namespace hardline::dashboard
