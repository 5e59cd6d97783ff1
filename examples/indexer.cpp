// Puts the blocks of a chain into a SQLite database: from relays, or from one's own node. It continues where it
// stopped, and undoes what a roll-back undoes. The rows and the cursor change in one transaction.
//
//     indexer mainnet chain.db backbone.cardano.iog.io:3001 relay.example:3001
//     indexer mainnet chain.db /run/cardano-node/node.socket

#include <fmt/format.h>
#include <sqlite3.h>

#include <ouro/chain/block.hpp>
#include <ouro/format.hpp>
#include <ouro/program/client.hpp>
#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

#include "sqlite.hpp"

namespace {

class Index {
  public:
    explicit Index(const char* path) : database_(path) {
        database_.run("PRAGMA journal_mode = WAL");
        database_.run(
            "CREATE TABLE IF NOT EXISTS blocks (slot INTEGER, number INTEGER, hash BLOB PRIMARY KEY,"
            " transactions INTEGER, bytes INTEGER) WITHOUT ROWID");
        database_.run("CREATE INDEX IF NOT EXISTS blocks_by_slot ON blocks (slot)");
        database_.run("CREATE TABLE IF NOT EXISTS cursor (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT)");
    }

    std::optional<ouro::Cursor> cursor() {
        auto row = database_.query("SELECT text FROM cursor");
        if (!row.next()) return std::nullopt;
        const auto cursor = ouro::Cursor::parse(row.text(0));
        if (!cursor) throw std::runtime_error("the database holds no cursor of this program");
        return *cursor;
    }
    void apply(const ouro::Step& step) {
        if (const auto* next = std::get_if<ouro::Forward>(&step)) add(*next);
        if (const auto* back = std::get_if<ouro::Backward>(&step)) undo(*back);
    }
    void commit(const ouro::Follower& chain) {
        if (!open_) return;
        database_.query("INSERT OR REPLACE INTO cursor VALUES (1, ?)", to_string(*chain.cursor()));
        database_.run("COMMIT");
        open_ = false;
    }
    [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

  private:
    void begin() {
        if (!std::exchange(open_, true)) database_.run("BEGIN");
    }
    void add(const ouro::Forward& next) {
        const auto block = ouro::chain::Block::read(next.block, next.point.hash);
        if (!block) throw std::runtime_error(fmt::format("the block at {}: {}", next.point, block.error()));
        begin();
        database_.query("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)",  //
                        static_cast<std::uint64_t>(next.point.slot), static_cast<std::uint64_t>(next.number),
                        next.point.hash, block->size(), next.block.size());
        ++blocks_;
    }
    void undo(const ouro::Backward& back) {
        begin();
        if (back.point.is_origin())
            database_.run("DELETE FROM blocks");
        else
            database_.query("DELETE FROM blocks WHERE slot > ?", static_cast<std::uint64_t>(back.point.slot()));
        fmt::print(stderr, "back to {}\n", back.point);
    }

    sqlite::Database database_;
    std::uint64_t blocks_ = 0;
    bool open_ = false;
};

asio::awaitable<int> store(ouro::Follower chain, Index& index) {
    std::uint64_t reported = 0;
    while (auto step = co_await chain.next()) {
        bool at_tip = std::holds_alternative<ouro::AtTip>(*step);
        index.apply(*step);
        // Far behind, a transaction takes all that has arrived; at the tip, one block.
        for (int steps = 1; steps < 1'000; ++steps) {
            const auto arrived = chain.try_next();
            if (!arrived) break;
            at_tip = std::holds_alternative<ouro::AtTip>(*arrived);
            index.apply(*arrived);
        }
        index.commit(chain);
        if (index.blocks() < reported + (at_tip ? 1 : 1'000)) continue;
        reported = index.blocks();
        fmt::print(stderr, "{} blocks, now at {}\n", reported, chain.cursor()->point());
    }
    if (ouro::exit_code(chain.end()) != 0) fmt::print(stderr, "ended: {}\n", chain.end());
    co_return ouro::exit_code(chain.end());
}

asio::awaitable<int> index_chain(ouro::Runtime& runtime, ouro::Network network, char** arguments) {
    Index index(arguments[0]);
    const auto cursor = index.cursor();
    ouro::FollowOptions options;
    options.blocks = true;
    if (std::string_view(arguments[1]).find('/') != std::string_view::npos) {
        ouro::Client client(runtime, network);
        client.use(arguments[1]);
        ouro::Follower chain = cursor ? client.follow(*cursor, options) : client.follow(options);
        co_return co_await store(std::move(chain), index);
    }
    ouro::Node node(runtime, network);
    for (char** relay = arguments + 1; *relay; ++relay) node.use(*relay);
    ouro::Follower chain = cursor ? node.follow(*cursor, options) : node.follow(options);
    co_return co_await store(std::move(chain), index);
}

}  // namespace

int main(int argc, char** argv) try {
    const auto network = ouro::network_by_name(argc > 1 ? argv[1] : "");
    if (argc < 4 || !network) return fmt::print(stderr, "usage: indexer NETWORK DATABASE (RELAY… | SOCKET)\n"), 1;
    return ouro::run([&](ouro::Runtime& runtime) { return index_chain(runtime, *network, argv + 2); });
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 7;
}
