#include "hardline/dht/dht.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace hardline::dht {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct Asker {
  std::vector<std::string> values;
  Lookup lookup{[this](std::string_view value) { values.emplace_back(value); }};
};

TEST(Lookup, HandsEachValueOnOnce) {
  Asker asker;
  asker.lookup.offer("a");
  asker.lookup.offer("b");
  asker.lookup.offer("a");
  EXPECT_THAT(asker.values, ElementsAre("a", "b"));
}

TEST(Lookup, DropsValuesBeyondItsBound) {
  Asker asker;
  for (std::size_t i = 0; i <= Lookup::kMaxValues; ++i) asker.lookup.offer(std::to_string(i));
  EXPECT_THAT(asker.values, SizeIs(Lookup::kMaxValues));
}

TEST(Lookup, DropsValuesThatAreTooLong) {
  Asker asker;
  const std::string longest(Lookup::kMaxValueSize, 'x');
  asker.lookup.offer(longest + "x");
  asker.lookup.offer(longest);
  EXPECT_THAT(asker.values, ElementsAre(longest));
}

TEST(Lookup, IsSilentOnceStopped) {
  Asker asker;
  asker.lookup.stop();
  asker.lookup.offer("a");
  EXPECT_TRUE(asker.lookup.stopped());
  EXPECT_THAT(asker.values, ElementsAre());
}

TEST(Lookup, MayBeStoppedFromInsideItsCall) {
  std::vector<std::string> values;
  Lookup* self = nullptr;
  Lookup lookup([&](std::string_view value) {
    self->stop();
    values.emplace_back(value);
  });
  self = &lookup;
  lookup.offer("a");
  lookup.offer("b");
  EXPECT_THAT(values, ElementsAre("a"));
}

TEST(Lookup, TellsOnceThatItWasStopped) {
  Asker asker;
  int stops = 0;
  asker.lookup.when_stopped([&] { ++stops; });
  EXPECT_EQ(stops, 0);
  asker.lookup.stop();
  asker.lookup.stop();
  EXPECT_EQ(stops, 1);
}

TEST(Lookup, TellsAtOnceWhereItWasStoppedAlready) {
  Asker asker;
  int stops = 0;
  asker.lookup.stop();
  asker.lookup.when_stopped([&] { ++stops; });
  EXPECT_EQ(stops, 1);
}

TEST(Lookup, TellsTheLastWhoAskedAlone) {
  Asker asker;
  int first = 0, second = 0;
  asker.lookup.when_stopped([&] { ++first; });
  asker.lookup.when_stopped([&] { ++second; });
  asker.lookup.stop();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(Lookup, TellsNobodyWhoDoesNotWantToHearIt) {
  Asker asker;
  int stops = 0;
  asker.lookup.when_stopped([&] { ++stops; });
  asker.lookup.when_stopped(nullptr);
  asker.lookup.stop();
  EXPECT_EQ(stops, 0);
}

}  // namespace
}  // namespace hardline::dht
