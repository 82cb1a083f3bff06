#include "hardline/net/pipe.hpp"

#include <gtest/gtest.h>

#include "support/tls_peer.hpp"

namespace hardline {
namespace {

using support::noise;
using support::reading;
using support::reading_to_end;
using support::writing;
using support::writing_and_ending;

constexpr std::size_t kMuch = 10 * 1024 * 1024;

std::error_code aborted() {
  return asio::error::make_error_code(asio::error::operation_aborted);
}

class PipeTest : public testing::Test {
 protected:
  using Ends = std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>>;

  /// `text` is on its way from one end to the other, and whoever waited for it has come back.
  void send(ByteStream& from, ByteStream& to, const std::string& text) {
    auto waiting = io.start(to.readable());
    io.context().poll();
    ASSERT_EQ(from.write_now(as_octets(text)), text.size());
    ASSERT_FALSE(waiting.get());
  }

  Result<std::string> take(ByteStream& from, std::size_t most = 100) {
    std::string text(most, '\0');
    const auto got = from.read_now(std::as_writable_bytes(std::span(text)));
    if (!got) return fail(got.error());
    return text.substr(0, *got);
  }

  std::error_code error_of_writing(ByteStream& to) {
    const auto written = to.write_now(as_octets("x"));
    return written ? std::error_code() : written.error();
  }

