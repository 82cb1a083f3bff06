// One request to the API, on its way to an answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hardline/web/api.hpp"
#include "json_body.hpp"

namespace hardline::web {

class Api::Answer {
 public:
  Answer(Api& api, const Request& request) : api_(api), subjects_(api.subjects_), request_(request) {}

  /// May throw.
  awaitable<Response> make();

 private:
  using Way = awaitable<Response> (Answer::*)();
  struct Method {
    std::string_view name;
    Way way;
  };
  struct Route {
    std::vector<std::string_view> path;  ///< `*` is whatever the caller names
    std::vector<Method> methods;
  };

  static const std::vector<Route>& routes();
  bool leads_along(const Route& route, const std::vector<std::string>& path);

  awaitable<Response> status();
  awaitable<Response> why();
  awaitable<Response> neighbours();

  awaitable<Response> names();
  awaitable<Response> put_name();
  awaitable<Response> rename();
  awaitable<Response> remove_name();
  awaitable<Response> export_names();
  awaitable<Response> import_names();

  awaitable<Response> services();
  awaitable<Response> publish();
  awaitable<Response> change_service();
  awaitable<Response> remove_service();
  awaitable<Response> web_servers();

  Response name_response(int status, const store::Pin& pin) const;
  std::optional<OwnService> service_named() const;

  Api& api_;
  ApiSubjects& subjects_;
  const Request& request_;
  std::vector<std::string> named_;  ///< what stands in the place of each `*`
};

/// What to say to a text that Api::resolve() does not know.
Response unknown_name_response(std::string_view asked);

}  // namespace hardline::web
