// How long a DhtNode takes to find a value, in a DHT of a few hundred of OpenDHT's own nodes that come and go:
//
//     cmake --preset release && cmake --build --preset release --target bench_dht
//     build/release/tests/bench/bench_dht [--nodes 300] [--leaving 10] [--minutes 8]
//
// All in this process, in a private network on the loopback interface. Values are put once, before the clock starts,
// and looked up for as long as they have to last until a server puts them again. No node asks for the same key twice,
// since OpenDHT remembers where it has looked.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "dht/dht_swarm.hpp"
#include "hardline/base/log.hpp"
#include "hardline/dht/dht_node.hpp"
#include "hardline/rt/event.hpp"
#include "hardline/rt/task_group.hpp"

namespace hardline::bench {
namespace {

using namespace std::chrono_literals;
using dht::DhtKey;
using dht::DhtNode;
using dht::DhtSwarm;
using dht::Lookup;
using std::chrono::steady_clock;

constexpr auto kDeadline = 20s;  // of a search, as the Finder has it
constexpr auto kSettle = 30s;    // until the nodes know their neighbours
const std::string kValue = "203.0.113.7:7008,[2001:db8::1]:7008";

struct Options {
  unsigned nodes = 300;
  double leaving = 10;  // per cent a minute
  double minutes = 8;   // what lies between two puts of a server
  unsigned askers = 4;
  double rate = 1;  // lookups of each, a second
};

/// A row of the table.
struct Row {
  std::string name;
  std::vector<double> milliseconds;  ///< of those that succeeded
  unsigned failed = 0;

  void add(bool success, steady_clock::duration time) {
    if (success)
      milliseconds.push_back(std::chrono::duration<double, std::milli>(time).count());
    else
      ++failed;
  }

  double quantile(double q) const {
    if (milliseconds.empty()) return 0;
    const auto last = static_cast<double>(milliseconds.size() - 1);
    return milliseconds[static_cast<std::size_t>(q * last + 0.5)];
  }

  void print() {
    std::sort(milliseconds.begin(), milliseconds.end());
    const auto count = milliseconds.size() + failed;
    fmt::print("| {} | {} | {:.2f} % | {:.0f} | {:.0f} | {:.0f} |\n", name, count,
               count ? 100.0 * static_cast<double>(milliseconds.size()) / static_cast<double>(count) : 0.0,
               quantile(0.5), quantile(0.99), quantile(1));
  }
};

DhtKey random_key(std::mt19937& random) {
  Hash160Bytes bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return DhtKey(bytes);
}

/// Has `leaving` per cent of the nodes replaced a minute, evenly.
class Churn {
 public:
  Churn(DhtSwarm& swarm, double leaving) : swarm_(swarm) {
    if (leaving <= 0) return;
    const auto pause = std::chrono::duration<double>(60 * 100 / (leaving * static_cast<double>(swarm.size())));
    thread_ = std::thread([this, pause] { run(std::chrono::duration_cast<steady_clock::duration>(pause)); });
  }
  ~Churn() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
  }

  unsigned replaced() const { return replaced_; }

 private:
  void run(steady_clock::duration pause) {
    std::mt19937 random(2);
    std::uniform_int_distribution<std::size_t> any(1, swarm_.size() - 1);
    for (auto next = steady_clock::now() + pause; !ended_; next += pause) {
      std::this_thread::sleep_until(next);
      swarm_.replace(any(random));
      ++replaced_;
    }
  }

  DhtSwarm& swarm_;
  std::atomic<bool> ended_ = false;
  std::atomic<unsigned> replaced_ = 0;
  std::thread thread_;
};

class Benchmark {
 public:
  Benchmark(Options options, DhtSwarm& swarm) : options_(options), swarm_(swarm) {
    const auto count = static_cast<std::size_t>(options.minutes * 60 * options.rate);
    for (std::size_t i = 0; i < count; ++i) keys_.push_back(random_key(random_));
  }

  awaitable<void> run() {
    auto executor = co_await asio::this_coro::executor;
    const auto publisher = make_node(executor);
    TaskGroup tasks(executor);
    for (unsigned i = 0; i < kPutters; ++i) tasks.spawn("put", put_every(*publisher, i));
    co_await tasks.join();
    fmt::print("{} values put\n", keys_.size());
    std::fflush(stdout);

    const Churn churn(swarm_, options_.leaving);
    end_ = steady_clock::now() +
           std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(options_.minutes * 60));
    std::vector<std::unique_ptr<DhtNode>> askers;
    for (unsigned i = 0; i < options_.askers; ++i) {
      askers.push_back(make_node(executor));
      tasks.spawn("ask", ask(*askers.back(), i));
    }
    tasks.spawn("fresh", ask_by_fresh_nodes());
    co_await tasks.join();
    fmt::print("{} of {} nodes replaced\n\n", churn.replaced(), swarm_.size());
    for (const auto& node : askers) co_await node->stop();
    co_await publisher->stop();
  }

