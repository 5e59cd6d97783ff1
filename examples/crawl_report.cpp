#include "crawl_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include "cli.hpp"
#include "crawl_graph.hpp"
#include "crawl_style.hpp"
#include "statistics.hpp"

namespace crawl {

namespace {

// What a page shows at most.
constexpr std::uint64_t most_crawls = 60, most_strip = 20, most_peers = 500, most_in_graph = 250;
constexpr std::size_t most_lines = 3'000;

std::string html(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '&': result += "&amp;"; break;
            case '"': result += "&quot;"; break;
            case '\'': result += "&#39;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string time_text(std::uint64_t milliseconds) {
    const auto seconds = static_cast<std::time_t>(milliseconds / 1'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    return text;
}

std::string fixed(double value, int digits = 1) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string percent(std::uint64_t part, std::uint64_t of) {
    return of == 0 ? "0" : fixed(100 * static_cast<double>(part) / static_cast<double>(of)) + " %";
}

/// What a visit came to, as classes of the page's style.
enum Outcome : std::uint8_t { up, refused, broken, down };
constexpr std::string_view class_of[] = {"up", "refused", "broken", "down"};
constexpr std::string_view called[] = {"answered", "refused the handshake", "broke a rule", "not reached"};

Outcome outcome_of(std::uint64_t in_file) {
    switch (in_file) {
        case 0: return up;
        case 3: return refused;
        case 5: return broken;
        default: return down;
    }
}

struct CrawlRow {
    std::uint64_t id = 0, started = 0;
    bool ended = false;
    std::array<std::uint64_t, 4> visits{};  // by outcome
    [[nodiscard]] std::uint64_t all() const { return visits[up] + visits[refused] + visits[broken] + visits[down]; }
};

/// Builds the page part by part.
class Page {
  public:
    Page(sqlite::Database& history, const std::string& network) : db_(history), network_(network) {}

    std::string build() {
        read_crawls();
        head();
        if (crawls_.empty() || last().all() == 0) {
            add("<p>No peer has been visited yet.</p>");
        } else {
            tiles();
            versions();
            reachability();
            round_trips();
            graph();
            peers();
        }
        add("</main>\n</body>\n</html>");
        return std::move(page_);
    }

  private:
    void add(const std::string& line) { page_ += line + '\n'; }
    [[nodiscard]] const CrawlRow& last() const { return crawls_.back(); }
    void section(const std::string& title, const std::string& about) {
        add("<section>\n<h2>" + title + "</h2>\n<p class=\"about\">" + about + "</p>");
    }
    std::uint64_t count(std::string_view sql) {
        auto row = db_.query(sql);
        return row.next() ? row.number(0) : 0;
    }

    /// The newest crawls, the oldest of them first.
    void read_crawls() {
        auto rows =
            db_.query("SELECT id, started, ended IS NOT NULL FROM crawls ORDER BY id DESC LIMIT ?", most_crawls);
        while (rows.next()) crawls_.push_back({rows.number(0), rows.number(1), rows.number(2) != 0});
        std::reverse(crawls_.begin(), crawls_.end());
        for (CrawlRow& crawl : crawls_) {
            auto counts = db_.query("SELECT outcome, count(*) FROM visits WHERE crawl = ? GROUP BY outcome", crawl.id);
            while (counts.next()) crawl.visits[outcome_of(counts.number(0))] += counts.number(1);
        }
    }

    void head();

    void tiles() {
        const auto tile = [this](const std::string& number, const std::string& what) {
            add("<div class=\"tile\"><b>" + number + "</b><span>" + what + "</span></div>");
        };
        cli::Times times = read_times("round_trip_us");
        add("<div class=\"tiles\">");
        tile(std::to_string(last().visits[up]), "peers answered");
        tile(percent(last().visits[up], last().all()), "of " + std::to_string(last().all()) + " visited");
        tile(times.figures().count == 0 ? "–" : fixed(times.figures().median) + " ms", "median round trip");
        tile(std::to_string(count("SELECT count(*) FROM peers")), "addresses known");
        tile(std::to_string(count("SELECT count(*) FROM crawls")), "crawls");
        add("</div>");
    }

    void versions() {
        section("Versions", "Versions of node-to-node that peers agreed on in the last crawl.");
        auto rows = db_.query(
            "SELECT version, count(*) FROM visits WHERE crawl = ? AND version IS NOT NULL GROUP BY version"
            " ORDER BY version DESC",
            last().id);
        add("<div class=\"bars\">");
        while (rows.next()) {
            const std::string share = percent(rows.number(1), last().visits[up]);
            const double width = 100 * static_cast<double>(rows.number(1)) / static_cast<double>(last().visits[up]);
            add("<span>" + std::to_string(rows.number(0)) +
                "</span><div class=\"bar\"><i style=\"width:" + fixed(width, 2) + "%\"></i></div><span>" +
                std::to_string(rows.number(1)) + "</span><span>" + share + "</span>");
        }
        add("</div>");
        auto sharing = db_.query("SELECT count(*) FROM visits WHERE crawl = ? AND peer_sharing = 1", last().id);
        sharing.next();
        add("<p>" + std::to_string(sharing.number(0)) + " of " + std::to_string(last().visits[up]) +
            " agreed to share peers.</p>\n</section>");
    }

    void reachability() {
        section("Reachability over time",
                "Visits of each crawl, the newest on the right" +
                    std::string(crawls_.size() == most_crawls ? "; older crawls are left out." : "."));
        legend({{up, called[up]}, {refused, called[refused]}, {broken, called[broken]}, {down, called[down]}});
        std::uint64_t most = 1;
        for (const CrawlRow& crawl : crawls_) most = std::max(most, crawl.all());
        add("<div style=\"max-width:" + std::to_string(std::max<std::size_t>(300, 44 * crawls_.size())) +
            "px\"><div class=\"columns\">");
        for (const CrawlRow& crawl : crawls_) {
            std::string title = time_text(crawl.started) + " UTC";
            std::string parts;
            for (const Outcome outcome : {down, broken, refused, up}) {
                const std::uint64_t number = crawl.visits[outcome];
                if (number == 0) continue;
                const double height = 100 * static_cast<double>(number) / static_cast<double>(most);
                parts += "<i class=\"" + std::string(class_of[outcome]) + "\" style=\"height:" + fixed(height, 2) +
                         "%\"></i>";
                title += ", " + std::to_string(number) + " " + std::string(called[outcome]);
            }
            if (!crawl.ended) title += ", not complete";
            add("<div title=\"" + title + "\">" + parts + "</div>");
        }
        add("</div>\n<div class=\"ends\"><span>" + time_text(crawls_.front().started) + " UTC</span><span>" +
            (crawls_.size() > 1 ? time_text(last().started) + " UTC" : "") + "</span></div></div>");
        add("<p class=\"about\">The highest column has " + std::to_string(most) + " visits.</p>\n</section>");
    }
    void legend(const std::vector<std::pair<Outcome, std::string_view>>& entries) {
        std::string line = "<p class=\"legend\">";
        for (const auto& [outcome, text] : entries)
            line += "<span><i class=\"" + std::string(class_of[outcome]) + "\"></i>" + std::string(text) + "</span>";
        add(line + "</p>");
    }

    cli::Times read_times(const std::string& column) {
        cli::Times times;
        auto rows =
            db_.query("SELECT " + column + " FROM visits WHERE crawl = ? AND " + column + " IS NOT NULL", last().id);
        while (rows.next()) times.add(std::chrono::microseconds(rows.number(0)));
        return times;
    }
    static std::string limit_text(double milliseconds) {
        return milliseconds < 1'000 ? fixed(milliseconds, 0) : fixed(milliseconds / 1'000, 0) + " s";
    }
    void round_trips() {
        section("Round trips", "Of one keep-alive to each peer in the last crawl.");
        constexpr double edges[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000};  // milliseconds
        std::array<std::uint64_t, std::size(edges) + 1> counts{};
        {
            auto rows =
                db_.query("SELECT round_trip_us FROM visits WHERE crawl = ? AND round_trip_us IS NOT NULL", last().id);
            while (rows.next()) {
                const double ms = static_cast<double>(rows.number(0)) / 1'000;
                ++counts[static_cast<std::size_t>(std::upper_bound(std::begin(edges), std::end(edges), ms) - edges)];
            }
        }
        const std::uint64_t most = std::max<std::uint64_t>(1, *std::max_element(counts.begin(), counts.end()));
        add("<div class=\"histogram\">");
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const double height = 100 * static_cast<double>(counts[i]) / static_cast<double>(most);
            const std::string label =
                i < std::size(edges) ? "&lt; " + limit_text(edges[i]) : "≥ " + limit_text(edges[i - 1]);
            add("<div><b>" + (counts[i] > 0 ? std::to_string(counts[i]) : std::string()) +
                "</b><i style=\"height:" + fixed(height, 2) + "%\"></i><span>" + label + "</span></div>");
        }
        add("</div>\n<div class=\"wide\"><table>\n<tr><th>ms</th><th class=\"n\">peers</th><th class=\"n\">min</th>"
            "<th class=\"n\">median</th><th class=\"n\">p90</th><th class=\"n\">max</th></tr>");
        const std::pair<const char*, const char*> rows[] = {
            {"connect_us", "connection"}, {"handshake_us", "handshake"}, {"round_trip_us", "round trip"}};
        for (const auto& [column, name] : rows) {
            const cli::Statistics figures = read_times(column).figures();
            add("<tr><td>" + std::string(name) + "</td><td class=\"n\">" + std::to_string(figures.count) +
                "</td><td class=\"n\">" + fixed(figures.least, 2) + "</td><td class=\"n\">" + fixed(figures.median, 2) +
                "</td><td class=\"n\">" + fixed(figures.p90, 2) + "</td><td class=\"n\">" + fixed(figures.most, 2) +
                "</td></tr>");
        }
        add("</table></div>\n</section>");
    }

