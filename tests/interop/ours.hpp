#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ouro/ouro.hpp>

/// What the two halves of this library's program in the matrix share: between nodes, and between a node and its client.
namespace interop {

using Json = nlohmann::ordered_json;

/// The command line.
struct Options {
    std::uint32_t magic = 1;
    std::uint64_t version = 0;  // the only one that is known; zero: the usual ones
    std::string chain, job, peer, from = "origin", to, txs, share;
    bool pull = false;
    std::string socket, script;                            // of a node and its client
    std::string at, again, query, bytes, address, tx, id;  // what is asked there
    std::int64_t tip = -1;
    std::uint64_t count = 1;
    std::uint32_t window = 0;  // requests for headers in flight; zero: as many as is usual

    void common(CLI::App& app) {
        app.add_option("--magic", magic);
        app.add_option("--version", version);
    }
    void apply(ouro::VersionOffer& offer) const {
        offer.data.magic = ouro::NetworkMagic{magic};
        if (version != 0) offer.versions = {ouro::Version{version}};
    }
};

void tell(const Json& line);
/// Throws where the text is none.
ouro::Point point(const std::string& text);

/// Lines `tip N`, until the end, which is also that of the program.
asio::awaitable<void> listen_to_stdin(asio::any_io_executor executor, std::function<void(std::uint64_t)> move_tip,
                                      std::function<void()> ended);

/// A mock node at a path, with a script and a chain whose end is moved by lines on stdin.
asio::awaitable<int> serve_local(ouro::Runtime& runtime, const Options& options);
/// Does one job with one node, reports what it saw, and ends.
asio::awaitable<int> ask_local(ouro::Runtime& runtime, const Options& options);

}  // namespace interop
