#include "hardline/rt/mailbox.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "support/test_io.hpp"

namespace hardline {
namespace {

TEST(Mailbox, BringsALetterFromAnotherThreadToTheIoThread) {
  support::TestIo io;
  const Mailbox mailbox(io.executor());
  std::optional<std::thread::id> ran_on;
  std::thread foreign(
      [&ran_on, sender = mailbox.sender()] { sender.post([&ran_on] { ran_on = std::this_thread::get_id(); }); });
  EXPECT_TRUE(io.run_until([&] { return ran_on.has_value(); }));
  foreign.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Mailbox, KeepsTheOrderOfASendersLetters) {
  support::TestIo io;
  const Mailbox mailbox(io.executor());
  std::string order;
  std::thread foreign([&order, sender = mailbox.sender()] {
    for (char c : std::string("abcdef")) sender.post([&order, c] { order += c; });
  });
  EXPECT_TRUE(io.run_until([&] { return order.size() == 6; }));
  foreign.join();
  EXPECT_EQ(order, "abcdef");
}

TEST(Mailbox, RunsNoLetterInsideOfPost) {
  support::TestIo io;
  const Mailbox mailbox(io.executor());
  bool ran = false;
  asio::post(io.context(), [&] {
    mailbox.sender().post([&ran] { ran = true; });
    EXPECT_FALSE(ran);
  });
  EXPECT_TRUE(io.run_until([&] { return ran; }));
}

TEST(Mailbox, RunsNoLetterOnceItIsGone) {
  support::TestIo io;
  bool ran = false;
  auto mailbox = std::make_unique<Mailbox>(io.executor());
  const auto sender = mailbox->sender();
  sender.post([&ran] { ran = true; });  // under way when it goes
  mailbox.reset();
  sender.post([&ran] { ran = true; });
  io.settle();
  EXPECT_FALSE(ran);
}

TEST(Mailbox, LetsALetterEndIt) {
  support::TestIo io;
  auto mailbox = std::make_unique<Mailbox>(io.executor());
  bool second_ran = false;
  mailbox->sender().post([&mailbox] { mailbox.reset(); });
  mailbox->sender().post([&second_ran] { second_ran = true; });
  EXPECT_TRUE(io.run_until([&] { return mailbox == nullptr; }));
  io.settle();
  EXPECT_FALSE(second_ran);
}

TEST(Mailbox, MayBeOutlivedByItsSendersAndSoMayTheIoContext) {
  auto io = std::make_unique<support::TestIo>();
  auto mailbox = std::make_unique<Mailbox>(io->executor());
  const auto sender = mailbox->sender();
  mailbox.reset();
  io.reset();
  const auto owned = std::make_shared<int>(1);
  sender.post([owned] { ADD_FAILURE() << "a letter to nobody was read"; });
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Mailbox, MayGoWhileAnotherThreadPosts) {
  support::TestIo io;
  for (int round = 0; round < 50; ++round) {
    auto mailbox = std::make_unique<Mailbox>(io.executor());
    auto owned = std::make_unique<int>(0);
    std::thread foreign([&owned, sender = mailbox->sender()] {
      for (int i = 0; i < 20; ++i) sender.post([&owned] { ++*owned; });
    });
    io.context().poll();
    mailbox.reset();
    owned.reset();
    io.context().poll();
    foreign.join();
  }
}

}  // namespace
}  // namespace hardline
