#include "hardline/base/cache_settings.hpp"

#include <gtest/gtest.h>

namespace hardline {
namespace {

CacheSettings in_folder(std::optional<Upstream> upstream) {
  CacheSettings cache;
  cache.directory = "/srv/photos";
  cache.upstream = std::move(upstream);
  return cache;
}

TEST(CacheSettings, SayForPeopleWhatIsFetchedFrom) {
  EXPECT_EQ(to_string(Upstream{HostPort{"example.org", 443}, true}), "https://example.org:443");
  EXPECT_EQ(to_string(Upstream{HostPort{"::1", 80}}), "http://[::1]:80");
  EXPECT_EQ(to_string(Upstream{UnixPath{"/run/wiki.sock"}}), "unix:/run/wiki.sock");
}

TEST(ServiceOrigin, IsWrittenForPeople) {
  EXPECT_EQ(to_string(ServiceOrigin(OriginAddress(HostPort{"192.0.2.1", 80}))), "192.0.2.1:80");
  EXPECT_EQ(to_string(ServiceOrigin(in_folder(Upstream{HostPort{"example.org", 443}, true}))),
            "cache of https://example.org:443");
  EXPECT_EQ(to_string(ServiceOrigin(in_folder(Upstream{UnixPath{"/run/wiki.sock"}}))), "cache of unix:/run/wiki.sock");
  EXPECT_EQ(to_string(ServiceOrigin(in_folder(std::nullopt))), "folder /srv/photos");
}

TEST(CacheSettings, HaveTheDefaultsThatAreDocumented) {
  const CacheSettings cache;
  EXPECT_EQ(cache.max_age, std::chrono::seconds(604800));
  EXPECT_EQ(cache.max_size, 256u * 1024 * 1024);
  EXPECT_EQ(cache.download_rate_limit, 1200u * 1024 * 1024);
  EXPECT_FALSE(cache.allow_listing);
  EXPECT_FALSE(cache.dynamic_content);
}

}  // namespace
}  // namespace hardline
