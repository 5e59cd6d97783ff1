// Queries a node's chain and its ledger state.

#include "node.hpp"

namespace {

using ouro::n2c::EraBound;
using ouro::n2c::Rational;

struct Options : cli::Common {
    std::vector<std::string> texts;
    std::vector<ouro::Bytes> addresses_asked;
};

/// Sends one query, prints its result, and returns the exit code.
using Question = asio::awaitable<int> (*)(ouro::Client&, const Options&, const cli::Output&);

asio::awaitable<int> tip(ouro::Client& client, const Options&, const cli::Output& out) {
    const auto tip = co_await client.tip();
    if (!tip) co_return cli::fail(out, client, tip.error(), "tip");
    const auto block = static_cast<std::uint64_t>(tip->block);
    cli::Json object = {{"event", "tip"}};
    object.update(cli::json(tip->point));
    object["block"] = block;
    out.result(object, "block " + std::to_string(block) + " at " + to_string(tip->point));
    co_return cli::done;
}

asio::awaitable<int> era(ouro::Client& client, const Options&, const cli::Output& out) {
    const auto era = co_await client.era();
    if (!era) co_return cli::fail(out, client, era.error(), "era");
    out.result({{"event", "era"}, {"era", cli::era_name(*era)}}, cli::era_name(*era));
    co_return cli::done;
}

asio::awaitable<int> epoch(ouro::Client& client, const Options&, const cli::Output& out) {
    const auto epoch = co_await client.epoch();
    if (!epoch) co_return cli::fail(out, client, epoch.error(), "epoch");
    out.result({{"event", "epoch"}, {"epoch", *epoch}}, std::to_string(*epoch));
    co_return cli::done;
}

std::string text_of(const Rational& number) {
    return std::to_string(number.numerator) + "/" + std::to_string(number.denominator);
}

void print(const ouro::n2c::ProtocolParameters& parameters, const cli::Output& out) {
    cli::Json object = {{"event", "params"},
                        {"version", {parameters.version.major, parameters.version.minor}},
                        {"min_fee_a", parameters.min_fee_a},
                        {"min_fee_b", parameters.min_fee_b},
                        {"max_block_body", parameters.max_block_body},
                        {"max_tx", parameters.max_tx},
                        {"max_block_header", parameters.max_block_header},
                        {"key_deposit", parameters.key_deposit},
                        {"pool_deposit", parameters.pool_deposit},
                        {"max_epoch", parameters.max_epoch},
                        {"wanted_pools", parameters.wanted_pools},
                        {"pledge_influence", text_of(parameters.pledge_influence)},
                        {"expansion", text_of(parameters.expansion)},
                        {"treasury", text_of(parameters.treasury)},
                        {"min_pool_cost", parameters.min_pool_cost}};
    if (parameters.scripts) {
        object["coins_per_utxo"] = parameters.scripts->coins_per_utxo;
        object["max_tx_memory"] = parameters.scripts->max_in_tx.memory;
        object["max_tx_steps"] = parameters.scripts->max_in_tx.steps;
        object["max_value_size"] = parameters.scripts->max_value_size;
        object["collateral_percentage"] = parameters.scripts->collateral_percentage;
    }
    if (parameters.governance) {
        object["action_deposit"] = parameters.governance->action_deposit;
        object["drep_deposit"] = parameters.governance->drep_deposit;
    }
    std::string text;
    for (const auto& [name, value] : object.items())
        if (name != "event") text += (text.empty() ? "" : "\n") + name + " " + value.dump();
    out.result(object, text);
}

asio::awaitable<int> params(ouro::Client& client, const Options&, const cli::Output& out) {
    const auto found = co_await client.protocol_parameters();
    if (!found) co_return cli::fail(out, client, found.error(), "params");
    print(*found, out);
    co_return cli::done;
}

asio::awaitable<int> utxo(ouro::Client& client, const Options& options, const cli::Output& out) {
    const auto found = co_await client.utxo(options.addresses_asked);
    if (!found) co_return cli::fail(out, client, found.error(), "utxo");
    for (const auto& utxo : *found) {
        co_await asio::post(asio::use_awaitable);  // so that a signal ends the printing
        const std::string tx = ouro::to_hex(utxo.input.tx), output = ouro::to_hex(utxo.output);
        out.result({{"event", "utxo"}, {"tx", tx}, {"index", utxo.input.index}, {"output", output}},
                   tx + "#" + std::to_string(utxo.input.index) + " " + output);
    }
    out.result({{"event", "done"}, {"outputs", found->size()}}, "");
    out.note(std::to_string(found->size()) + " outputs");
    co_return cli::done;
}

cli::Json json(const EraBound& bound) {
    return {{"seconds", bound.time.seconds}, {"slot", static_cast<std::uint64_t>(bound.slot)}, {"epoch", bound.epoch}};
}

asio::awaitable<int> history(ouro::Client& client, const Options&, const cli::Output& out) {
    const auto eras = co_await client.era_history();
    if (!eras) co_return cli::fail(out, client, eras.error(), "history");
    for (const auto& era : *eras) {
        co_await asio::post(asio::use_awaitable);  // so that a signal ends the printing
        cli::Json object = {{"event", "era"}, {"start", json(era.start)}, {"end", nullptr}};
        std::string text = "from slot " + std::to_string(static_cast<std::uint64_t>(era.start.slot));
        if (era.end) {
            object["end"] = json(*era.end);
            text += " to slot " + std::to_string(static_cast<std::uint64_t>(era.end->slot));
        }
        object["epoch_size"] = era.parameters.epoch_size;
        object["slot_length_ms"] = era.parameters.slot_length.count();
        text += ", " + std::to_string(era.parameters.epoch_size) + " slots an epoch, " +
                std::to_string(era.parameters.slot_length.count()) + " ms a slot";
        out.result(object, text);
    }
    co_return cli::done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Queries a node's chain and its ledger state.", "query");
    Options options;
    Question question = nullptr;
    options.network_options(app);
    options.socket_option(app);
    options.output_options(app);
    options.timeout_option(app);
    app.require_subcommand(1);
    const auto add = [&](const char* name, const char* what, Question asked) {
        return app.add_subcommand(name, what)->fallthrough()->callback([&question, asked] { question = asked; });
    };
    add("tip", "the newest block", &tip);
    add("era", "the ledger's era", &era);
    add("params", "the protocol parameters", &params);
    add("epoch", "the number of the epoch", &epoch);
    add("history", "the eras up to now", &history);
    add("utxo", "the unspent outputs of addresses", &utxo)
        ->add_option("--address", options.texts, "addresses as hexadecimal digits, one or more")
        ->required();
    return cli::main(app, options, argc, argv, [&]() -> int {
        for (const auto& text : options.texts) options.addresses_asked.push_back(cli::hex_argument("--address", text));
        const cli::Output out(options.json);
        const auto ask = [&](ouro::Client& client) { return question(client, options, out); };
        return ouro::run([&](ouro::Runtime& runtime) { return cli::with_node(runtime, options, out, ask); });
    });
}
