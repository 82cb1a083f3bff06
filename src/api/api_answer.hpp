// One request to the API, on its way to an answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hardline/api/api.hpp"
#include "json_body.hpp"

namespace hardline::api {

class Api::Answer {
 public:
  Answer(Api& api, const web::Request& request) : api_(api), subjects_(api.subjects_), request_(request) {}

  /// May throw.
  awaitable<web::Response> make();

 private:
  using Way = awaitable<web::Response> (Answer::*)();
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

  awaitable<web::Response> status();
  awaitable<web::Response> why();
  awaitable<web::Response> neighbours();

  awaitable<web::Response> names();
  awaitable<web::Response> put_name();
  awaitable<web::Response> rename();
  awaitable<web::Response> remove_name();
  awaitable<web::Response> export_names();
  awaitable<web::Response> import_names();

  awaitable<web::Response> services();
  awaitable<web::Response> publish();
  awaitable<web::Response> change_service();
  awaitable<web::Response> remove_service();
  awaitable<web::Response> web_servers();

  web::Response name_response(int status, const store::Pin& pin) const;
  std::optional<OwnService> service_named() const;

  Api& api_;
  ApiSubjects& subjects_;
  const web::Request& request_;
  std::vector<std::string> named_;  ///< what stands in the place of each `*`
};

/// What to say to a text that Api::resolve() does not know.
web::Response unknown_name_response(std::string_view asked);

}  // namespace hardline::api
