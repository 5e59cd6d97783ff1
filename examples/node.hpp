#pragma once

// What the examples share that ask a node over its own socket.

#include "cli.hpp"

namespace cli {

/// Reports an error of a call, and gives its exit code.
inline int fail(const Output& out, ouro::Errc error, std::string_view about) {
    out.error(error, std::string(about) + ": " + std::string(ouro::message(error)));
    return exit_code(error);
}

/// Runs `program(client)` with a client that is connected to its node.
template <class Program>
asio::awaitable<int> with_node(ouro::Runtime& runtime, const Common& common, const Output& out, Program program) {
    ouro::Client::Config config;
    config.offer.data.magic = common.magic();
    config.call_timeout = common.patience();
    ouro::Client client(runtime.get_executor(), config);
    const auto node = ouro::PeerId::parse("unix:" + common.socket);
    if (!node) co_return fail(out, node.error(), ouro::printable(common.socket));
    const auto agreement = co_await client.connect(*node);
    if (!agreement) {
        const auto& end = client.last_end();
        std::string text = ouro::printable(common.socket) + ": ";
        text += end.violation.rule != ouro::Errc::none ? to_string(end.violation)
                                                       : std::string(ouro::message(agreement.error()));
        if (end.system) text += " (" + end.system.message() + ")";
        if (end.refusal) text += ": " + to_string(*end.refusal);
        out.error(agreement.error(), text);
        co_return exit_code(agreement.error());
    }
    out.note("connected, version " + std::to_string(static_cast<std::uint64_t>(agreement->version) & 0x7fff));
    const int code = co_await program(client);
    co_await client.close();
    co_return code;
}

inline std::string_view era_name(ouro::Era era) {
    constexpr std::string_view names[] = {"byron",  "shelley", "allegra", "mary",
                                          "alonzo", "babbage", "conway",  "dijkstra"};
    return names[static_cast<std::size_t>(era)];
}

}  // namespace cli
