#include <algorithm>
#include <array>

#include "hardline/store/identity.hpp"

namespace hardline::store {
namespace {

/// The KEYHASH of every certificate in certs-test.
constexpr std::array<std::string_view, 4> kTestCertificates{
    "03b131fef9459a4a73da0c27e5b9e96362859de6",  // ec.cert
    "09ff021faf67e0113026997d1180cdf65404702e",  // ed25519.cert
    "f4525bb0fb13c3ed1816607803ee2991997de13d",  // rsa.cert
    "2178e90d0cfe7e9709da0518ab7b55d442bf0454",  // rsa4096.cert
};

}  // namespace

bool is_test_certificate(const KeyHash& key) {
  return std::find(kTestCertificates.begin(), kTestCertificates.end(), key.hex()) != kTestCertificates.end();
}

}  // namespace hardline::store