  BufferPool buffers;
  BufferPool relays;  ///< what relay() borrows
  support::TestIo io;
  Ends ends = make_pipe(io.executor(), buffers);
  ByteStream& near = *ends.first;
  ByteStream& far = *ends.second;
};

TEST_F(PipeTest, CarriesMuchBothWaysAtOnce) {
  const auto question = noise(kMuch, 1);
  const auto answer = noise(kMuch, 2);
  auto asked = io.start(writing_and_ending(near, question));
  auto answered = io.start(writing_and_ending(far, answer));
  auto at_far = io.start(reading_to_end(far));
  auto at_near = io.start(reading_to_end(near));
  EXPECT_TRUE(at_far.get().text == question);
  EXPECT_TRUE(at_near.get().text == answer);
  EXPECT_FALSE(asked.get() || answered.get());
  EXPECT_EQ(buffers.lent(), 0u);
}

TEST_F(PipeTest, HasNothingToReadBeforeSomethingIsWritten) {
  EXPECT_EQ(take(near).error(), would_block());
  auto waiting = io.start(near.readable());
  io.settle();
  EXPECT_FALSE(waiting.done());
}

TEST_F(PipeTest, IsWritableWhenTheOtherEndWaits) {
  auto writable = io.start(near.writable());
  io.settle();
  EXPECT_FALSE(writable.done());
  EXPECT_EQ(error_of_writing(near), would_block());
  auto waiting = io.start(far.readable());
  EXPECT_FALSE(writable.get());
  EXPECT_FALSE(waiting.done());
  EXPECT_EQ(near.write_now(as_octets("hello")), 5u);
  EXPECT_FALSE(waiting.get());
  EXPECT_EQ(take(far), "hello");
}

TEST_F(PipeTest, IsNotWritableWhileSomethingIsOnItsWay) {
  send(near, far, "hello");
  EXPECT_EQ(error_of_writing(near), would_block());
  EXPECT_EQ(take(far, 2), "he");
  EXPECT_EQ(error_of_writing(near), would_block());
  EXPECT_EQ(take(far), "llo");
  EXPECT_EQ(error_of_writing(near), would_block());  // its reader is busy
}

TEST_F(PipeTest, IsReadableAtOnceWhereSomethingIsLeft) {
  send(near, far, "hello");
  EXPECT_EQ(take(far, 2), "he");
  EXPECT_FALSE(io.await(far.readable()));
  EXPECT_EQ(take(far), "llo");
}

TEST_F(PipeTest, TakesOneBufferAtATime) {
  auto waiting = io.start(far.readable());
  io.context().poll();
  EXPECT_EQ(near.write_now(as_octets(std::string(3 * BufferPool::kBufferSize, 'x'))), BufferPool::kBufferSize);
}

TEST_F(PipeTest, BorrowsABufferOnlyWhileSomethingIsOnItsWay) {
  auto read = io.start(near.readable());
  auto write = io.start(near.writable());
  io.settle();
  EXPECT_EQ(buffers.lent(), 0u);
  send(near, far, "hello");
  EXPECT_EQ(buffers.lent(), 1u);
  take(far, 2);
  EXPECT_EQ(buffers.lent(), 1u);
  take(far);
  EXPECT_EQ(buffers.lent(), 0u);
}

TEST_F(PipeTest, TakesAndGivesNothingWhereNothingIsAskedFor) {
  EXPECT_EQ(near.write_now({}), 0u);
  EXPECT_EQ(near.read_now({}), 0u);
}

TEST_F(PipeTest, EndOfWritingIsAnEndBehindWhatWasWritten) {
  send(near, far, "question");
  io.await(near.end_writing());
  EXPECT_EQ(take(far), "question");
  EXPECT_EQ(take(far), "");
  EXPECT_EQ(take(far), "");
}

TEST_F(PipeTest, EndOfWritingWakesAReader) {
  auto waiting = io.start(far.readable());
  io.context().poll();
  io.await(near.end_writing());
  EXPECT_FALSE(waiting.get());
  EXPECT_EQ(take(far), "");
}

TEST_F(PipeTest, EndOfWritingLeavesTheOtherWayOpen) {
  for (const bool far_ends : {false, true}) {
    const auto both = make_pipe(io.executor(), buffers);
    auto& ended = far_ends ? *both.second : *both.first;
    auto& other = far_ends ? *both.first : *both.second;
    io.await(ended.end_writing());
    EXPECT_EQ(take(other), "");
    auto written = io.start(writing(other, "answer"));
    EXPECT_EQ(io.await(reading(ended, 6)), "answer");
    EXPECT_FALSE(written.get());
    EXPECT_EQ(error_of_writing(ended), std::errc::broken_pipe);
  }
}

TEST_F(PipeTest, CloseStillDeliversWhatWasWritten) {
  send(near, far, "answer");
  near.close();
  ends.first.reset();
  EXPECT_EQ(take(far), "answer");
  EXPECT_EQ(take(far), "");
}

TEST_F(PipeTest, NothingCanBeWrittenToAClosedEnd) {
  auto waiting = io.start(far.writable());
  io.context().poll();
  near.close();
  EXPECT_FALSE(waiting.get());
  EXPECT_EQ(error_of_writing(far), std::errc::broken_pipe);
}

TEST_F(PipeTest, CloseGivesBackWhatWasNotRead) {
  send(near, far, "hello");
  far.close();
  EXPECT_EQ(buffers.lent(), 0u);
}

TEST_F(PipeTest, AClosedEndIsOfNoUse) {
  near.close();
  EXPECT_TRUE(io.await(near.readable()));
  EXPECT_TRUE(io.await(near.writable()));
  EXPECT_NE(take(near).error(), would_block());
  EXPECT_NE(error_of_writing(near), would_block());
  io.await(near.failed());
  io.await(near.end_writing());
  near.interrupt();
}

TEST_F(PipeTest, AbortIsAResetNeverAnEnd) {
  send(near, far, "half an ans");
  near.abort();
  near.close();  // too late
  EXPECT_EQ(take(far).error(), std::errc::connection_reset);
  EXPECT_EQ(take(far).error(), std::errc::connection_reset);
  EXPECT_EQ(error_of_writing(far), std::errc::connection_reset);
  EXPECT_EQ(buffers.lent(), 0u);
}

TEST_F(PipeTest, AbortGivesBackWhatWasNotRead) {
  send(near, far, "hello");
  far.abort();
  EXPECT_EQ(buffers.lent(), 0u);
}

TEST_F(PipeTest, AbortWakesWhoeverWaitsAtTheOtherEnd) {
  auto read = io.start(far.readable());
  auto write = io.start(far.writable());
  auto failed = io.start(far.failed());
  io.context().poll();
  near.abort();
  EXPECT_FALSE(read.get());
  EXPECT_FALSE(write.get());
  failed.get();
}

TEST_F(PipeTest, AbortIsSeenBehindAnEnd) {
  io.await(near.end_writing());
  EXPECT_EQ(take(far), "");
  near.abort();
  EXPECT_EQ(take(far).error(), std::errc::connection_reset);
}

TEST_F(PipeTest, AnEndThatGoesWithoutAWordIsAReset) {
  send(near, far, "half an ans");
  ends.first.reset();
  EXPECT_EQ(take(far).error(), std::errc::connection_reset);
  EXPECT_EQ(error_of_writing(far), std::errc::connection_reset);
}

TEST_F(PipeTest, AnEndThatGoesAfterItHasEndedIsAnEnd) {
  send(near, far, "answer");
  io.await(near.end_writing());
  ends.first.reset();
  EXPECT_EQ(take(far), "answer");
  EXPECT_EQ(take(far), "");
  EXPECT_EQ(error_of_writing(far), std::errc::broken_pipe);
}

TEST_F(PipeTest, EndsMayGoInAnyOrderWhileTheyAreWaitedFor) {
  for (const bool first_goes_first : {true, false}) {
    auto [one, other] = make_pipe(io.executor(), buffers);
    auto one_reads = io.start(one->readable());
    auto one_fails = io.start(one->failed());
    auto other_writes = io.start(other->writable());
    auto other_reads = io.start(other->readable());
    io.context().poll();
    if (!first_goes_first) other.reset();
    one.reset();
    other.reset();
    EXPECT_EQ(one_reads.get(), aborted());
    EXPECT_EQ(other_reads.get(), aborted());
    other_writes.get();
    one_fails.get();
  }
}

TEST_F(PipeTest, WaitingIsInterruptedByCloseAndAbort) {
  for (const bool aborts : {false, true}) {
    const auto both = make_pipe(io.executor(), buffers);
    auto read = io.start(both.first->readable());
    auto write = io.start(both.first->writable());
    auto failed = io.start(both.first->failed());
    io.context().poll();
    aborts ? both.first->abort() : both.first->close();
    EXPECT_EQ(read.get(), aborted());
    EXPECT_EQ(write.get(), aborted());
    failed.get();
  }
}

TEST_F(PipeTest, StaysUsableAfterAnInterrupt) {
  auto read = io.start(far.readable());
  auto write = io.start(far.writable());
  auto failed = io.start(far.failed());
  io.context().poll();
  far.interrupt();
  EXPECT_EQ(error_of_writing(near), would_block());  // nobody waits for it any more
  EXPECT_EQ(read.get(), aborted());
  EXPECT_EQ(write.get(), aborted());
  failed.get();
  auto written = io.start(writing(near, "hello"));
  EXPECT_EQ(io.await(reading(far, 5)), "hello");
  EXPECT_FALSE(written.get());
}

TEST_F(PipeTest, InterruptIsForThoseWhoWaitOnly) {
  far.interrupt();
  auto read = io.start(far.readable());
  io.settle();
  EXPECT_FALSE(read.done());
  near.interrupt();
  io.settle();
  EXPECT_FALSE(read.done());
}

TEST_F(PipeTest, AReaderWhoComesRightAfterAnInterruptIsServed) {
  auto first = io.start(far.readable());
  io.context().poll();
  far.interrupt();
  auto second = io.start(far.readable());
  EXPECT_EQ(first.get(), aborted());
  io.context().poll();
  EXPECT_FALSE(error_of_writing(near));
  EXPECT_FALSE(second.get());
}

TEST_F(PipeTest, FailsWhenTheOtherEndHasGone) {
  for (const int how : {0, 1, 2}) {
    auto [one, other] = make_pipe(io.executor(), buffers);
    io.await(other->end_writing());
    auto failed = io.start(one->failed());
    io.settle();
    EXPECT_FALSE(failed.done());  // half of it is no failure
    if (how == 0) other->close();
    if (how == 1) other->abort();
    if (how == 2) other.reset();
    failed.get();
    io.await(one->failed());
  }
}

/// `user` ── near │ relay │ far ── `service`, where far and service are a pipe's ends, and what near is, is asked for.
class RelayThroughAPipe : public PipeTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string over = GetParam();
    if (over == "Tls") {
      tls = support::tls_streams(io);
      start(*tls.client, *tls.server);
    } else if (over == "Tcp") {
      tcp = support::socket_streams(io);
      start(*tcp.first, *tcp.second);
    } else {
      other = make_pipe(io.executor(), buffers);
      start(*other.first, *other.second);
    }
  }

