// The page that a cache writes of what is in a folder. No script, nothing from elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "folder.hpp"

namespace hardline::cache {

enum class SortBy { name, size, modified };

/// A listing's order, as its links ask for it: `?sort=size&order=desc`. What is not understood is by name.
struct ListingOrder {
  SortBy by = SortBy::name;
  bool descending = false;

  friend bool operator==(const ListingOrder&, const ListingOrder&) = default;
};
ListingOrder parse_listing_order(std::string_view query);

/// What is in the folder of `path` (decoded, `/foo/`): names, sizes and dates; folders first, names as people count
/// (`2` before `10`) and without regard to ASCII case. Names are escaped; links are percent-encoded and relative.
/// Private files, hidden ones and the cache's own are left out (wire::is_private); of a copy `bar@http` the listing
/// shows `bar`, once where there is a file `bar` as well. Copies that were asked for with a query, which may be
/// somebody's secret, are left out. `cut` says that there is more than is shown.
std::string listing_page(std::string_view path, std::vector<FolderEntry> entries, ListingOrder order, bool cut);

}  // namespace hardline::cache
