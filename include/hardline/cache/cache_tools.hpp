// What a cache is built with.
#pragma once

#include "hardline/net/relay.hpp"
#include "hardline/net/resolver.hpp"
#include "hardline/rt/task_group.hpp"
#include "hardline/tunnel/origin.hpp"

namespace hardline::cache {

/// What every cache of the daemon shares. All of it outlives them.
struct CacheTools {
  Executor executor;
  BufferPool& buffers;
  Resolver& resolver;
  asio::thread_pool& disk;  ///< for what may wait for the disk
  TaskGroup& tasks;         ///< joined after close()
  tunnel::LeadsBack leads_back = {};
};

}  // namespace hardline::cache
