#include "hardline/dashboard/qr_code.hpp"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace hardline::dashboard {
namespace {

/// Modules of white around the code (ISO/IEC 18004 section 6.3.8).
constexpr int kQuietZone = 4;

/// The modules of a code, with the quiet zone about them.
class Modules {
 public:
  static std::optional<Modules> of(std::string_view text) {
    if (text.empty() || text.size() > kMaxQrText) return std::nullopt;
    const auto* octets = reinterpret_cast<const unsigned char*>(text.data());
    Code code(QRcode_encodeData(static_cast<int>(text.size()), octets, 0, QR_ECLEVEL_M), QRcode_free);
    if (!code) return std::nullopt;
    return Modules(std::move(code));
  }

  int width() const { return code_->width + 2 * kQuietZone; }

  bool is_dark(int x, int y) const {
    x -= kQuietZone;
    y -= kQuietZone;
    if (x < 0 || y < 0 || x >= code_->width || y >= code_->width) return false;
    return (code_->data[y * code_->width + x] & 1) != 0;
  }

 private:
  using Code = std::unique_ptr<QRcode, decltype(&QRcode_free)>;
  explicit Modules(Code code) : code_(std::move(code)) {}
  Code code_;
};

/// Two modules, one above the other, as one character.
std::string_view half_block(bool upper, bool lower) {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}

}  // namespace

bool has_qr_codes() {
  return true;
}

std::optional<std::string> qr_svg(std::string_view text) {
  const auto modules = Modules::of(text);
  if (!modules) return std::nullopt;
  const int width = modules->width();
  auto svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" shape-rendering=\"crispEdges\">"
      "<path fill=\"#fff\" d=\"M0 0h{0}v{0}H0z\"/><path d=\"",
      width);
  for (int y = 0; y < width; ++y) {
    for (int x = 0; x < width; ++x) {
      const int start = x;
      while (modules->is_dark(x, y)) ++x;  // the quiet zone ends every run
      if (x > start) svg += fmt::format("M{} {}h{}v1H{}z", start, y, x - start, start);
    }
  }
  return svg + "\"/></svg>\n";
}

std::optional<std::string> qr_terminal(std::string_view text, bool colour) {
  const auto modules = Modules::of(text);
  if (!modules) return std::nullopt;
  std::string lines;
  for (int y = 0; y < modules->width(); y += 2) {
    if (colour) lines += "\x1b[30;107m";
    for (int x = 0; x < modules->width(); ++x)
      // What a terminal draws is its light letters, where no colours may be set: then blocks are the white.
      lines += half_block(modules->is_dark(x, y) == colour, modules->is_dark(x, y + 1) == colour);
    if (colour) lines += "\x1b[0m";
    lines += '\n';
  }
  return lines;
}

}  // namespace hardline::dashboard
