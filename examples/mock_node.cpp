// Stands in for a node, for the tests of its clients: serves a chain, and answers everything else from a script.

#include <ouro/chain/immutable_db.hpp>

#include "growing_chain.hpp"
#include "mock_script.hpp"
#include "node.hpp"

namespace {

using namespace ouro::local_responder;
using ouro::emulation::MockNode;
using ouro::emulation::MockScript;

struct Options : cli::Common {
    std::string listen, script_file, immutable, fault{"none"}, unknown{"drop"};
    ouro::PeerId address;  ///< of a TCP listener; empty: `listen` is a path
    std::uint64_t blocks = 0;
    double latency = 0;          ///< seconds
    std::uint64_t version = 23;  ///< the highest node-to-client version
    cli::GrowingChain made;
    MockScript script;
};

bool has_answer(const MockScript& script, const ouro::Bytes& query) {
    const auto is = [&](const auto& row) { return row.first == query; };
    return std::any_of(script.answers.begin(), script.answers.end(), is) || query == ouro::n2c::query::chain_point() ||
           query == ouro::n2c::query::chain_block_number() || script.answer({}, query).has_value();
}

/// Prints what a client requests; of a query also its bytes, and whether the script has an answer.
void tell(const Requested& asked, const MockScript& script, const cli::Output& out) {
    const auto protocol = ouro::n2c::Message::protocol_name(asked.message.channel());
    const auto message = asked.message.name();
    cli::Json object = {{"event", "request"}, {"protocol", protocol}, {"message", message}};
    std::string text = std::string(protocol) + ": " + std::string(message);
    const auto* state = asked.message.as<ouro::LocalStateQuery>();
    if (const auto* query = state ? std::get_if<ouro::LocalStateQuery::Query>(state) : nullptr) {
        const bool answered = has_answer(script, query->cbor);
        const auto rule = ouro::n2c::rule_of(query->cbor);
        if (rule) object["name"] = rule->name;
        if (rule) text += " " + std::string(rule->name);
        object["query"] = ouro::to_hex(query->cbor);
        object["answered"] = answered;
        text += " " + ouro::to_hex(query->cbor);
        if (!answered) text += ": no answer in the script";
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

/// Prints where the node listens.
void tell_listening(const ouro::Listening& bound, const Options& options, const cli::Output& out) {
    if (!options.address) {
        out.result({{"event", "listening"}, {"socket", options.listen}}, "listening on " + options.listen);
        return;
    }
    const std::string address(bound.address.text());
    out.result({{"event", "listening"}, {"address", address}, {"ipv4", cli::takes_ipv4(bound)}},
               "listening on " + address + cli::families(bound));
}

template <class Node, class Where>
asio::awaitable<int> serve(ouro::Runtime& runtime, const Options& options, const Where& where) {
    const cli::Output out(options.json, cli::Output::Kind::log);
    cli::LineLimit<ouro::ConnectionId> limit;
    ouro::emulation::MockScript script = options.script;
    cli::trace(script, out);
    Node node(runtime.get_executor(), std::move(script));
    const auto bound = node.interface().listen(where);
    if (!bound) {
        out.error("listen", "cannot listen on " + ouro::printable(options.listen) + ": " + bound.error.message());
        co_return cli::unreachable;
    }
    tell_listening(bound, options, out);
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

/// The position of a name in a list.
template <class Names>
std::size_t one_of(const char* option, const std::string& text, const Names& names) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    throw CLI::ValidationError(option, ouro::printable(text, 40) + " is not one of " + all);
}

void finish(Options& options) {
    using namespace ouro::emulation;
    MockScript& script = options.script;
    script.fault = static_cast<MockFault>(one_of("--fault", options.fault, mock_faults));
    script.unknown = static_cast<MockUnknown>(one_of("--unknown", options.unknown, mock_unknowns));
    script.latency = std::chrono::duration_cast<ouro::Duration>(std::chrono::duration<double>(options.latency));
    script.offer.data.magic = options.magic();
    std::erase_if(script.offer.versions, [&](ouro::Version one) { return number_of(one) > options.version; });
    script.id_of = &cli::id_of;  // what is accepted is in the mempool from then on
    cli::ScriptReader reader(script);
    if (!options.script_file.empty()) reader.read(options.script_file);
    reader.finish();
    if (const auto address = ouro::parse_listen_address(options.listen)) options.address = *address;
    if (!options.immutable.empty()) {
        auto opened = ouro::chain::ImmutableDb::open(options.immutable);
        if (!opened) throw cli::Refusal(opened.damage.code, opened.damage.message);
        if (!opened.note.empty()) cli::Output(options.json).note(opened.note);
        script.chain = opened.chain;
        return;
    }
    ouro::chain::SyntheticChain::Options chain;
    chain.blocks = options.blocks;
    options.made = cli::GrowingChain(chain);
    script.chain = options.made.view();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Stands in for a node on a socket of its own.", "mock-node");
    Options options;
    options.network_options(app);
    options.output_options(app);
    app.add_option("--listen", options.listen, "the path of the socket to create, or host:port for TCP")->required();
    auto* chain = app.add_option_group("chain", "the chain that is served")->require_option(0, 1);
    cli::number_option_with_default(*chain, "--synthetic", options.blocks, "blocks of a made-up chain", 0,
                                    cli::GrowingChain::most);
    chain->add_option("--immutable", options.immutable, "the ImmutableDB directory of a node");
    app.add_option("--script", options.script_file, "a JSON file with any of answers, era, reject, slot and mempool");
    app.add_option("--unknown", options.unknown,
                   "for queries without an answer: drop the connection, answer with an error (an EraMismatch), or wait")
        ->capture_default_str();
    app.add_option("--fault", options.fault,
                   "what the node does wrong: point-too-old, point-not-on-chain, era-mismatch, cut-answer, "
                   "wrong-answer, silent or disconnect")
        ->capture_default_str();
    cli::number_option_with_default(app, "--max-version", options.version,
                                    "the highest node-to-client version, for a node of the past", 16, 23);
    cli::number_option_with_default(app, "--latency", options.latency, "seconds before each answer", 0, 3600);
    return cli::main(app, options, argc, argv, [&]() -> int {
        finish(options);
        return ouro::run([&](ouro::Runtime& runtime) {
            return options.address ? serve<ouro::TcpNode<MockNode>>(runtime, options, options.address)
                                   : serve<ouro::UnixNode<MockNode>>(runtime, options, options.listen);
        });
    });
}
