#include "dashboard_assets.hpp"

#include <nlohmann/json.hpp>

#include "dashboard_files.hpp"  // made by CMake of the files in assets/
#include "dashboard_texts.hpp"
#include "hardline/base/hash160.hpp"

namespace hardline::dashboard {
namespace {

Asset make_asset(std::string_view path, std::string_view content_type, std::string body) {
  constexpr std::size_t kDigits = 12;  // enough to tell versions apart
  const auto* octets = reinterpret_cast<const std::uint8_t*>(body.data());
  auto version = to_hex(blake2b_160({octets, body.size()})).substr(0, kDigits);
  return {path, content_type, std::move(body), std::move(version)};
}

std::string script_with_texts() {
  nlohmann::ordered_json texts;
  for (const auto& [name, text] : texts::kScript) texts[std::string(name)] = text;
  return "'use strict';\nconst TEXTS = " + texts.dump() + ";\n" + kDashboardScript;
}

}  // namespace

const Asset& dashboard_style() {
  static const auto asset = make_asset("/dashboard.css", "text/css; charset=utf-8", kDashboardStyle);
  return asset;
}

const Asset& dashboard_script() {
  static const auto asset = make_asset("/dashboard.js", "text/javascript; charset=utf-8", script_with_texts());
  return asset;
}

const Asset& dashboard_icon() {
  static const auto asset = make_asset("/icon.svg", "image/svg+xml; charset=utf-8", kDashboardIcon);
  return asset;
}

const Asset* find_asset(std::string_view path) {
  for (const auto* asset : {&dashboard_style(), &dashboard_script(), &dashboard_icon()})
    if (asset->path == path) return asset;
  return nullptr;
}

}  // namespace hardline::dashboard
