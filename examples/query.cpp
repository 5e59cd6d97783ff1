// Queries a node's chain and its ledger state.

#include "json_text.hpp"
#include "query_table.hpp"

namespace {

/// Where `result` begins in a line of JSON: the JSON of a result is printed digit by digit.
void print(const cli::Output& out, const cli::Subcommand& query, const std::string& json) {
    ouro::JsonWriter name;
    name.text(query.name);
    out.json_line("{\"event\":\"result\",\"query\":" + name.str() + ",\"result\":" + json + '}', cli::json_text(json));
}

asio::awaitable<int> ask(ouro::Client& client, const cli::Subcommand& query, const cli::QueryOptions& options,
                         const cli::Output& out) {
    const ouro::CallOptions patience(options.patience());
    auto state = co_await client.acquire(options.target, patience);
    if (!state) co_return cli::fail(out, client, state.error(), "the ledger's state");
    cli::QuerySession session(client, *std::move(state), options, out, query.name);
    std::optional<std::string> json;
    if (const auto* program = std::get_if<cli::QueryProgram>(&query.ask))
        json = co_await (*program)(session);
    else
        json = co_await session.json(std::get<cli::EraQuery>(query.ask));
    if (json && !json->empty()) print(out, query, *json);
    co_return session.code();
}

ouro::LocalStateQuery::Target target_argument(const std::string& text) {
    if (text == "tip") return ouro::LocalStateQuery::VolatileTip{};
    if (text == "immutable") return ouro::LocalStateQuery::ImmutableTip{};
    if (const auto point = ouro::Point::parse(text)) return *point;
    throw CLI::ValidationError("--at",
                               ouro::printable(text) + " is not tip, immutable, origin or SLOT.HASH (64 hex digits)");
}

/// The subcommand of `name`, whose words before the last are subcommands that have it.
CLI::App& add(CLI::App& app, std::string_view name, std::string_view help) {
    const auto space = name.find(' ');
    const std::string word(name.substr(0, space));
    if (space == std::string_view::npos) return *app.add_subcommand(word, std::string(help))->fallthrough();
    const auto groups = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == word; });
    CLI::App* group = groups.empty() ? nullptr : groups[0];
    if (group == nullptr) group = app.add_subcommand(word, std::string(help))->fallthrough()->require_subcommand(1);
    return add(*group, name.substr(space + 1), help);
}

/// Takes an argument that is no subcommand, to refuse it by its name.
void add_unknown(CLI::App& app) {
    const auto refuse = [&app](const std::vector<std::string>& texts) {
        const auto chosen = app.get_subcommands();
        const std::string text = ouro::printable(texts.at(0), 60);
        if (chosen.empty())
            throw CLI::ValidationError("QUERY", "no query is called " + text + "; query --help lists them");
        throw CLI::ValidationError(chosen[0]->get_name(), "it takes no argument " + text);
    };
    app.add_option_function<std::vector<std::string>>("QUERY", refuse)->group("");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Queries a node's chain and its ledger state.", "query");
    cli::QueryOptions options;
    const cli::Subcommand* query = nullptr;
    options.network_options(app);
    options.socket_option(app);
    options.output_options(app);
    options.timeout_option(app);
    cli::number_option(app, "--max-size", options.max_size,
                       "bytes of a result; a longer one is refused (otherwise 64 MiB, and any number of utxo)", 1);
    app.add_option_function<std::string>(
        "--at", [&options](const std::string& text) { options.target = target_argument(text); },
        "the state to ask: of the tip (otherwise), of the immutable tip, or of a point SLOT.HASH");
    app.require_subcommand(1);
    for (const cli::Subcommand& row : cli::subcommands()) {
        CLI::App& added = add(app, row.name, row.help);
        row.arguments(added, options.arguments);
        added.callback([&query, &row] { query = &row; });
    }
    add_unknown(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        options.arguments.check_network(options.magic());
        const cli::Output out(options.json);
        const auto with = [&](ouro::Client& client) { return ask(client, *query, options, out); };
        return ouro::run([&](ouro::Runtime& runtime) { return cli::with_node(runtime, options, out, with); });
    });
}