    void graph() {
        std::vector<GraphPeer> peers;
        std::map<std::uint64_t, std::size_t> places;
        {
            auto rows = db_.query(
                "SELECT visits.peer, address, depth, outcome = 0,"
                " (SELECT count(*) FROM shares WHERE shares.peer = visits.peer AND last = ?) AS sharers"
                " FROM visits JOIN peers ON peers.id = visits.peer WHERE crawl = ?"
                " ORDER BY depth = 0 DESC, 4 DESC, sharers DESC, visits.peer LIMIT ?",
                last().id, last().id, most_in_graph);
            while (rows.next()) {
                places.emplace(rows.number(0), peers.size());
                peers.push_back({html(rows.text(1)), static_cast<std::uint32_t>(rows.number(2)), rows.number(4),
                                 rows.number(3) != 0});
            }
        }
        std::vector<std::pair<std::size_t, std::size_t>> lines;
        for (const auto& [sharer, from] : places) {
            auto rows = db_.query("SELECT peer FROM shares WHERE sharer = ? AND last = ?", sharer, last().id);
            while (rows.next() && lines.size() < most_lines)
                if (const auto to = places.find(rows.number(0)); to != places.end())
                    lines.emplace_back(from, to->second);
        }
        section(
            "Sharing",
            "Which peers shared which in the last crawl: " + std::to_string(peers.size()) + " of " +
                std::to_string(last().all()) + " peers, and " + std::to_string(lines.size()) +
                (lines.size() == most_lines ? " of the links" : " links") +
                ". A peer stands on the ring of its distance from the first ones; its size shows how many share it. "
                "Point at one to see its links.");
        legend({{up, "answered"}, {down, "did not answer"}});
        add("<div class=\"square\">" + draw_graph(peers, lines) + "</div>\n<p id=\"named\">&nbsp;</p>\n</section>");
    }

