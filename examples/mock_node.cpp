// Stands in for a node on a socket of its own: a made-up chain, and what a script says to everything else.

#include <array>
#include <fstream>

#include <ouro/chain/tx.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>

#include "growing_chain.hpp"
#include "node.hpp"

namespace {

using namespace ouro::local_responder;
using ouro::emulation::MockNode;
using ouro::emulation::MockScript;

struct Options : cli::Common {
    std::string listen, script_file;
    std::uint64_t blocks = 0;
    cli::GrowingChain made;
    MockScript script;
};

/// Its id, or one that no transaction has, where it is not a transaction.
ouro::TxId id_of(const ouro::Tx& tx) {
    const auto id = ouro::chain::tx_id(tx);
    return id ? *id : ouro::TxId{tx.era, tx.byron, {}};
}

/// Shape  {"answers": {QUERY: RESULT, …}, "era": number, "reject": REASON, "slot": number, "mempool": [TX, …]}, all of
///        them optional, and bytes as hexadecimal digits. Any other key is refused.
void read_script(const cli::Json& json, MockScript& script) {
    const auto octets = [&](const std::string& digits) { return cli::hex_argument("--script", digits); };
    constexpr std::array<std::string_view, 5> keys{"answers", "era", "reject", "slot", "mempool"};
    if (!json.is_object()) throw CLI::ValidationError("--script", "it is not a JSON object");
    for (const auto& [key, value] : json.items())
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            throw CLI::ValidationError("--script", "it has an unknown key, " + ouro::printable(key, 40) +
                                                       "; known are answers, era, reject, slot and mempool");
    const auto era = json.value("era", 6U);
    if (era > 7) throw CLI::ValidationError("--script", "no era has the number " + std::to_string(era));
    const std::uint8_t number = static_cast<std::uint8_t>(era);
    script.answers.emplace_back(ouro::n2c::query::current_era(), ouro::Bytes::copy({&number, 1}));
    if (json.contains("answers"))
        for (const auto& [query, result] : json["answers"].items())
            script.answers.emplace_back(octets(query), octets(result.get<std::string>()));
    if (json.contains("reject"))
        script.reject = [reason = octets(json["reject"].get<std::string>())](const ouro::Tx&) {
            return std::optional(reason);
        };
    script.mempool.slot = ouro::Slot{json.value("slot", std::uint64_t{0})};
    if (json.contains("mempool"))
        for (const auto& digits : json["mempool"]) {
            const ouro::Tx tx(static_cast<ouro::Era>(era), octets(digits.get<std::string>()));
            script.mempool.entries.push_back({id_of(tx), tx});
        }
}

void read_script(const std::string& path, MockScript& script) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    try {
        read_script(cli::Json::parse(in), script);
    } catch (const cli::Json::exception& error) {
        throw CLI::ValidationError("--script", error.what());
    }
}

/// Prints what a client requests; of a query also its bytes, and whether the script has an answer.
void tell(const Requested& asked, const MockScript& script, const cli::Output& out) {
    const auto protocol = ouro::n2c::Message::protocol_name(asked.message.channel());
    const auto message = asked.message.name();
    cli::Json object = {{"event", "request"}, {"protocol", protocol}, {"message", message}};
    std::string text = std::string(protocol) + ": " + std::string(message);
    const auto* state = asked.message.as<ouro::LocalStateQuery>();
    if (const auto* query = state ? std::get_if<ouro::LocalStateQuery::Query>(state) : nullptr) {
        const auto is = [&](const auto& row) { return row.first == query->cbor; };
        const bool answered = std::any_of(script.answers.begin(), script.answers.end(), is) ||
                              query->cbor == ouro::n2c::query::chain_point() ||
                              query->cbor == ouro::n2c::query::chain_block_number();
        object["query"] = ouro::to_hex(query->cbor);
        object["answered"] = answered;
        text += " " + ouro::to_hex(query->cbor);
        if (!answered) text += ": no answer in the script, so the connection ends";
    }
    out.result(object, text);
}

/// Prints why a client left, and how many lines of it were not printed.
void tell(const PeerDisconnected& down, std::uint64_t not_printed, const cli::Output& out) {
    std::string why(ouro::message(down.reason));
    if (down.violation.rule != ouro::Errc::none) why = to_string(down.violation);
    if (down.system) why += " (" + down.system.message() + ")";
    cli::Json line{{"event", "client-left"}, {"reason", ouro::name(down.reason)}, {"text", why}};
    if (not_printed != 0) line["lines_not_printed"] = not_printed;
    out.result(line, "client left: " + why);
}

asio::awaitable<int> serve(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    cli::LineLimit<ouro::ConnectionId> limit;
    ouro::UnixNode<MockNode> node(runtime.get_executor(), options.script);
    const auto bound = node.interface().listen(options.listen);
    if (!bound) {
        out.error("listen", "cannot listen on " + ouro::printable(options.listen) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    out.result({{"event", "listening"}, {"socket", options.listen}}, "listening on " + options.listen);
    runtime.on_stop([&] { node.stop(); });
    const auto growing = options.made.grow(runtime.get_executor(), [&](ouro::ChainView::Position common) {
        return node.execute(ChainChanged{common}).has_value();
    });
    while (const auto event = co_await node.poll_next()) {
        if (const auto* asked = std::get_if<Requested>(&*event)) {
            if (!limit.allow(asked->connection, std::chrono::steady_clock::now())) continue;
            tell(*asked, options.script, out);
        } else if (const auto* up = std::get_if<PeerInitialized>(&*event)) {
            const auto version = number_of(up->agreement.version);
            out.result({{"event", "client"}, {"version", version}}, "client, version " + std::to_string(version));
        } else if (const auto* refused = std::get_if<PeerRefused>(&*event)) {
            const std::string why = to_string(*refused);
            out.result({{"event", "refused"}, {"reason", ouro::name(refused->error)}, {"text", why}},
                       "client refused: " + why);
        } else if (const auto* down = std::get_if<PeerDisconnected>(&*event)) {
            tell(*down, limit.end(down->connection), out);
        }
    }
    runtime.on_stop({});
    const auto& sum = node.behavior().counters();
    out.result(
        {{"event", "done"}, {"connections", sum.connections}, {"requests", sum.requests}, {"blocks", sum.blocks}}, "");
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Stands in for a node on a socket of its own.", "mock-node");
    Options options;
    options.network_options(app);
    options.output_options(app);
    cli::named(app.add_option("--listen", options.listen, "the path of the socket to make"), "socket")->required();
    cli::number_option_with_default(app, "--synthetic", options.blocks, "blocks of a made-up chain", 0,
                                    cli::GrowingChain::most);
    cli::named(app.add_option("--script", options.script_file, "a JSON file: answers, era, reject, slot, mempool"),
               "file");
    return cli::main(app, options, argc, argv, [&]() -> int {
        ouro::chain::SyntheticChain::Options chain;
        chain.blocks = options.blocks;
        options.made = cli::GrowingChain(chain);
        options.script.chain = options.made.view();
        options.script.offer.data.magic = options.magic();
        options.script.id_of = &id_of;  // what is accepted is in the mempool from then on
        if (!options.script_file.empty()) read_script(options.script_file, options.script);
        return ouro::run([&](ouro::Runtime& runtime) { return serve(runtime, options); });
    });
}
