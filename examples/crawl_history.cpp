#include "crawl_history.hpp"

#include <chrono>
#include <stdexcept>

#include "foreign_network.hpp"

namespace crawl {

namespace {

constexpr std::uint64_t application = 0x6f757263;  // "ourc"
constexpr std::uint64_t format = 1;
constexpr std::size_t longest_message = 300;

std::string text_of(const ouro::PeerAddress& address) { return std::string(address.peer()->text()); }

std::optional<ouro::PeerAddress> address_of(std::string_view text) {
    const auto peer = ouro::PeerId::parse(text);
    const auto address = peer ? ouro::PeerAddress::from(*peer) : ouro::Errc::bad_address;
    return address ? std::optional(*address) : std::nullopt;
}

std::optional<std::uint64_t> microseconds(const std::optional<ouro::Duration>& time) {
    if (!time) return std::nullopt;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(*time).count());
}

}  // namespace

UnixTime unix_time() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<UnixTime>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::uint64_t outcome_of(const Visited& visited) {
    return visited.agreement ? 0 : static_cast<std::uint64_t>(ouro::exit_code(visited.end.reason));
}

History::History(const std::string& path, ouro::NetworkMagic magic) try
    : database_(path.c_str()), magic_(static_cast<std::uint64_t>(magic)) {
    database_.run("PRAGMA locking_mode = EXCLUSIVE");
    make_tables();
    auto row = database_.query("SELECT magic FROM crawls LIMIT 1");
    if (!row.next() || row.number(0) == magic_) return;
    const ouro::NetworkMagic theirs{static_cast<std::uint32_t>(row.number(0))};
    throw std::runtime_error(cli::foreign_network(magic, theirs));
} catch (const std::runtime_error& error) {
    throw std::runtime_error("--history " + ouro::printable(path) + ": " + error.what());
}

void History::make_tables() {
    const auto number = [this](std::string_view pragma) {
        auto row = database_.query("SELECT * FROM " + std::string(pragma));
        return row.next() ? row.number(0) : 0;
    };
    const bool has_tables = number("(SELECT count(*) FROM sqlite_master)") != 0;
    if (has_tables && number("pragma_application_id") != application)
        throw std::runtime_error("it is not a history of crawls");
    if (has_tables && number("pragma_user_version") != format)
        throw std::runtime_error("it was written by another version of this program");
    database_.run("PRAGMA journal_mode = WAL");
    database_.run("PRAGMA synchronous = NORMAL");
    if (has_tables) return;
    database_.run("BEGIN IMMEDIATE");
    database_.run("PRAGMA application_id = " + std::to_string(application));
    database_.run("PRAGMA user_version = " + std::to_string(format));
    database_.run(
        "CREATE TABLE crawls (id INTEGER PRIMARY KEY, magic INTEGER NOT NULL, started INTEGER NOT NULL,"
        " ended INTEGER)");
    database_.run("CREATE TABLE peers (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE)");
    database_.run(
        "CREATE TABLE waiting (number INTEGER PRIMARY KEY, peer INTEGER NOT NULL UNIQUE, depth INTEGER NOT NULL)");
    database_.run(
        "CREATE TABLE visits (crawl INTEGER NOT NULL, peer INTEGER NOT NULL, depth INTEGER NOT NULL,"
        " at INTEGER NOT NULL, outcome INTEGER NOT NULL, code TEXT, message TEXT, version INTEGER,"
        " peer_sharing INTEGER, connect_us INTEGER, handshake_us INTEGER, round_trip_us INTEGER,"
        " shared INTEGER NOT NULL, forbidden INTEGER NOT NULL, left_out INTEGER NOT NULL,"
        " PRIMARY KEY (crawl, peer)) WITHOUT ROWID");
    database_.run("CREATE INDEX visits_by_peer ON visits (peer, crawl)");
    database_.run(
        "CREATE TABLE shares (sharer INTEGER NOT NULL, peer INTEGER NOT NULL, first INTEGER NOT NULL,"
        " last INTEGER NOT NULL, PRIMARY KEY (sharer, peer)) WITHOUT ROWID");
    database_.run("CREATE INDEX shares_by_peer ON shares (peer)");
    database_.run("COMMIT");
}

bool History::empty() {
    auto row = database_.query("SELECT 1 FROM crawls LIMIT 1");
    return !row.next();
}

