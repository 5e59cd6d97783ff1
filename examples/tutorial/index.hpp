#pragma once

// The index of the tutorial (docs/tutorial.md): the blocks of a chain in a SQLite database.

#include <stdexcept>
#include <string>
#include <vector>

#include <ouro/program/node.hpp>
#include <ouro/program/run.hpp>

#include "../sqlite.hpp"

// [tables]
inline void make_tables(sqlite::Database& index) {
    index.run("PRAGMA journal_mode = WAL");  // others may read meanwhile
    index.run(
        "CREATE TABLE IF NOT EXISTS blocks (id INTEGER PRIMARY KEY, hash BLOB UNIQUE, slot INTEGER, bytes INTEGER)");
    index.run("CREATE TABLE IF NOT EXISTS cursor (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT)");
}
// [/tables]

// [steps]
inline void add(sqlite::Database& index, const ouro::Forward& next) {
    index.query("INSERT INTO blocks (hash, slot, bytes) VALUES (?, ?, ?)", next.point.hash,
                static_cast<std::uint64_t>(next.point.slot), next.block.size());
}

inline void undo(sqlite::Database& index, const ouro::Backward& back) {
    if (back.point.is_origin()) return index.run("DELETE FROM blocks");
    auto row = index.query("SELECT id FROM blocks WHERE hash = ?", back.point.hash());
    if (!row.next()) throw std::runtime_error("the chain goes back to a block that the index does not have");
    index.query("DELETE FROM blocks WHERE id > ?", row.number(0));
}
// [/steps]

// [keep]
inline void apply_step(sqlite::Database& index, const ouro::Step& step) {
    if (const auto* next = std::get_if<ouro::Forward>(&step)) add(index, *next);
    if (const auto* back = std::get_if<ouro::Backward>(&step)) undo(index, *back);
}

inline asio::awaitable<int> keep(ouro::Follower chain, sqlite::Database& index) {
    while (auto step = co_await chain.next()) {
        index.run("BEGIN");
        apply_step(index, *step);
        for (int steps = 1; steps < 1'000; ++steps) {
            const auto arrived = chain.try_next();  // never waits
            if (!arrived) break;
            apply_step(index, *arrived);
        }
        index.query("INSERT OR REPLACE INTO cursor VALUES (1, ?)", to_string(*chain.cursor()));
        index.run("COMMIT");
    }
    co_return ouro::exit_code(chain.end());
}
// [/keep]

// [resume]
inline std::optional<ouro::Cursor> stored_cursor(sqlite::Database& index) {
    auto row = index.query("SELECT text FROM cursor");
    if (!row.next()) return std::nullopt;
    const auto cursor = ouro::Cursor::parse(row.text(0));
    if (!cursor) throw std::runtime_error("the database holds no cursor of this program");
    return *cursor;
}

/// `source`: a `Node` or a `Client`.
template <class Source>
ouro::Follower resume(Source& source, sqlite::Database& index) {
    const ouro::FollowOptions options{.blocks = true};
    const auto cursor = stored_cursor(index);
    return cursor ? source.follow(*cursor, options) : source.follow(options);
}
// [/resume]

// [index]
inline asio::awaitable<int> index_chain(ouro::Runtime& runtime, ouro::Network network, std::vector<std::string> relays,
                                        sqlite::Database& index) {
    make_tables(index);
    ouro::Node node(runtime, network);
    for (const std::string& relay : relays) node.use(relay);
    ouro::Follower chain = resume(node, index);
    co_return co_await keep(std::move(chain), index);
}
// [/index]
