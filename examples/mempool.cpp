// Prints the contents of a node's mempool, once or after each change.

#include <ouro/cbor/reader.hpp>

#include "node.hpp"

namespace {

struct Options : cli::Common {
    bool watch = false;
    std::uint64_t count = 0;  // of snapshots; zero: for ever
    cli::Retry retry;
};

constexpr std::uint64_t most_printed = 20'000;  // transactions of one snapshot; a mempool has a few thousand

bool is_one_item(ouro::BytesView bytes) {
    ouro::cbor::Reader in(bytes);
    in.skip();
    return in.finish() == ouro::Errc::none;
}

/// Prints snapshots of the mempool, over one connection after another.
class Watch {
  public:
    Watch(const Options& options, const cli::Output& out) : options_(options), out_(out) {}

    asio::awaitable<cli::Visit> look(ouro::Client& client) {
        const std::uint64_t before = seen_;
        auto mempool = co_await client.mempool();
        if (!mempool) co_return failed(client, mempool.error(), "mempool", false);
        for (;;) {
            const cli::Visit printed = co_await print(client, *mempool);
            if (printed.code != cli::done || printed.lost != ouro::Errc::none)
                co_return cli::Visit{printed.code, printed.lost, seen_ > before};
            if (++seen_ == options_.count || !options_.watch) co_return cli::Visit{};
            const ouro::CallOptions patient{ouro::Duration::max(), {}};
            const auto error = co_await mempool->changed(patient);
            if (error != ouro::Errc::none) co_return failed(client, error, "waiting for a change", true);
        }
    }

  private:
    /// Prints the error, unless the node may come back.
    cli::Visit failed(const ouro::Client& client, ouro::Errc error, std::string_view about, bool progress) const {
        const bool again = options_.watch || options_.retry.forever;
        if (again && cli::is_loss(error)) return {cli::done, error, progress};
        return {cli::fail(out_, client, error, about)};
    }

    /// Prints the transactions of a snapshot, `expected` at most.
    asio::awaitable<cli::Visit> print_transactions(const ouro::Client& client, const ouro::MempoolSnapshot& mempool,
                                                   std::uint64_t expected) const {
        for (std::uint64_t printed = 0;; ++printed) {
            const auto next = co_await mempool.next();
            if (!next) co_return failed(client, next.error(), "next", false);
            const auto& tx = *next;
            if (!tx) co_return cli::Visit{};
            if (printed == expected) {
                out_.error(ouro::Errc::unrequested,
                           "the node sends more transactions than the " + std::to_string(expected) + " it reported");
                co_return cli::Visit{cli::violation};
            }
            if (printed == most_printed) {
                out_.note("no more than " + std::to_string(most_printed) + " transactions are printed");
                co_return cli::Visit{};
            }
            if (!is_one_item(tx->cbor.view())) {
                out_.error(ouro::Errc::malformed, "the node sends a transaction that is not one CBOR item");
                co_return cli::Visit{cli::violation};
            }
            const std::string digits = ouro::to_hex(tx->cbor);
            out_.result({{"event", "tx"}, {"era", cli::era_name(tx->era)}, {"cbor", digits}}, digits);
        }
    }

    asio::awaitable<cli::Visit> print(const ouro::Client& client, const ouro::MempoolSnapshot& mempool) const {
        const auto sizes = co_await mempool.sizes();
        if (!sizes) co_return failed(client, sizes.error(), "sizes", false);
        const auto slot = static_cast<std::uint64_t>(mempool.slot());
        cli::Json object = {{"event", "mempool"},
                            {"slot", slot},
                            {"transactions", sizes->transactions},
                            {"bytes", sizes->size},
                            {"capacity", sizes->capacity}};
        out_.result(object, "slot " + std::to_string(slot) + ": " + std::to_string(sizes->transactions) +
                                " transactions, " + std::to_string(sizes->size) + " of " +
                                std::to_string(sizes->capacity) + " bytes");
        const cli::Visit printed = co_await print_transactions(client, mempool, sizes->transactions);
        if (printed.code != cli::done || printed.lost != ouro::Errc::none) co_return printed;
        // Last: a node that does not know this request ends the connection.
        const auto measures = co_await mempool.measures();
        if (!measures && measures.error() == ouro::Errc::unsupported) co_return cli::Visit{};
        if (!measures) co_return failed(client, measures.error(), "measures", false);
        print(*measures);
        co_return cli::Visit{};
    }

    /// Digits as text beyond the numbers of most readers of JSON.
    static cli::Json number(const ouro::cbor::Integer& measure) {
        if (const auto value = measure.as_uint64()) return *value;
        return measure.to_string();
    }
    void print(const ouro::LocalTxMonitor::ReplyGetMeasures& measures) const {
        cli::Json named = {{"event", "measures"}, {"transactions", measures.transactions}};
        std::string text;
        for (const auto& measure : measures.measures) {
            const std::string name = ouro::printable(measure.name);
            named["measures"][name] = {{"size", number(measure.size)}, {"capacity", number(measure.capacity)}};
            text += (text.empty() ? "" : ", ") + name + " " + measure.size.to_string() + " of " +
                    measure.capacity.to_string();
        }
        out_.result(named, text);
    }

    const Options& options_;
    const cli::Output& out_;
    std::uint64_t seen_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Prints the contents of a node's mempool.", "mempool");
    Options options;
    options.network_options(app);
    options.socket_option(app);
    options.output_options(app);
    options.timeout_option(app);
    auto* watch = app.add_flag("--watch", options.watch, "print again after each change");
    options.retry.option(app);
    cli::number_option(app, "--count", options.count, "end after this number of snapshots", 1)->needs(watch);
    return cli::main(app, options, argc, argv, [&]() -> int {
        const cli::Output out(options.json);
        Watch watch_mempool(options, out);
        const auto look = [&](ouro::Client& client) { return watch_mempool.look(client); };
        return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
            if (options.watch || options.retry.forever)
                return cli::with_lost_node(runtime, options, options.retry, out, look);
            const auto once = [&](ouro::Client& client) -> asio::awaitable<int> {
                const cli::Visit visit = co_await look(client);
                co_return visit.code;
            };
            return cli::with_node(runtime, options, out, once);
        });
    });
}
