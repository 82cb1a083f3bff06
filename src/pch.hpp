// What nearly every translation unit above wire/ includes and what costs most to parse.
#include <utility>

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <hardline/rt/asio.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hardline/base/log.hpp>
#include <hardline/base/result.hpp>