  void start(ByteStream& outer, ByteStream& inner) {
    user = &outer;
    relayed.emplace(io.start(relay(inner, near, relays, {}, outcome)));
  }

  support::TlsPair tls;
  std::pair<support::SocketStreamPtr, support::SocketStreamPtr> tcp;
  Ends other;
  ByteStream* user = nullptr;
  ByteStream& service = far;
  RelayOutcome outcome;
  std::optional<support::Running<void>> relayed;
};

TEST_P(RelayThroughAPipe, CarriesMuchBothWaysAtOnce) {
  const auto question = noise(kMuch, 1);
  const auto answer = noise(kMuch, 2);
  auto asked = io.start(writing_and_ending(*user, question));
  auto answered = io.start(writing_and_ending(service, answer));
  auto at_service = io.start(reading_to_end(service));
  auto at_user = io.start(reading_to_end(*user));
  EXPECT_TRUE(at_service.get().text == question);
  const auto got = at_user.get();
  EXPECT_TRUE(got.text == answer);
  EXPECT_FALSE(got.error);
  relayed->get();
  EXPECT_EQ(outcome.to_far.octets, kMuch);
  EXPECT_EQ(outcome.to_near.octets, kMuch);
  EXPECT_EQ(relays.lent() + buffers.lent(), 0u);
}