  void print() {
    fmt::print("| | number | success | median, ms | 99th percentile, ms | longest, ms |\n|---|---|---|---|---|---|\n");
    for (auto* row : {&first_, &last_, &fresh_, &put_}) row->print();
  }

 private:
  static constexpr unsigned kPutters = 8;

  std::unique_ptr<DhtNode> make_node(Executor executor) {
    dht::DhtNodeOptions options;
    options.bootstrap = {swarm_.address()};
    options.network = DhtSwarm::kNetwork;
    return std::make_unique<DhtNode>(executor, resolver_, std::move(options));
  }

  awaitable<void> put_every(DhtNode& node, std::size_t from) {
    for (auto i = from; i < keys_.size(); i += kPutters) {
      const auto begun = steady_clock::now();
      const auto deadline = begun + kDeadline;
      const auto error = co_await node.put(keys_[i], kValue, deadline);
      if (i >= kPutters) put_.add(!error, steady_clock::now() - begun);  // the others waited for the node to connect
    }
  }

  /// `ended` is when the first value came and when the get ended.
  awaitable<void> look_up(DhtNode& node, DhtKey key, Row& first, Row* last) {
    const auto begun = steady_clock::now();
    const auto deadline = begun + kDeadline;
    bool found = false;
    auto on_value = [&](std::string_view value) {
      if (!found && value == kValue) first.add(true, steady_clock::now() - begun);
      found = found || value == kValue;
    };
    const auto lookup = std::make_shared<Lookup>(on_value);
    const auto error = co_await node.get(key, lookup, deadline);
    if (!found) first.add(false, {});
    if (last) last->add(!error, steady_clock::now() - begun);
  }

  awaitable<void> ask(DhtNode& node, unsigned number) {
    auto keys = keys_;
    std::mt19937 random(number);
    std::shuffle(keys.begin(), keys.end(), random);
    Row warming;
    co_await look_up(node, random_key(random), warming, nullptr);  // connects; fresh nodes have a row of their own
    const auto pause =
        std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(1 / options_.rate));
    auto next = steady_clock::now();
    for (const auto& key : keys) {
      next += pause;
      const auto wait = next - steady_clock::now();
      co_await sleep_for(wait);
      if (steady_clock::now() >= end_) co_return;
      co_await look_up(node, key, first_, &last_);
    }
  }

  awaitable<void> ask_by_fresh_nodes() {
    auto executor = co_await asio::this_coro::executor;
    std::mt19937 random(3);
    std::uniform_int_distribution<std::size_t> any(0, keys_.size() - 1);
    while (steady_clock::now() < end_) {
      co_await sleep_for(2s);
      const auto node = make_node(executor);
      const auto key = keys_[any(random)];
      co_await look_up(*node, key, fresh_, nullptr);
      co_await node->stop();
    }
  }

  Options options_;
  DhtSwarm& swarm_;
  Resolver resolver_;
  std::mt19937 random_{1};
  std::vector<DhtKey> keys_;
  steady_clock::time_point end_;
  Row first_{"lookup, until the value is there", {}, 0};
  Row last_{"lookup, until its end", {}, 0};
  Row fresh_{"lookup by a node that has just started", {}, 0};
  Row put_{"put, with no node leaving", {}, 0};
};

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Lookups in a DHT whose nodes come and go");
  app.add_option("--nodes", options.nodes, "nodes in the DHT")->capture_default_str()->check(CLI::Range(2, 2000));
  app.add_option("--leaving", options.leaving, "per cent of them that are replaced in a minute")->capture_default_str();
  app.add_option("--minutes", options.minutes, "how long to look values up")->capture_default_str();
  app.add_option("--askers", options.askers, "nodes that look up")->capture_default_str();
  app.add_option("--rate", options.rate, "lookups of each in a second")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  log::init(spdlog::level::err);

  DhtSwarm swarm(options.nodes);
  std::this_thread::sleep_for(kSettle);
  Benchmark benchmark(options, swarm);
  asio::io_context io;
  TaskGroup all(io.get_executor());
  all.spawn("benchmark", benchmark.run());
  io.run();
  benchmark.print();
  return 0;
}

}  // namespace
}  // namespace hardline::bench

int main(int argc, char** argv) {
  return hardline::bench::main(argc, argv);
}
