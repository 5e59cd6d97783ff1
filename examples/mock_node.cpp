// Stands in for a node on a socket of its own: serves a made-up chain, and answers everything else from a script.

#include <array>

#include <ouro/chain/tx.hpp>
#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>

#include "growing_chain.hpp"
#include "node.hpp"
#include "text_file.hpp"

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

/// A field of the script, of which an error names the key.
class Field {
  public:
    Field(std::string name, const cli::Json& value) : name_(std::move(name)), value_(value) {}

    [[noreturn]] void refuse(const std::string& what) const {
        throw CLI::ValidationError("--script", name_ + " is not " + what);
    }
    [[nodiscard]] ouro::Bytes bytes() const {
        const auto parsed = ouro::from_hex(value_.is_string() ? value_.get<std::string>() : std::string());
        if (!parsed || parsed->empty()) refuse("a text of hexadecimal digits");
        return *parsed;
    }
    [[nodiscard]] std::uint64_t number(std::uint64_t most) const {
        if (!value_.is_number_unsigned() || value_.get<std::uint64_t>() > most)
            refuse("a whole number from 0 to " + std::to_string(most));
        return value_.get<std::uint64_t>();
    }

  private:
    std::string name_;
    const cli::Json& value_;
};

/// Shape  {"answers": {QUERY: RESULT, …}, "era": number, "reject": REASON, "slot": number, "mempool": [TX, …]}, all of
///        them optional, and bytes as hexadecimal digits. Any other key is refused.
void read_script(const cli::Json& json, MockScript& script) {
    constexpr std::array<std::string_view, 5> keys{"answers", "era", "reject", "slot", "mempool"};
    if (!json.is_object()) throw CLI::ValidationError("--script", "it is not a JSON object");
    for (const auto& [key, value] : json.items())
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            throw CLI::ValidationError("--script", "it has an unknown key, " + ouro::printable(key, 40) +
                                                       "; known are answers, era, reject, slot and mempool");
    const auto era =
        json.contains("era") ? static_cast<std::uint8_t>(Field("era", json["era"]).number(7)) : std::uint8_t{6};
    if (json.contains("answers")) {
        const auto& answers = json["answers"];
        if (!answers.is_object()) Field("answers", answers).refuse("an object");
        for (const auto& [query, result] : answers.items()) {
            const auto asked = ouro::from_hex(query);
            const std::string name = ouro::printable(query, 40);
            if (!asked || asked->empty())
                throw CLI::ValidationError("--script", "answers has the key " + name + ", not hexadecimal digits");
            script.answers.emplace_back(*asked, Field("answers." + name, result).bytes());
        }
    }
    // Last, so that `answers` may have another one, of an unknown era for example.
    script.answers.emplace_back(ouro::n2c::query::current_era(), ouro::Bytes::copy({&era, 1}));
    if (json.contains("reject"))
        script.reject = [reason = Field("reject", json["reject"]).bytes()](const ouro::Tx&) {
            return std::optional(reason);
        };
    if (json.contains("slot"))
        script.mempool.slot = ouro::Slot{Field("slot", json["slot"]).number(std::numeric_limits<std::uint64_t>::max())};
    if (json.contains("mempool")) {
        const auto& txs = json["mempool"];
        if (!txs.is_array()) Field("mempool", txs).refuse("an array");
        for (std::size_t i = 0; i < txs.size(); ++i) {
            const Field field("mempool[" + std::to_string(i) + "]", txs[i]);
            const ouro::Tx tx(static_cast<ouro::Era>(era), field.bytes());
            script.mempool.entries.push_back({id_of(tx), tx});
        }
    }
}

void read_script(const std::string& path, MockScript& script) {
    constexpr std::size_t longest = 64U << 20;
    const std::string text = cli::read_text(path, longest);
    if (text.size() > longest) throw CLI::ValidationError("--script", "it has more than 64 MiB");
    cli::Json json;
    try {
        json = cli::Json::parse(text);
    } catch (const cli::Json::parse_error& error) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
        throw CLI::ValidationError(
            "--script", "it is not JSON, at line " + std::to_string(std::count(text.begin(), end, '\n') + 1));
    } catch (const cli::Json::exception&) {  // a number too large for any type
        throw CLI::ValidationError("--script", "it has a number that is out of range");
    }
    read_script(json, script);
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
    app.add_option("--listen", options.listen, "the path of the socket to create")->required();
    cli::number_option_with_default(app, "--synthetic", options.blocks, "blocks of a made-up chain", 0,
                                    cli::GrowingChain::most);
    app.add_option("--script", options.script_file, "a JSON file with any of answers, era, reject, slot and mempool");
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