TEST_P(RelayThroughAPipe, BringsTheAnswerBehindTheUsersEnd) {
  io.await(writing_and_ending(*user, "question"));
  EXPECT_EQ(io.await(reading_to_end(service)).text, "question");
  ASSERT_FALSE(io.await(writing(service, "answer")));
  service.close();
  const auto answer = io.await(reading_to_end(*user));
  EXPECT_EQ(answer.text, "answer");
  EXPECT_FALSE(answer.error);
  relayed->get();
}

TEST_P(RelayThroughAPipe, DeliversTheAnswerOfAServiceThatClosesFirst) {
  ASSERT_FALSE(io.await(writing(service, "answer")));
  service.close();
  const auto answer = io.await(reading_to_end(*user));
  EXPECT_EQ(answer.text, "answer");
  EXPECT_FALSE(answer.error);
  user->close();
  relayed->get();
}

TEST_P(RelayThroughAPipe, DeliversAnEarlyAnswerToAUserWhoseUploadIsNotTaken) {
  auto sent = io.start(writing(*user, noise(support::kMoreThanBuffersHold, 4)));
  auto received = io.start(reading_to_end(*user));
  ASSERT_FALSE(io.await(writing(service, "too large")));
  service.close();
  const auto answer = received.get();
  EXPECT_EQ(answer.text, "too large");
  EXPECT_FALSE(sent.get());  // its rest is taken and thrown away
  EXPECT_FALSE(answer.error);
  user->close();
  relayed->get();
}

TEST_P(RelayThroughAPipe, PassesACutOfTheUserOnAsACut) {
  auto written = io.start(writing(*user, "half a requ"));
  EXPECT_EQ(io.await(reading(service, 11)), "half a requ");
  EXPECT_FALSE(written.get());
  user->abort();
  EXPECT_EQ(io.await(reading_to_end(service)).error, std::errc::connection_reset);
  relayed->get();
}

TEST_P(RelayThroughAPipe, PassesACutOfTheServiceOnAsACut) {
  ASSERT_FALSE(io.await(writing(service, "half an ans")));
  EXPECT_EQ(io.await(reading(*user, 11)), "half an ans");
  ends.second.reset();
  EXPECT_TRUE(io.await(reading_to_end(*user)).error);
  relayed->get();
}

TEST_P(RelayThroughAPipe, TellsTheServiceThatAUserIsLostBehindItsEnd) {
  io.await(writing_and_ending(*user, "question"));
  EXPECT_EQ(io.await(reading_to_end(service)).text, "question");
  auto failed = io.start(service.failed());
  io.settle();
  EXPECT_FALSE(failed.done());
  user->abort();
  failed.get();
  relayed->get();
}

TEST_P(RelayThroughAPipe, PinsNoBufferOfThePipeForAUserWhoDoesNotRead) {
  const auto answer = noise(kMuch, 3);
  auto written = io.start(writing_and_ending(service, answer));
  io.settle();
  EXPECT_FALSE(written.done());
  EXPECT_EQ(buffers.lent(), 0u);
  EXPECT_EQ(io.await(reading_to_end(*user)).text.size(), kMuch);
  EXPECT_FALSE(written.get());
}

INSTANTIATE_TEST_SUITE_P(To, RelayThroughAPipe, testing::Values("Tcp", "Tls", "Pipe"),
                         [](const testing::TestParamInfo<const char*>& info) { return std::string(info.param); });

}  // namespace
}  // namespace hardline
