// Prints what addresses receive and spend, on the chain of relays or of the user's own node, with rollbacks.

#include "followed_chain.hpp"
#include "tx_json.hpp"
#include "watched.hpp"

namespace {

struct Options : cli::Common {
    std::vector<ouro::chain::Address> watched;
    cli::FollowedChain chain;
};

/// Prints the movements of each block, and those that a rollback undoes.
class Printer : public cli::ChainUser {
  public:
    Printer(const Options& options, const cli::Output& out)
        : out_(out), watched_(options.watched, ouro::Network(options.magic()).k) {}

    std::optional<cli::Failure> take(const ouro::Step& step) override {
        return std::visit([this](const auto& one) { return print(one); }, step);
    }

  private:
    std::optional<cli::Failure> print(const ouro::Forward& next) {
        const auto block = ouro::chain::Block::read(next.block, next.point.hash);
        if (!block) return failure(block.error(), "a block that cannot be read");
        const auto movements = watched_.forward(*block);
        if (!movements) return failure(movements.error(), "a transaction that cannot be read");
        for (const cli::Movement& each : *movements) print(each, false);
        return std::nullopt;
    }
    std::optional<cli::Failure> print(const ouro::Backward& back) {
        const auto undone = watched_.backward(back.point);
        if (!undone) return failure(undone.error(), "the chain goes back further than a chain may");
        for (const cli::Movement& each : *undone) print(each, true);
        return std::nullopt;
    }
    std::optional<cli::Failure> print(const ouro::AtTip& tip) const {
        cli::Json line{{"event", "at-tip"}};
        line.update(cli::json(tip.tip.point));
        out_.result(line, "at the tip, " + to_string(tip.tip.point));
        return std::nullopt;
    }
    void print(const cli::Movement& movement, bool undone) const {
        const bool received = movement.kind == cli::Movement::Kind::received;
        const std::string address = watched_.addresses()[movement.holding.address].to_string();
        const std::string output = cli::output_name(movement.output.transaction, movement.output.index);
        cli::Json line{{"event", received ? "received" : "spent"},
                       {"undone", undone},
                       {"address", address},
                       {"coin", movement.holding.coin},
                       {"output", output},
                       {"transaction", ouro::to_hex(movement.transaction)}};
        line.update(cli::json(ouro::Point(movement.block)));
        out_.result(line, std::string(undone ? "undone: " : "") + (received ? "received " : "spent ") +
                              std::to_string(movement.holding.coin) + " lovelace, " + address + ", output " + output);
    }
    static cli::Failure failure(ouro::Errc error, const char* what) { return {cli::exit_of(error), error, what}; }

    const cli::Output& out_;
    cli::Watched watched_;
};

std::vector<ouro::chain::Address> addresses_in(const std::vector<std::string>& texts) {
    std::vector<ouro::chain::Address> addresses;
    for (const std::string& text : texts) {
        auto address = ouro::chain::Address::parse(text);
        if (!address)
            throw CLI::ValidationError("ADDRESS", ouro::printable(text) + ": " +
                                                      std::string(ouro::message(address.error())) + ", at character " +
                                                      std::to_string(address.offset() + 1));
        if (address->kind() == ouro::chain::Address::Kind::reward)
            throw CLI::ValidationError("ADDRESS", ouro::printable(text) + " is a reward address, which no output has");
        addresses.push_back(std::move(*address));
    }
    return addresses;
}

asio::awaitable<int> watch(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Printer printer(options, out);
    co_return co_await cli::follow_chain(runtime, options, options.chain, out, printer);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Prints what addresses receive and spend, from relays or your own node.", "watch");
    Options options;
    std::vector<std::string> addresses;
    options.network_options(app);
    options.output_options(app);
    const auto* timeout = options.timeout_option(app);
    options.takes_a_socket = true;
    app.add_option("ADDRESS", addresses, "addresses to watch, in bech32 or base58")->required();
    app.add_option("--relay", options.addresses, "HOST:PORT of a relay; blocks come from all of them");
    app.add_option(
        "--socket", options.socket,
        "the path of the node's socket (Env:" + std::string(cli::Common::socket_variable) + ", if no relay is given)");
    options.chain.options(app);
    return cli::main(app, options, argc, argv, [&] {
        options.watched = addresses_in(addresses);
        options.chain.finish();
        options.chain.follow.blocks = true;
        options.chain.bounded = timeout->count() > 0;
        return ouro::run([&](ouro::Runtime& runtime) { return watch(runtime, options); });
    });
}
