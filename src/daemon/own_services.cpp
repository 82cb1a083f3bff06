#include "own_services.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "hardline/base/ascii.hpp"
#include "hardline/base/errc.hpp"
#include "hardline/rt/offload.hpp"

namespace hardline::daemon {
namespace fs = std::filesystem;
namespace {

using api::OrRefusal;
using api::Refusal;

constexpr auto kCheckAgain = std::chrono::seconds(5);

bool can_be_written(const fs::path& folder) {
  return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

tl::unexpected<Refusal> refuse(int status, std::string code, std::string text) {
  return tl::unexpected(Refusal{status, std::move(code), std::move(text)});
}

Refusal refusal_of(const store::WriteError& error) {
  const auto& code = error.code();
  const auto folder = error.file().parent_path().string();
  for (const auto missing_right :
       {std::errc::permission_denied, std::errc::operation_not_permitted, std::errc::read_only_file_system})
    if (code == missing_right)
      return {
          403, "no_permission",
          fmt::format("The user that hardlined runs as cannot write to the folder {} ({}). Let that user write there, "
                      "or change the service files by hand.",
                      folder, code.message())};
  if (code == std::errc::no_space_on_device || code.value() == EDQUOT)
    return {507, "disk_full", fmt::format("There is no room left for {}: {}.", error.file().string(), code.message())};
  return {500, "not_written", error.what()};
}

/// Runs what reads and writes service files, and says in a person's words what it throws.
template <class Job>
auto in_words(Job job) -> OrRefusal<std::invoke_result_t<Job&>> {
  try {
    return job();
  } catch (const store::WriteError& e) {
    return tl::unexpected(refusal_of(e));
  } catch (const store::ConfigError& e) {
    const auto where = !e.key().empty() ? e.key() + "= " : e.line() > 0 ? fmt::format("line {} ", e.line()) : "";
    return refuse(400, e.key().empty() ? "service_file" : e.key(),
                  fmt::format("The service file would not be valid: {}{}.", where, e.problem()));
  } catch (const std::exception& e) {
    return refuse(500, "not_written", e.what());
  }
}

std::string problem_of(const std::error_code& error) {
  if (!error) return "";
  if (error == std::errc::connection_refused) return "nothing is listening there";
  if (error == Errc::timed_out) return "it does not answer";
  if (error == std::errc::no_such_file_or_directory) return "there is no such file or socket";
  if (error == std::errc::permission_denied) return "hardlined may not open it";
  return error.message();
}

std::string id_of(const fs::path& file) {
  return file.stem().string();
}

std::string origin_of(const store::ServiceFile& file) {
  const auto* cache = std::get_if<CacheSettings>(&file.origin);
  if (!cache) return to_string(file.origin);
  return (cache->upstream ? "a " : "the ") + to_string(file.origin);
}

bool is_this_machine(const std::string& given) {
  const auto host = to_lower(given);
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  AsioError a_name;
  auto address = asio::ip::make_address(host, a_name);
  if (a_name) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.is_loopback() || address.is_unspecified();
}

/// Whether what was asked for is how the service is now.
bool shows(const store::ServiceFile& file, const api::ServiceChanges& changes) {
  if (changes.title && file.title != *changes.title) return false;
  if (changes.paused && file.paused != *changes.paused) return false;
  const auto* address = std::get_if<OriginAddress>(&file.origin);
  return !changes.address || (address && *address == *changes.address);
}

constexpr auto kNotTakenUp =
    "The service file was written, but did not take effect; the daemon's recent problems say why.";

}  // namespace

OwnServices::OwnServices(OwnServicesTools tools)
    : tools_(std::move(tools)),
      turns_(tools_.executor),
      folder_is_writable_(can_be_written(tools_.settings.service_directory)) {}

bool OwnServices::is_the_command_lines(const KnownService& known) const {
  const auto& single = tools_.settings.single_service;
  return single && known.file.file == single->file;
}

const KnownService* OwnServices::find(const std::string& id) const {
  for (const auto& [file, known] : tools_.publisher.services())
    if (!is_the_command_lines(known) && id_of(file) == id) return &known;
  return nullptr;
}

OrRefusal<const KnownService*> OwnServices::find_editable(const std::string& id) const {
  if (const auto* known = find(id)) return known;
  return refuse(404, "unknown_service", "This service is no longer on this computer.");
}

api::OwnService OwnServices::describe(const KnownService& known) const {
  const auto& file = known.file;
  const bool has_file = !is_the_command_lines(known);
  const auto traffic = tools_.p2p.traffic(known.name.key);
  api::OwnService service{.id = has_file ? id_of(file.file) : "",
                          .title = file.title,
                          .name = known.name,
                          .origin = origin_of(file),
                          .address = std::nullopt,
                          .paused = file.paused,
                          .editable = has_file && folder_is_writable_,
                          .listed = file.listed,
                          .uses_dht = file.use_dht,
                          .origin_up = std::nullopt,
                          .origin_problem = "",
                          .connections = traffic.connections,
                          .octets = traffic.octets,
                          .open = traffic.open};
  if (const auto* address = std::get_if<OriginAddress>(&file.origin)) service.address = *address;
  const auto check = checks_.find(file.file);
  if (known.service && check != checks_.end() && check->second.ended && check->second.service.lock() == known.service) {
    service.origin_up = check->second.problem.empty();
    service.origin_problem = check->second.problem;
  }
  return service;
}

std::vector<api::OwnService> OwnServices::services() {
  check_what_is_due();
  std::vector<api::OwnService> services;
  for (const auto& [file, known] : tools_.publisher.services()) services.push_back(describe(known));
  std::sort(services.begin(), services.end(), [](const auto& a, const auto& b) {
    return std::tuple(to_lower(a.title), a.id) < std::tuple(to_lower(b.title), b.id);
  });
  return services;
}

void OwnServices::check_what_is_due() {
  const auto now = Clock::now();
  const auto& known_services = tools_.publisher.services();
  std::erase_if(checks_, [&](const auto& check) { return !known_services.contains(check.first); });
  for (const auto& [file, known] : known_services) {
    if (!known.service) continue;
    auto& check = checks_[file];
    if (check.service.lock() != known.service) check = Check{known.service, false, {}, {}};
    if (check.running || (check.ended && now - *check.ended < kCheckAgain)) continue;
    check.running = true;
    tools_.tasks.spawn("origin check", this->check(file, known.service));
  }
  if (looking_at_folder_ || (looked_at_folder_ && now - *looked_at_folder_ < kCheckAgain)) return;
  looking_at_folder_ = true;
  tools_.tasks.spawn("service folder", look_at_folder());
}

awaitable<void> OwnServices::check(fs::path file, std::shared_ptr<tunnel::PublishedService> service) {
  const auto error = co_await service->origin->check();
  const auto check = checks_.find(file);
  if (check == checks_.end() || check->second.service.lock() != service) co_return;
  check->second.running = false;
  if (error == Errc::cancelled) co_return;
  check->second.ended = Clock::now();
  check->second.problem = problem_of(error);
}

awaitable<void> OwnServices::look_at_folder() {
  const auto job = [folder = tools_.settings.service_directory] { return can_be_written(folder); };
  folder_is_writable_ = co_await offload(tools_.files, job);
  looking_at_folder_ = false;
  looked_at_folder_ = Clock::now();
}

std::optional<Refusal> OwnServices::problem_with(const OriginAddress& address) const {
  const auto* where = std::get_if<HostPort>(&address);
  if (!where) return std::nullopt;
  const bool own = where->port == tools_.p2p.port() || where->port == tools_.settings.local_port;
  if (own && is_this_machine(where->host))
    return Refusal{400, "address",
                   fmt::format("Port {} is Hardline's own; give the port of the web server to publish.", where->port)};
  return std::nullopt;
}

awaitable<OrRefusal<api::OwnService>> OwnServices::publish(std::string title, OriginAddress address) {
  const auto folder = tools_.settings.service_directory;
  if (folder.empty())
    co_return refuse(409, "no_service_folder",
                     "This daemon was started for one service (--service) and has no folder for others; start it with "
                     "--servicedir to publish more.");
  if (auto problem = problem_with(address)) co_return tl::unexpected(std::move(*problem));

  const auto turn = co_await turns_.take();
  const auto write = [folder, title, address] {
    return in_words([&] { return store::create_service_file(folder, title, address); });
  };
  auto file = co_await offload(tools_.files, write);
  if (!file) co_return tl::unexpected(std::move(file.error()));
  folder_is_writable_ = true;
  co_await tools_.reload();
  if (const auto* known = find(id_of(*file))) co_return describe(*known);

  // So that trying again does not create a second one.
  const auto put_aside = [file = *file] { return in_words([&] { return store::remove_service_file(file); }); };
  const auto kept = co_await offload(tools_.files, put_aside);
  co_return refuse(500, "not_published",
                   fmt::format("The service could not be published; the daemon's recent problems say why. Its file {} "
                               "{}.",
                               file->string(), kept ? "was moved to " + kept->string() : "is still there"));
}

awaitable<OrRefusal<api::OwnService>> OwnServices::change(std::string id, api::ServiceChanges changes) {
  const auto turn = co_await turns_.take();
  const auto known = find_editable(id);
  if (!known) co_return tl::unexpected(known.error());
  std::vector<store::IniChange> wanted;
  if (changes.title) wanted.push_back({"Info", "title", *changes.title});
  if (changes.address) {
    if (!std::holds_alternative<OriginAddress>((*known)->file.origin))
      co_return refuse(409, "not_an_address",
                       "This service is a cache or a folder; its service file says where its content comes from.");
    if (auto problem = problem_with(*changes.address)) co_return tl::unexpected(std::move(*problem));
    for (auto& change : store::address_changes(*changes.address)) wanted.push_back(std::move(change));
  }
  if (changes.paused) wanted.push_back({"Service", "paused", *changes.paused ? "yes" : "no"});

  const auto write = [file = (*known)->file.file, wanted] {
    return in_words([&] {
      store::change_service_file(file, wanted);
      return file;
    });
  };
  auto written = co_await offload(tools_.files, write);
  if (!written) co_return tl::unexpected(std::move(written.error()));
  co_await tools_.reload();
  const auto* changed = find(id);
  if (!changed || !shows(changed->file, changes)) co_return refuse(500, "not_taken_up", kNotTakenUp);
  co_return describe(*changed);
}

awaitable<OrRefusal<std::string>> OwnServices::remove(std::string id) {
  const auto turn = co_await turns_.take();
  const auto known = find_editable(id);
  if (!known) co_return tl::unexpected(known.error());
  const auto put_aside = [file = (*known)->file.file] {
    return in_words([&] { return store::remove_service_file(file); });
  };
  auto folder = co_await offload(tools_.files, put_aside);
  if (!folder) co_return tl::unexpected(std::move(folder.error()));
  co_await tools_.reload();
  co_return folder->string();
}

}  // namespace hardline::daemon
