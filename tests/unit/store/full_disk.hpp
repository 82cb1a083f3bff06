// A full disk that needs no disk.
#pragma once

#include <signal.h>
#include <sys/resource.h>

namespace hardline::store {

/// For as long as it lives, no file of the process can grow beyond `limit` octets.
class FullDisk {
 public:
  explicit FullDisk(rlim_t limit) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full{limit, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  sighandler_t handler_;
  rlimit before_;
};

}  // namespace hardline::store
