// Puts the blocks of a stream of `feed` into a SQLite database. It applies and reverts what the events say, and
// continues after the last event that the database has. Rows and sequence change in one transaction.
//
//     feed-consumer preview chain.db nats://127.0.0.1:4222 [until the sequence]

#include <charconv>
#include <cstdio>
#include <cstring>

#include <ouro/feed/nats.hpp>

#include "sqlite.hpp"

namespace {

using namespace ouro::feed;

class Table {
  public:
    explicit Table(const char* path) : database_(path) {
        database_.run("CREATE TABLE IF NOT EXISTS blocks (hash BLOB PRIMARY KEY, slot INTEGER, number INTEGER)");
        database_.run("CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER)");
    }
    std::uint64_t sequence() {
        auto row = database_.query("SELECT sequence FROM feed");
        return row.next() ? row.number(0) : 0;
    }
    void take(const Event& event) {
        if (!std::exchange(open_, true)) database_.run("BEGIN");
        if (event.kind == Kind::apply)
            database_.query("INSERT INTO blocks VALUES (?, ?, ?)", event.point.hash(),
                            static_cast<std::uint64_t>(event.point.slot()), static_cast<std::uint64_t>(event.number));
        for (const ouro::Hash& hash : event.undone) database_.query("DELETE FROM blocks WHERE hash = ?", hash);
        if (event.kind == Kind::reset) reset(event.point);
        database_.query("INSERT OR REPLACE INTO feed VALUES (1, ?)", event.sequence);
        if (++taken_ % 1'000 == 0) commit();
    }
    /// Number of blocks, and the last one.
    std::string summary() {
        auto row = database_.query("SELECT count(*), max(slot), lower(hex(hash)) FROM blocks");
        if (!row.next() || row.number(0) == 0) return "0 blocks";
        return std::to_string(row.number(0)) + " blocks up to " + std::to_string(row.number(1)) + "." +
               std::string(row.text(2));
    }
    void commit() {
        if (std::exchange(open_, false)) database_.run("COMMIT");
    }

  private:
    /// The stream does not hold all that is undone, but the table does.
    void reset(const ouro::Point& point) {
        if (point.is_origin()) return database_.run("DELETE FROM blocks");
        database_.query("DELETE FROM blocks WHERE slot > ?", static_cast<std::uint64_t>(point.slot()));
    }

    sqlite::Database database_;
    std::uint64_t taken_ = 0;
    bool open_ = false;
};

}  // namespace

int main(int argc, char** argv) try {
    const auto network = ouro::network_by_name(argc > 1 ? argv[1] : "");
    std::uint64_t until = UINT64_MAX;
    if (argc > 4) std::from_chars(argv[4], argv[4] + std::strlen(argv[4]), until);
    if (argc < 4 || !network) return std::fprintf(stderr, "usage: feed-consumer NETWORK DATABASE URL [SEQUENCE]\n"), 1;
    NatsOptions options;
    options.url = argv[3];
    options.network = *network;
    options.create = false;
    options.largest = 1;
    Table table(argv[2]);
    NatsSink stream(options);
    (void)stream.open({});
    const std::uint64_t first = table.sequence() + 1;
    if (first <= until)
        stream.follow(first, [&](const Event* event) {
            if (!event) return table.commit(), true;  // nothing more for now
            table.take(*event);
            return event->sequence < until;
        });
    table.commit();
    std::printf("%s\n", table.summary().c_str());
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 7;
}
