#include "hardline/http/answer_meter.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace hardline::http {
namespace {

using State = AnswerMeter::State;

const std::string kEmpty = "HTTP/1.1 204 No Content\r\n\r\n";
const std::string kTwo = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n";

struct Read {
  std::size_t taken;
  State state;
  friend bool operator==(const Read&, const Read&) = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
  return out << read.taken << " octets, state " << static_cast<int>(read.state);
}

/// What a meter says of `octets`, in answer to requests of these methods: the same however they arrive.
Read read(std::initializer_list<const char*> methods, const std::string& octets) {
  AnswerMeter whole;
  AnswerMeter single;
  for (const auto* method : methods) {
    whole.expect(method);
    single.expect(method);
  }
  const Read all{whole.take(octets), whole.state()};
  std::size_t one_by_one = 0;
  for (const char c : octets) one_by_one += single.take({&c, 1});
  EXPECT_EQ((Read{one_by_one, single.state()}), all) << octets;
  return all;
}

Read all_of(const std::string& octets, State state) {
  return {octets.size(), state};
}

TEST(AnswerMeter, IsCompleteBeforeAnyRequest) {
  AnswerMeter meter;
  EXPECT_EQ(meter.state(), State::complete);
  meter.expect("GET");
  EXPECT_EQ(meter.state(), State::answering);
}

TEST(AnswerMeter, EndsAnAnswerWhereItsLengthSays) {
  EXPECT_EQ(read({"GET"}, kTwo), all_of(kTwo, State::complete));
  EXPECT_EQ(read({"GET"}, kTwo.substr(0, kTwo.size() - 1)).state, State::answering);
  EXPECT_EQ(read({"GET"}, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").state, State::complete);
}

TEST(AnswerMeter, EndsAnAnswerInChunksBehindItsTrailer) {
  EXPECT_EQ(read({"GET"}, kChunks), all_of(kChunks, State::complete));
  EXPECT_EQ(read({"GET"}, kChunks.substr(0, kChunks.size() - 1)).state, State::answering);
}

TEST(AnswerMeter, TakesNoMoreThanWasAskedFor) {
  for (const auto& answer : {kTwo, kChunks, kEmpty})
    EXPECT_EQ(read({"GET"}, answer + kTwo), (Read{answer.size(), State::complete})) << answer;
  EXPECT_EQ(read({}, kTwo), (Read{0, State::complete}));
}

TEST(AnswerMeter, TakesOneAnswerForEachRequest) {
  const auto both = kChunks + kTwo;
  EXPECT_EQ(read({"GET", "POST"}, both), all_of(both, State::complete));
  EXPECT_EQ(read({"GET", "POST", "GET"}, both), all_of(both, State::answering));
}

TEST(AnswerMeter, ExpectsNoContentInAnswerToHead) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(read({"HEAD", "GET"}, head + kTwo), all_of(head + kTwo, State::complete));
  const std::string untold = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(read({"HEAD"}, untold), all_of(untold, State::complete));
}

TEST(AnswerMeter, ExpectsNoContentOf204And304) {
  const std::string fresh = "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n";
  EXPECT_EQ(read({"GET", "GET"}, fresh + kEmpty), all_of(fresh + kEmpty, State::complete));
}

TEST(AnswerMeter, CountsNoInterimAnswer) {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  EXPECT_EQ(read({"PUT"}, interim), all_of(interim, State::answering));
  EXPECT_EQ(read({"PUT"}, interim + kTwo), all_of(interim + kTwo, State::complete));
}

TEST(AnswerMeter, KnowsTheLastAnswerOfAConnection) {
  for (const std::string last : {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
                                 "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"}) {
    EXPECT_EQ(read({"GET"}, last), all_of(last, State::closing));
    EXPECT_EQ(read({"GET", "GET"}, last + kTwo), (Read{last.size(), State::closing}));
  }
  const std::string kept = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi";
  EXPECT_EQ(read({"GET"}, kept), all_of(kept, State::complete));
}

TEST(AnswerMeter, LetsAnAnswerWithoutALengthEndWithTheConnection) {
  const auto answer = "HTTP/1.1 200 OK\r\n\r\n" + kTwo;
  EXPECT_EQ(read({"GET", "GET"}, answer), all_of(answer, State::until_end));
}

TEST(AnswerMeter, LooksAtNothingBehindAnUpgrade) {
  const auto websocket = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi" + kTwo;
  EXPECT_EQ(read({"GET"}, websocket), all_of(websocket, State::upgraded));
  EXPECT_EQ(read({"CONNECT"}, "HTTP/1.1 200 OK\r\n\r\nSSH-2.0").state, State::upgraded);
  EXPECT_EQ(read({"CONNECT"}, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").state, State::complete);
  EXPECT_EQ(read({"GET"}, "HTTP/1.1 101\r\n\r\nframes").state, State::upgraded) << "without a reason";
}

TEST(AnswerMeter, TakesAllOfWhatItCannotRead) {
  for (const std::string answer : {
           "SSH-2.0-OpenSSH\r\n",
           "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 099 Odd\r\n\r\n",
       })
    EXPECT_EQ(read({"GET"}, answer + kTwo), all_of(answer + kTwo, State::unknown));
}

TEST(AnswerMeter, ReadsAHeadOfTheLengthThatCommonServersSend) {
  const auto answer = "HTTP/1.1 204 No Content\r\nX: " + std::string(60 * 1024, 'x') + "\r\n\r\n";
  EXPECT_EQ(read({"GET"}, answer), all_of(answer, State::complete));
  const auto endless = "HTTP/1.1 204 No Content\r\nX: " + std::string(70 * 1024, 'x');
  EXPECT_EQ(read({"GET"}, endless), all_of(endless, State::unknown));
}

TEST(AnswerMeter, LosesTrackForGood) {
  AnswerMeter meter;
  meter.lose_track();
  meter.expect("GET");
  EXPECT_EQ(meter.take(kTwo), kTwo.size());
  EXPECT_EQ(meter.state(), State::unknown);
}

}  // namespace
}  // namespace hardline::http
