// keygen and hash: identities, without a daemon.
#include <fmt/format.h>

#include "ask.hpp"
#include "hardline/store/identity.hpp"
#include "verbs.hpp"

namespace hardline::cli {

int run(const daemon::Settings&, const GenerateKey& verb) {
  const auto identity = store::create_identity(verb.certfile);
  if (verb.json)
    print_json({{"name", identity.name.label()},
                {"key_hash", identity.name.key.hex()},
                {"certfile", std::filesystem::absolute(verb.certfile).string()}});
  else
    fmt::print("{}\n", identity.name.label());
  return kDone;
}

int run(const daemon::Settings&, const PrintHash& verb) {
  const auto hash = store::hash_of_certificate_file(verb.certfile).hex();
  if (verb.json)
    print_json({{"key_hash", hash}});
  else
    fmt::print("{}\n", hash);
  return kDone;
}

}  // namespace hardline::cli