    void peers();
    std::string strip(std::uint64_t peer);

    sqlite::Database& db_;
    const std::string network_;
    std::vector<CrawlRow> crawls_;
    std::string page_;
};

void Page::head() {
    const std::string title = "Peers of " + html(network_);
    add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
        "http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
        title + "</title>");
    add(std::string(page_style));
    add("<h1>" + title + "</h1>");
    if (crawls_.empty()) return;
    add("<p class=\"about\">Last crawl: " + time_text(last().started) + " UTC" +
        (last().ended ? ""
                      : ", not complete: " + std::to_string(count("SELECT count(*) FROM waiting")) +
                            " addresses wait for a visit") +
        ".</p>");
}

/// The last crawls of a peer as small cells.
std::string Page::strip(std::uint64_t peer) {
    std::map<std::uint64_t, Outcome> visits;
    auto rows =
        db_.query("SELECT crawl, outcome FROM visits WHERE peer = ? ORDER BY crawl DESC LIMIT ?", peer, most_strip);
    while (rows.next()) visits[rows.number(0)] = outcome_of(rows.number(1));
    std::string cells = "<span class=\"strip\">";
    for (std::size_t at = crawls_.size() - std::min<std::size_t>(most_strip, crawls_.size()); at < crawls_.size();
         ++at) {
        const auto visit = visits.find(crawls_[at].id);
        const bool any = visit != visits.end();
        cells += "<i class=\"" + std::string(any ? class_of[visit->second] : "") + "\" title=\"" +
                 time_text(crawls_[at].started) + ": " + std::string(any ? called[visit->second] : "not visited") +
                 "\"></i>";
    }
    return cells + "</span>";
}

