// Two streams inside of this process, each of which reads what the other writes.
#pragma once

#include <memory>
#include <utility>

#include "hardline/net/relay.hpp"

namespace hardline {

/// A pair of ends. An end is writable when nothing is on its way and the other end waits in readable(), so that a
/// reader that is busy elsewhere pins no memory: a buffer is borrowed from `buffers` while octets are on their way
/// only, and one write_now() takes at most BufferPool::kBufferSize.
///
/// end_writing() and close() are seen as the end of the stream by the other side once it has read everything; writing
/// to an end that the other side has closed is a broken_pipe. abort(), and the destructor of an end that was neither
/// closed nor ended, are seen as connection_reset. failed() comes back when the other side has aborted, closed or gone.
/// The ends may go in any order, `buffers` after both; io thread only.
std::pair<std::unique_ptr<ByteStream>, std::unique_ptr<ByteStream>> make_pipe(Executor executor, BufferPool& buffers);

}  // namespace hardline
