// Where the answers on a connection end (RFC 9112 section 6.3), for octets that are passed on as they are.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hardline/http/content_meter.hpp"

namespace hardline::http {

class AnswerMeter {
 public:
  enum class State {
    complete,   ///< every request is answered, and another may follow
    answering,  ///< an answer is to come, or to go on
    closing,    ///< the last answer is complete, and said that it is the connection's last (RFC 9112 section 9.6)
    until_end,  ///< the answer ends with the connection
    upgraded,   ///< what comes is no HTTP any more: a 101, or a 2xx to CONNECT
    unknown,    ///< what came cannot be read as answers, so nobody can tell where they end
  };

  AnswerMeter();
  AnswerMeter(const AnswerMeter&) = delete;
  AnswerMeter& operator=(const AnswerMeter&) = delete;
  AnswerMeter(AnswerMeter&&) = delete;
  AnswerMeter& operator=(AnswerMeter&&) = delete;
  ~AnswerMeter();

  /// A request of this method was sent behind those before it.
  void expect(std::string_view method);

  /// How many of `octets`, the next ones, belong to the expected answers. Less than all of them where the state
  /// becomes, or is, complete or closing: nobody asked for the rest.
  std::size_t take(std::string_view octets);

  /// Octets that nobody asked for were passed on: unknown from now on.
  void lose_track();

  State state() const;

 private:
  struct HeadParser;

  bool has_no_more_ends() const;
  std::size_t take_content(std::string_view octets);
  std::size_t take_head(std::string_view octets);
  void read_head();
  void end_answer();
  void settle(State state);

  std::string expected_;                 ///< a letter for each request that is not answered, the oldest first
  std::optional<State> settled_;         ///< closing, until_end, upgraded or unknown
  bool says_close_ = false;              ///< of the present answer
  std::unique_ptr<HeadParser> head_;     ///< while one arrives
  std::optional<ContentMeter> content_;  ///< while it arrives
};

}  // namespace hardline::http
