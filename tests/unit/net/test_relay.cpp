#include "hardline/net/relay.hpp"

#include <gtest/gtest.h>

#include "support/tls_peer.hpp"

namespace hardline {
namespace {

using support::kMoreThanBuffersHold;
using support::noise;
using support::reading;
using support::reading_to_end;
using support::writing;
using support::writing_and_ending;

/// What carries a relay's near and far side.
struct Over {
  bool near_is_tls;
  bool far_is_tls;
};

/// `user` ── near │ relay │ far ── `service`
class Relay : public testing::TestWithParam<Over> {
 protected:
  struct Side {
    support::TlsPair tls;
    std::pair<support::SocketStreamPtr, support::SocketStreamPtr> plain;
    ByteStream* outer;
    ByteStream* inner;
  };

  Side connect(bool with_tls) {
    Side side;
    if (with_tls) {
      side.tls = support::tls_streams(io);
      side.outer = side.tls.client.get();
      side.inner = side.tls.server.get();
    } else {
      side.plain = support::socket_streams(io);
      side.outer = side.plain.first.get();
      side.inner = side.plain.second.get();
    }
    return side;
  }

  void start(RelayOptions options = {}) { relayed.emplace(io.start(relay(near, far, buffers, options, outcome))); }

  BufferPool buffers;
  support::TestIo io;
  Side near_side = connect(GetParam().near_is_tls);
  Side far_side = connect(GetParam().far_is_tls);
  ByteStream& user = *near_side.outer;
  ByteStream& near = *near_side.inner;
  ByteStream& far = *far_side.inner;
  ByteStream& service = *far_side.outer;
  RelayOutcome outcome;
  std::optional<support::Running<void>> relayed;
};

TEST_P(Relay, CarriesMuchBothWaysAtOnce) {
  start();
  const auto request = noise(kMoreThanBuffersHold, 1);
  const auto response = noise(kMoreThanBuffersHold, 2);
  auto sent = io.start(writing_and_ending(user, request));
  auto answered = io.start(writing_and_ending(service, response));
  auto at_service = io.start(reading_to_end(service));
  auto at_user = io.start(reading_to_end(user));
  EXPECT_TRUE(at_service.get().text == request);
  EXPECT_TRUE(at_user.get().text == response);
  relayed->get();
  EXPECT_EQ(outcome.to_far.octets, request.size());
  EXPECT_EQ(outcome.to_near.octets, response.size());
  EXPECT_FALSE(outcome.to_far.read_error || outcome.to_near.read_error);
}

TEST_P(Relay, PassesTheUsersEndOnAndStillBringsTheAnswer) {
  start();
  io.await(writing_and_ending(user, "question"));
  const auto question = io.await(reading_to_end(service));
  EXPECT_EQ(question.text, "question");
  EXPECT_FALSE(question.error);
  EXPECT_FALSE(relayed->done());
  io.await(writing_and_ending(service, "answer"));
  const auto answer = io.await(reading_to_end(user));
  EXPECT_EQ(answer.text, "answer");
  EXPECT_FALSE(answer.error);
  relayed->get();
}

TEST_P(Relay, PassesTheServicesEndOnAndStillTakesTheRequest) {
  start();
  io.await(writing_and_ending(service, "greeting"));
  const auto greeting = io.await(reading_to_end(user));
  EXPECT_EQ(greeting.text, "greeting");
  EXPECT_FALSE(greeting.error);
  EXPECT_FALSE(relayed->done());
  io.await(writing_and_ending(user, "late question"));
  EXPECT_EQ(io.await(reading_to_end(service)).text, "late question");
  relayed->get();
}

TEST_P(Relay, EndsWhenAUserIsLostBehindItsEnd) {
  start();
  io.await(writing_and_ending(user, "question"));
  EXPECT_EQ(io.await(reading_to_end(service)).text, "question");
  EXPECT_FALSE(relayed->done());
  user.abort();
  relayed->get();
}

TEST_P(Relay, EndsWhenAServiceIsLostBehindItsEnd) {
  start();
  io.await(writing_and_ending(service, "greeting"));
  EXPECT_EQ(io.await(reading_to_end(user)).text, "greeting");
  EXPECT_FALSE(relayed->done());
  service.abort();
  relayed->get();
}

TEST_P(Relay, PassesACutOfTheUserOnAsACut) {
  start();
  ASSERT_FALSE(io.await(writing(user, "half a requ")));
  ASSERT_EQ(io.await(reading(service, 11)), "half a requ");
  user.abort();
  EXPECT_TRUE(io.await(reading_to_end(service)).error);
  relayed->get();
  EXPECT_TRUE(outcome.to_far.read_error);
}

TEST_P(Relay, PassesACutOfTheServiceOnAsACut) {
  start();
  ASSERT_FALSE(io.await(writing(service, "half an ans")));
  ASSERT_EQ(io.await(reading(user, 11)), "half an ans");
  service.abort();
  EXPECT_TRUE(io.await(reading_to_end(user)).error);
  relayed->get();
  EXPECT_TRUE(outcome.to_near.read_error);
}

TEST_P(Relay, HoldsBackAUserWhoseServiceDoesNotRead) {
  start();
  const auto upload = noise(kMoreThanBuffersHold, 3);
  auto sent = io.start(writing(user, upload));
  io.settle();
  EXPECT_FALSE(sent.done());
  EXPECT_LT(outcome.to_far.octets, upload.size());
  ASSERT_FALSE(io.await(writing(service, "meanwhile")));
  EXPECT_EQ(io.await(reading(user, 9)), "meanwhile");
  EXPECT_TRUE(io.await(reading(service, upload.size())) == upload);
  EXPECT_FALSE(sent.get());
}

TEST_P(Relay, DeliversAnEarlyAnswerToAUserWhoseUploadIsNotTaken) {
  start();
  auto sent = io.start(writing(user, noise(kMoreThanBuffersHold, 4)));
  io.settle();
  io.await(writing_and_ending(service, "too large"));
  io.settle();
  service.close();           // with input unread: a reset
  EXPECT_FALSE(sent.get());  // its rest is taken and thrown away: a reset could overtake the answer
  const auto answer = io.await(reading_to_end(user));
  EXPECT_EQ(answer.text, "too large");
  EXPECT_FALSE(answer.error);
  user.close();
  relayed->get();
}

TEST_P(Relay, ClosesTheUsersSideOfASilentService) {
  start();
  service.close();
  io.await(reading_to_end(user));
  user.close();
  relayed->get();
  EXPECT_EQ(outcome.octets(), 0u);
}

constexpr RelayOptions kKeepNear{.far_cannot_half_close = false, .keep_near_if_far_is_silent = true};

TEST_P(Relay, KeepsTheUsersSideOpenIfTheServiceEndsSilently) {
  start(kKeepNear);
  ASSERT_FALSE(io.await(writing(user, "question")));
  ASSERT_EQ(io.await(reading(service, 8)), "question");
  service.close();
  relayed->get();
  ASSERT_FALSE(io.await(writing_and_ending(near, "it said nothing")));
  EXPECT_EQ(io.await(reading_to_end(user)).text, "it said nothing");
}

TEST_P(Relay, KeepsTheUsersSideOpenIfTheServiceIsCutSilently) {
  start(kKeepNear);
  io.settle();
  service.abort();
  relayed->get();
  ASSERT_FALSE(io.await(writing_and_ending(near, "it said nothing")));
  EXPECT_EQ(io.await(reading_to_end(user)).text, "it said nothing");
}

TEST_P(Relay, KeepsTheUsersSideOpenAlsoInTheMidstOfAnUpload) {
  start(kKeepNear);
  auto sent = io.start(writing(user, noise(kMoreThanBuffersHold, 5)));
  io.settle();
  service.close();
  relayed->get();
  ASSERT_FALSE(io.await(writing(near, "it said nothing")));
  EXPECT_EQ(io.await(reading(user, 15)), "it said nothing");
}

TEST_P(Relay, KeepsTheUsersSideOpenAfterTheUserHasEnded) {
  start(kKeepNear);
  io.await(writing_and_ending(user, "question"));
  ASSERT_EQ(io.await(reading_to_end(service)).text, "question");
  service.close();
  relayed->get();
  ASSERT_FALSE(io.await(writing_and_ending(near, "it said nothing")));
  EXPECT_EQ(io.await(reading_to_end(user)).text, "it said nothing");
}

TEST_P(Relay, DoesNotKeepTheUsersSideOpenOnceTheServiceHasSpoken) {
  start(kKeepNear);
  io.await(writing_and_ending(service, "a"));
  const auto answer = io.await(reading_to_end(user));
  EXPECT_EQ(answer.text, "a");
  EXPECT_FALSE(answer.error);
  user.close();
  relayed->get();
  std::array<std::byte, 1> octet{};
  EXPECT_FALSE(near.write_now(octet));
}

constexpr RelayOptions kNoHalfClose{.far_cannot_half_close = true, .keep_near_if_far_is_silent = false};

TEST_P(Relay, HidesTheUsersEndFromAServiceThatWouldTakeItForTheEndOfEverything) {
  start(kNoHalfClose);
  io.await(writing_and_ending(user, "question"));
  ASSERT_EQ(io.await(reading(service, 8)), "question");
  auto rest = io.start(reading_to_end(service));
  io.settle();
  EXPECT_FALSE(rest.done());
  ASSERT_FALSE(io.await(writing(service, "answer")));
  service.close();
  const auto answer = io.await(reading_to_end(user));
  EXPECT_EQ(answer.text, "answer");
  EXPECT_FALSE(answer.error);
  relayed->get();
}

INSTANTIATE_TEST_SUITE_P(Over, Relay,
                         testing::Values(Over{false, false}, Over{true, false}, Over{false, true}, Over{true, true}),
                         [](const testing::TestParamInfo<Over>& info) {
                           const auto name = [](bool is_tls) { return std::string(is_tls ? "Tls" : "Tcp"); };
                           return name(info.param.near_is_tls) + "To" + name(info.param.far_is_tls);
                         });

TEST(Carry, ReturnsWhenItIsStoppedAndLeavesBothStreamsOpen) {
  BufferPool buffers;
  support::TestIo io;
  auto [user, near] = support::socket_streams(io);
  auto [far, service] = support::socket_streams(io);
  Carried carried;
  auto ended = io.start(carry(*near, *far, buffers, carried));
  io.settle();
  carried.stop = true;
  near->interrupt();
  ended.get();
  EXPECT_FALSE(carried.read_error || carried.write_error);
  EXPECT_TRUE(near->is_open() && far->is_open());
}

TEST(Carry, CountsWhileItCarries) {
  BufferPool buffers;
  support::TestIo io;
  auto [user, near] = support::socket_streams(io);
  auto [far, service] = support::socket_streams(io);
  Carried carried;
  auto ended = io.start(carry(*near, *far, buffers, carried));
  ASSERT_FALSE(io.await(writing(*user, "12345")));
  EXPECT_EQ(io.await(reading(*service, 5)), "12345");
  EXPECT_EQ(carried.octets, 5u);
  EXPECT_FALSE(ended.done());
}

TEST(BufferPool, LendsOneBufferToOneBorrower) {
  BufferPool buffers;
  const auto one = buffers.borrow();
  const auto other = buffers.borrow();
  EXPECT_NE(one.get(), other.get());
}

TEST(BufferPool, LendsAgainWhatItGotBack) {
  BufferPool buffers;
  auto loan = buffers.borrow();
  const auto* block = loan.get();
  loan.reset();
  EXPECT_EQ(buffers.borrow().get(), block);
}

TEST(BufferPool, CountsWhatIsLent) {
  BufferPool buffers;
  auto loan = buffers.borrow();
  EXPECT_EQ(buffers.lent(), 1u);
  loan.reset();
  EXPECT_EQ(buffers.lent(), 0u);
}

}  // namespace
}  // namespace hardline
