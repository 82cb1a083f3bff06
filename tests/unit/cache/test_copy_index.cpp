#include "cache/copy_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace hardline::cache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Minutes after the beginning of a test's time.
FileTime at(int minute) {
  return FileTime(std::chrono::hours(500'000)) + std::chrono::minutes(minute);
}

/// What goes, in this order, when everything has to.
std::vector<std::string> by_use(CopyIndex& index) {
  return index.reserve(index.max_size()).remove;
}

TEST(CopyIndex, CountsWhatWasAdded) {
  CopyIndex index(100);
  index.add("a", 10, at(1));
  index.add("b", 20, at(2));
  EXPECT_EQ(index.total(), 30u);
  EXPECT_EQ(index.count(), 2u);
}

TEST(CopyIndex, CopyReplacesTheOneOfItsName) {
  CopyIndex index(100);
  index.add("a", 10, at(1));
  index.add("b", 20, at(2));
  index.add("a", 15, at(3));
  EXPECT_EQ(index.total(), 35u);
  EXPECT_EQ(index.count(), 2u);
  EXPECT_THAT(by_use(index), ElementsAre("b", "a"));
}

TEST(CopyIndex, ForgetsWhatIsRemoved) {
  CopyIndex index(100);
  index.add("a", 10, at(1));
  index.remove("a");
  index.remove("never there");
  EXPECT_EQ(index.total(), 0u);
  EXPECT_EQ(index.count(), 0u);
}

TEST(CopyIndex, LeastRecentlyUsedGoesFirst) {
  CopyIndex index(100);
  index.add("a", 30, at(1));
  index.add("b", 30, at(2));
  index.add("c", 30, at(3));
  index.used("a", at(4));
  EXPECT_THAT(by_use(index), ElementsAre("b", "c", "a"));
}

TEST(CopyIndex, UseOfAnUnknownNameIsNothing) {
  CopyIndex index(100);
  index.used("a", at(1));
  EXPECT_EQ(index.count(), 0u);
}

TEST(CopyIndex, LateComerIsOrderedByItsTime) {
  CopyIndex index(100);
  index.add("b", 30, at(2));
  index.add("c", 30, at(3));
  index.add("a", 30, at(1));
  EXPECT_THAT(by_use(index), ElementsAre("a", "b", "c"));
}

TEST(CopyIndex, UseIsTheLatestEvenIfTheClockWasSetBack) {
  CopyIndex index(100);
  index.add("a", 30, at(100));
  index.add("b", 30, at(101));
  index.used("a", at(1));
  EXPECT_THAT(by_use(index), ElementsAre("b", "a"));
}

TEST(CopyIndex, LoadsCopiesInAnyOrder) {
  CopyIndex index(100);
  index.load({{"b", 20, at(2)}, {"c", 30, at(3)}, {"a", 10, at(1)}}, at(10));
  EXPECT_EQ(index.total(), 60u);
  EXPECT_THAT(by_use(index), ElementsAre("a", "b", "c"));
}

TEST(CopyIndex, LoadKeepsWhatWasAddedMeanwhile) {
  CopyIndex index(100);
  index.add("b", 25, at(9));
  index.load({{"a", 10, at(1)}, {"b", 20, at(2)}, {"c", 30, at(3)}}, at(10));
  EXPECT_EQ(index.total(), 65u);
  EXPECT_THAT(by_use(index), ElementsAre("a", "c", "b"));
}

TEST(CopyIndex, LoadTakesTimesOfTheFutureForNow) {
  CopyIndex index(100);
  index.load({{"future", 10, at(1'000'000)}}, at(10));
  index.add("a", 10, at(11));
  EXPECT_THAT(by_use(index), ElementsAre("future", "a"));
}

TEST(CopyIndex, ReservingWhatFitsRemovesNothing) {
  CopyIndex index(100);
  index.add("a", 40, at(1));
  const auto room = index.reserve(60);
  EXPECT_TRUE(room.fits);
  EXPECT_THAT(room.remove, IsEmpty());
  EXPECT_EQ(index.total(), 100u);
}

TEST(CopyIndex, ReservingEvictsDownTo75Percent) {
  CopyIndex index(100);
  for (int i = 0; i < 10; ++i) index.add(std::to_string(i), 10, at(i));
  const auto room = index.reserve(5);
  EXPECT_TRUE(room.fits);
  EXPECT_THAT(room.remove, ElementsAre("0", "1", "2"));  // 70 and 5
  EXPECT_EQ(index.total(), 75u);
  EXPECT_EQ(index.count(), 7u);
}

TEST(CopyIndex, AfterAnEvictionAQuarterComesWithoutOne) {
  CopyIndex index(100);
  for (int i = 0; i < 10; ++i) index.add(std::to_string(i), 10, at(i));
  index.reserve(5);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(index.reserve(5).remove, IsEmpty());
  EXPECT_THAT(index.reserve(5).remove, ElementsAre("3", "4", "5"));
}

TEST(CopyIndex, FetchedCopyTakesThePlaceThatWasReserved) {
  CopyIndex index(100);
  index.reserve(40);
  index.release(40);
  index.add("a", 38, at(1));
  EXPECT_EQ(index.total(), 38u);
}

TEST(CopyIndex, ReservationsCannotBeEvicted) {
  CopyIndex index(100);
  index.add("a", 10, at(1));
  EXPECT_TRUE(index.reserve(90).fits);
  const auto room = index.reserve(20);
  EXPECT_FALSE(room.fits);
  EXPECT_THAT(room.remove, IsEmpty());
  EXPECT_EQ(index.total(), 100u);
  EXPECT_EQ(index.count(), 1u);
  EXPECT_THAT(index.reserve(10).remove, ElementsAre("a"));
}

TEST(CopyIndex, WhatIsLargerThanTheMaximumDisturbsNothing) {
  CopyIndex index(100);
  index.add("a", 100, at(1));
  EXPECT_FALSE(index.reserve(101).fits);
  EXPECT_FALSE(index.reserve(std::numeric_limits<std::uint64_t>::max()).fits);
  EXPECT_EQ(index.total(), 100u);
  EXPECT_EQ(index.count(), 1u);
}

TEST(CopyIndex, WhatIsAsLargeAsTheMaximumReplacesEverything) {
  CopyIndex index(100);
  index.add("a", 50, at(1));
  index.add("b", 50, at(2));
  const auto room = index.reserve(100);
  EXPECT_TRUE(room.fits);
  EXPECT_THAT(room.remove, ElementsAre("a", "b"));
  EXPECT_EQ(index.total(), 100u);
}

TEST(CopyIndex, LoadedFolderThatIsTooLargeShrinksAtTheNextReservation) {
  CopyIndex index(100);  // maxSize may have been lowered since
  index.load({{"a", 100, at(1)}, {"b", 100, at(2)}, {"c", 50, at(3)}}, at(10));
  EXPECT_THAT(index.reserve(1).remove, ElementsAre("a", "b"));
  EXPECT_EQ(index.total(), 51u);
}

TEST(CopyIndex, ReleasingMoreThanWasReservedIsHarmless) {
  CopyIndex index(100);
  index.reserve(10);
  index.release(20);
  EXPECT_EQ(index.total(), 0u);
}

TEST(CopyIndex, KeptPartOfTheLargestMaximumDoesNotOverflow) {
  CopyIndex index(std::numeric_limits<std::uint64_t>::max());
  index.add("a", 1ULL << 62, at(1));
  index.add("b", 1ULL << 62, at(2));
  index.add("c", 1ULL << 62, at(3));
  const auto room = index.reserve(3ULL << 61);
  EXPECT_TRUE(room.fits);
  EXPECT_THAT(room.remove, ElementsAre("a", "b"));  // 12.5 % too much, and then 62.5 %
}

}  // namespace
}  // namespace hardline::cache
