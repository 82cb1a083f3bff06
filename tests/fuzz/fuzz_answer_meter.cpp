// Where answers end does not depend on how their octets arrive, and an answer that was passed on ends where its framing
// says. The first octet tells what was asked, and how the rest is cut.
#include <algorithm>

#include "fuzz.hpp"
#include "hardline/http/answer_meter.hpp"

namespace {

using hardline::fuzz::require;
using hardline::http::AnswerMeter;
using State = AnswerMeter::State;

void ask(AnswerMeter& meter, unsigned what) {
  meter.expect(what & 1u ? "HEAD" : "GET");
  if (what & 2u) meter.expect("GET");
  if (what & 4u) meter.expect("CONNECT");
}

bool takes_all(State state) {
  return state == State::until_end || state == State::upgraded || state == State::unknown;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned how = data[0];
  const auto octets = hardline::fuzz::as_text(data + 1, size - 1);

  AnswerMeter whole;
  ask(whole, how);
  const auto taken = whole.take(octets);
  require(taken <= octets.size(), "no more is taken than there is");
  const bool takes_rest = whole.state() == State::answering || takes_all(whole.state());
  require(!takes_rest || taken == octets.size(), "less is taken only where all is answered");

  AnswerMeter in_pieces;
  ask(in_pieces, how);
  const std::size_t piece = 1 + how / 8;
  std::size_t taken_in_pieces = 0;
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    const auto state = in_pieces.state();
    const auto more = octets.substr(at, piece);
    const auto count = in_pieces.take(more);
    taken_in_pieces += count;
    if (state == State::complete || state == State::closing) require(count == 0, "nobody asked for more");
    if (takes_all(state)) require(count == more.size() && in_pieces.state() == state, "what has no end goes on");
  }
  require(taken_in_pieces == taken, "as much is taken in pieces");
  require(in_pieces.state() == whole.state(), "pieces make no other answer");

  // A request that is sent later changes nothing about the answers before it.
  if (whole.state() != State::complete) return 0;
  whole.expect("GET");
  require(whole.state() == State::answering, "another may follow");
  const std::string_view next = "HTTP/1.1 204 No Content\r\n\r\n";
  require(whole.take(next) == next.size() && whole.state() == State::complete,
          "the next answer is read from its start");
  return 0;
}