bool History::begin(Crawler& crawler, bool anew) {
    auto last = database_.query("SELECT id, ended FROM crawls ORDER BY id DESC LIMIT 1");
    const bool any = last.next();
    crawl_ = any ? last.number(0) : 0;
    if (any && last.is_null(1) && !anew) {
        const auto restore = [&crawler](sqlite::Statement rows, bool visited) {
            while (rows.next())
                if (const auto address = address_of(rows.text(0)))
                    crawler.restore(*address, static_cast<std::uint32_t>(rows.number(1)), visited);
        };
        restore(database_.query("SELECT address, depth FROM visits JOIN peers ON peers.id = visits.peer"
                                " WHERE crawl = ?",
                                crawl_),
                true);
        restore(database_.query("SELECT address, depth FROM waiting JOIN peers ON peers.id = waiting.peer"
                                " ORDER BY number"),
                false);
        return true;
    }
    database_.run("BEGIN IMMEDIATE");
    database_.query("DELETE FROM waiting");
    database_.query("INSERT INTO crawls VALUES (?, ?, ?, NULL)", ++crawl_, magic_, unix_time());
    database_.run("COMMIT");
    return false;
}

void History::recall(Crawler& crawler) {
    const std::uint64_t since = crawl_ - std::min(crawl_, recalled);
    auto rows = database_.query(
        "SELECT address, min(depth) FROM visits JOIN peers ON peers.id = visits.peer"
        " WHERE crawl >= ? AND crawl < ? AND outcome = 0 GROUP BY peer ORDER BY 2, peer",
        since, crawl_);
    std::vector<std::pair<ouro::PeerAddress, std::uint32_t>> found;
    while (rows.next())
        if (const auto address = address_of(rows.text(0)))
            found.emplace_back(*address, static_cast<std::uint32_t>(rows.number(1)));
    database_.run("BEGIN IMMEDIATE");
    for (const auto& [address, depth] : found)
        if (crawler.learn(address, depth, Source::other) == Crawler::Learnt::fresh) wait(address, depth);
    database_.run("COMMIT");
}

void History::learnt(const ouro::PeerAddress& address, std::uint32_t depth) {
    database_.run("BEGIN IMMEDIATE");
    wait(address, depth);
    database_.run("COMMIT");
}

void History::visited(const Visited& visited) {
    database_.run("BEGIN IMMEDIATE");
    const std::uint64_t peer = id_of(visited.address);
    const bool failed = visited.end.reason != ouro::Errc::none;
    const auto& agreement = visited.agreement;
    std::optional<std::string_view> code;
    std::optional<std::string> message;
    if (failed) {
        code = ouro::name(visited.end.reason);
        message = ouro::printable(visited.end.text, longest_message);
    }
    std::optional<std::uint64_t> version, sharing;
    if (agreement) {
        version = static_cast<std::uint64_t>(agreement->version);
        sharing = agreement->data.peer_sharing ? 1U : 0U;
    }
    database_.query("INSERT OR REPLACE INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  //
                    crawl_, peer, std::uint64_t{visited.depth}, unix_time(), outcome_of(visited), code, message,
                    version, sharing, microseconds(visited.connect), microseconds(visited.handshake),
                    microseconds(visited.round_trip), visited.shared.size(), visited.forbidden, visited.left_out);
    database_.query("DELETE FROM waiting WHERE peer = ?", peer);
    for (const ouro::PeerAddress& address : visited.fresh) wait(address, visited.depth + 1);
    for (const ouro::PeerAddress& address : visited.shared)
        database_.query(
            "INSERT INTO shares VALUES (?, ?, ?, ?) ON CONFLICT (sharer, peer) DO UPDATE SET last = excluded.last",
            peer, id_of(address), crawl_, crawl_);
    database_.run("COMMIT");
}

void History::ended() { database_.query("UPDATE crawls SET ended = ? WHERE id = ?", unix_time(), crawl_); }

std::uint64_t History::id_of(const ouro::PeerAddress& address) {
    const std::string text = text_of(address);
    {
        auto row = database_.query("SELECT id FROM peers WHERE address = ?", std::string_view(text));
        if (row.next()) return row.number(0);
    }
    database_.query("INSERT INTO peers (address) VALUES (?)", std::string_view(text));
    auto row = database_.query("SELECT last_insert_rowid()");
    row.next();
    return row.number(0);
}

void History::wait(const ouro::PeerAddress& address, std::uint32_t depth) {
    database_.query("INSERT OR IGNORE INTO waiting (peer, depth) VALUES (?, ?)", id_of(address), std::uint64_t{depth});
}

}  // namespace crawl
