#pragma once

// What the examples share that use a node over its own socket.

#include <algorithm>
#include <asio/steady_timer.hpp>

#include "eras.hpp"
#include "peers.hpp"

namespace cli {

/// Reports an error of a call, in the words of the violation if one ended the connection, and returns its exit code.
inline int fail(const Output& out, const ouro::Client& client, ouro::Errc error, std::string_view about) {
    std::string why(ouro::message(error));
    for (const ouro::Violation& violation : {client.last_end().violation, client.last_unreadable()})
        if (violation.rule == error) why = to_string(violation);
    out.error(error, std::string(about) + ": " + why);
    return exit_of(error);
}

/// Runs `program(client)` with a client that is connected to its node.
template <class Program>
asio::awaitable<int> with_node(ouro::Runtime& runtime, const Common& common, const Output& out, Program program) {
    ouro::Client::Config config;
    config.offer.data.magic = common.magic();
    config.call_timeout = common.patience();
    trace(config, out);
    ouro::Client client(runtime.get_executor(), config);
    const auto agreement = co_await client.connect(common.node);
    Peers peers(out, 1, common.magic());
    if (!agreement) {
        ouro::local_initiator::Disconnected end = client.last_end();
        end.node = common.node;
        end.reason = agreement.error();
        co_return *peers.handle(end);
    }
    (void)peers.handle(ouro::local_initiator::Connected{{}, common.node, *agreement});
    const int code = co_await program(client);
    co_await client.close();
    co_return code;
}

/// What became of a program's visit to its node.
struct Visit {
    int code = done;
    ouro::Errc lost = ouro::Errc::none;  ///< why the connection ended, if the node may come back
    bool progress = false;               ///< something came of it before that
};

/// The same for a program that goes on at the next connection when its node is lost: by the rules of `Peers`, until the
/// time of `--timeout` has passed since the last progress. `program(client)` returns a `Visit`.
template <class Program>
asio::awaitable<int> with_lost_node(ouro::Runtime& runtime, const Common& common, const Retry& retry, const Output& out,
                                    Program program) {
    using namespace std::chrono_literals;
    constexpr ouro::Duration first_pause = 1s, longest_pause = 5s;
    Peers peers(out, 1, common.magic(), retry.lost());
    asio::steady_timer timer(runtime.get_executor());
    ouro::Instant until = std::chrono::steady_clock::now() + retry.patience(common);
    for (ouro::Duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        ouro::Client::Config config;
        config.offer.data.magic = common.magic();
        config.call_timeout = common.patience();
        trace(config, out);
        ouro::Client client(runtime.get_executor(), config);
        Visit visit;
        const auto agreement = co_await client.connect(common.node);
        if (agreement) {
            (void)peers.handle(ouro::local_initiator::Connected{{}, common.node, *agreement});
            visit = co_await program(client);
            if (visit.lost == ouro::Errc::none) {
                co_await client.close();
                co_return visit.code;
            }
        } else {
            visit.lost = agreement.error();
        }
        const ouro::Instant now = std::chrono::steady_clock::now();
        if (visit.progress) {
            until = now + retry.patience(common);
            pause = first_pause;
        }
        ouro::local_initiator::Disconnected end = client.last_end();
        end.node = common.node;
        end.reason = visit.lost;
        end.retry_at = now + pause;
        const auto code = peers.handle(end);
        if (code) co_return *code;
        timer.expires_at(std::min(*end.retry_at, until));
        co_await timer.async_wait(asio::use_awaitable);
        if (std::chrono::steady_clock::now() < until) continue;
        out.error(peers.loss()->reason, peers.loss()->text);
        co_return peers.loss()->code;
    }
}

}  // namespace cli
