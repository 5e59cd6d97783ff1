#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <ouro/program/run.hpp>

/// This library, a plain socket and a slow line as programs of one comparison, with the command line and the lines that
/// every peer program of tests/interop has.
namespace compare {

struct Options {
    std::uint32_t magic = 1;
    std::string chain, listen = "127.0.0.1:0", peer, from, to;
    std::uint64_t count = 1;
    std::uint32_t window = 0;  ///< requests in flight; 0: as many as is usual
    std::uint64_t peers = 1;   ///< connections at a time
    std::uint64_t bytes = 0;   ///< that a plain socket sends, or of a block
    std::uint64_t delay = 0;   ///< milliseconds, each way
};

void tell(const nlohmann::ordered_json& line);
/// Reports `count` things and the seconds that they took.
void tell_took(double seconds, std::uint64_t count);
/// The median of round trips and the one that a hundredth exceeds, in microseconds.
void tell_round_trips(std::vector<double> seconds);

/// Until stdin ends.
asio::awaitable<void> end_of_input(asio::any_io_executor executor);

/// Runs to its end and returns the exit code.
using Job = asio::awaitable<int> (*)(ouro::Runtime&, const Options&);

asio::awaitable<int> serve(ouro::Runtime& runtime, const Options& options);
/// Serves in this process, in the same thread, and runs `job` with it: so callgrind counts the instructions of both
/// ends exactly.
asio::awaitable<int> both(ouro::Runtime& runtime, Options options, Job job);
asio::awaitable<int> measure_sync(ouro::Runtime& runtime, const Options& options);
asio::awaitable<int> measure_fetch(ouro::Runtime& runtime, const Options& options);
asio::awaitable<int> measure_keep_alive(ouro::Runtime& runtime, const Options& options);
/// Connections one after the other, each with its handshake, none waited for at its end.
asio::awaitable<int> measure_connect(ouro::Runtime& runtime, const Options& options);
/// `peers` followers at once, each of `count` headers.
asio::awaitable<int> measure_followers(ouro::Runtime& runtime, const Options& options);
/// `peers` connections that do nothing but live, until stdin ends.
asio::awaitable<int> hold(ouro::Runtime& runtime, const Options& options);
/// A line between a client and `peer` on which every byte takes `delay`.
asio::awaitable<int> delay(ouro::Runtime& runtime, const Options& options);

}  // namespace compare
