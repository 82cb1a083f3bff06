// What systemd is told about this daemon (sd_notify(3)), where it asks for that: NOTIFY_SOCKET is set.
#pragma once

#include <string>

namespace hardline::daemon {

/// Whether this build has libsystemd. Where it has not, nobody is told anything.
bool has_service_manager();

/// Start-up has ended, or a reload; `status` is a line for `systemctl status`.
void tell_ready(const std::string& status);
void tell_reloading();
void tell_stopping(const std::string& status);

}  // namespace hardline::daemon