void Page::peers() {
    struct Row {
        std::uint64_t peer = 0;
        std::string cells, why;
    };
    std::vector<Row> found;
    {
        auto rows = db_.query(
            "SELECT visits.peer, address, depth, version, round_trip_us, shared, message,"
            " (SELECT count(*) FROM shares WHERE shares.peer = visits.peer AND last = ?) AS sharers"
            " FROM visits JOIN peers ON peers.id = visits.peer WHERE crawl = ?"
            " ORDER BY outcome, sharers DESC, visits.peer LIMIT ?",
            last().id, last().id, most_peers);
        const auto cell = [](const std::string& text) { return "<td class=\"n\">" + text + "</td>"; };
        while (rows.next()) {
            const std::string trip = rows.is_null(4) ? "" : fixed(static_cast<double>(rows.number(4)) / 1'000);
            found.push_back({rows.number(0),
                             "<td>" + html(rows.text(1)) + "</td>" +
                                 cell(rows.is_null(3) ? "" : std::to_string(rows.number(3))) + cell(trip) +
                                 cell(std::to_string(rows.number(5))) + cell(std::to_string(rows.number(7))) +
                                 cell(std::to_string(rows.number(2))),
                             html(rows.text(6))});
        }
    }
    section("Peers", std::to_string(found.size()) + " of the " + std::to_string(last().all()) +
                         " peers of the last crawl. The cells are their last " + std::to_string(most_strip) +
                         " crawls.");
    add("<input id=\"filter\" placeholder=\"Filter\" aria-label=\"Filter the peers\">\n<div class=\"wide\"><table "
        "id=\"peers\">\n"
        "<tr><th>address</th><th class=\"n\">version</th><th class=\"n\">ms</th><th class=\"n\">shares</th>"
        "<th class=\"n\">shared by</th><th class=\"n\">depth</th><th>crawls</th><th>why not</th></tr>");
    for (const Row& row : found)
        add("<tr>" + row.cells + "<td>" + strip(row.peer) + "</td><td class=\"why\">" + row.why + "</td></tr>");
    add("</table></div>\n</section>");
    add(std::string(page_script));
}

}  // namespace

std::string report(sqlite::Database& history, const std::string& network) { return Page(history, network).build(); }

}  // namespace crawl
