// Shows the tips of many relays and nodes side by side, and how far each is behind the best one.

#include <asio/redirect_error.hpp>

#include "paint.hpp"
#include "probe.hpp"

namespace {

struct Options : cli::Probing {
    bool watch = false;
};

/// What is known of one target.
struct Row {
    const cli::Probe* probe = nullptr;
    std::optional<ouro::Tip> tip{};
    ouro::Duration round_trip{};

    [[nodiscard]] std::uint64_t block() const { return static_cast<std::uint64_t>(tip->block); }
    [[nodiscard]] std::uint64_t slot() const {
        return tip->point.is_origin() ? 0 : static_cast<std::uint64_t>(tip->point.slot());
    }
    [[nodiscard]] std::string hash() const { return tip->point.is_origin() ? "" : ouro::to_hex(tip->point.hash()); }
};

/// Asks all targets, round after round, over connections that stay open.
class Comparison {
  public:
    Comparison(const Options& options, const cli::Output& out, std::vector<std::unique_ptr<cli::Probe>>& probes)
        : options_(options), out_(out), paint_(options.json), probes_(probes) {
        for (const auto& target : options.targets) width_ = std::max(width_, target.text.size());
        width_ = std::min<std::size_t>(width_, 50);
    }

    /// One round, and its table.
    asio::awaitable<void> compare(asio::any_io_executor executor) {
        rows_.clear();
        auto course = [this](cli::Probe& probe) { return ask(probe); };
        co_await cli::run_all(executor, probes_, std::move(course));
        if (!probes_.front()->stopped()) print();
    }
    asio::awaitable<void> finish(asio::any_io_executor executor) {
        auto course = [](cli::Probe& probe) { return close(probe); };
        co_await cli::run_all(executor, probes_, std::move(course));
    }
    /// Of the last round.
    [[nodiscard]] cli::Exit code() const { return code_; }

  private:
    asio::awaitable<void> ask(cli::Probe& probe) {
        Row row{&probe};
        const bool was_open = probe.connected();
        bool found = was_open && co_await probe.session().find_tip();
        // The connection may have ended since the last round.
        if (!found && co_await probe.open(false)) found = co_await probe.session().find_tip();
        if (found) {
            row.tip = probe.session().tip();
            row.round_trip = probe.session().took();
        }
        rows_.push_back(row);
    }
    static asio::awaitable<void> close(cli::Probe& probe) {
        if (probe.connected()) co_await probe.session().finish();
    }

    void print() {
        // Best tip first, without a tip last, otherwise by name.
        std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
            if (a.tip.has_value() != b.tip.has_value()) return a.tip.has_value();
            if (a.tip && std::pair(a.block(), a.slot()) != std::pair(b.block(), b.slot()))
                return std::pair(a.block(), a.slot()) > std::pair(b.block(), b.slot());
            return a.probe->target().text < b.probe->target().text;
        });
        constexpr std::string_view clear = "\033[H\033[2J";  // not what has scrolled away
        if (!options_.json) out_.result({}, (options_.watch && paint_.on() ? std::string(clear) : "") + heading());
        code_ = cli::done;
        std::size_t failed = 0;
        const Row& best = rows_.front();
        for (const Row& row : rows_) {
            if (row.tip) {
                print_tip(row, best);
                continue;
            }
            ++failed;
            const cli::SessionEnd& end = row.probe->end();
            code_ = cli::worse(code_, cli::exit_of(end.reason));
            out_.result({{"event", "failed"},
                         {"target", row.probe->target().text},
                         {"code", ouro::name(end.reason)},
                         {"message", end.text}},
                        cell(row.probe->label()) + "  " + paint_(cli::Color::red, end.text));
        }
        cli::Json sum{{"event", "done"}, {"round", ++round_}, {"targets", rows_.size()}, {"failed", failed}};
        if (best.tip) {
            sum["best"] = cli::json(best.tip->point);
            sum["best"]["block"] = best.block();
        }
        out_.result(sum, "");
    }
    void print_tip(const Row& row, const Row& best) {
        const std::uint64_t blocks = best.block() - row.block();
        const std::uint64_t slots = best.slot() > row.slot() ? best.slot() - row.slot() : 0;
        const bool fork = blocks == 0 && row.tip->point != best.tip->point;
        const double ms = cli::milliseconds(row.round_trip);
        cli::Json line{{"event", "tip"},
                       {"target", row.probe->target().text},
                       {"address", row.probe->address.text()},
                       {"block", row.block()}};
        line.update(cli::json(row.tip->point));
        line["blocks_behind"] = blocks;
        line["slots_behind"] = slots;
        line["other_block"] = fork;
        line["round_trip_ms"] = ms;
        char figures[96];
        std::snprintf(figures, sizeof figures, " %10llu %11llu", static_cast<unsigned long long>(row.block()),
                      static_cast<unsigned long long>(row.slot()));
        char behind[64];
        std::snprintf(behind, sizeof behind, " %7llu %9llu", static_cast<unsigned long long>(blocks),
                      static_cast<unsigned long long>(slots));
        char time[32];
        std::snprintf(time, sizeof time, " %9.2f  ", ms);
        const cli::Color color = blocks == 0 ? cli::Color::green : blocks < 3 ? cli::Color::yellow : cli::Color::red;
        out_.result(line, cell(row.probe->label()) + figures + paint_(color, behind) + time + row.hash().substr(0, 12) +
                              (fork ? "  another block" : ""));
    }
    [[nodiscard]] std::string heading() const {
        const std::string names = "      block        slot  behind  in slots        ms  hash";
        return paint_(cli::Color::bold, cell("target") + names);
    }
    [[nodiscard]] std::string cell(std::string text) const {
        if (text.size() > width_) text = text.substr(0, width_ - 3) + "...";
        text.resize(width_, ' ');
        return text;
    }

    const Options& options_;
    const cli::Output& out_;
    cli::Paint paint_;
    std::vector<std::unique_ptr<cli::Probe>>& probes_;
    std::vector<Row> rows_;
    std::size_t width_ = 20;
    std::uint64_t round_ = 0;
    cli::Exit code_ = cli::done;
};

asio::awaitable<int> run(ouro::Runtime& runtime, Options& options) {
    const auto executor = runtime.get_executor();
    const cli::Output out(options.json);
    if (out.verbose()) options.log = [&out](const std::string& line) { out.note(line); };
    cli::LookUps look_ups(executor);
    std::vector<std::unique_ptr<cli::Probe>> probes;
    for (const auto& target : options.targets)
        probes.push_back(std::make_unique<cli::Probe>(executor, options, target, look_ups));
    asio::steady_timer timer(executor);
    runtime.on_stop([&] {
        for (const auto& probe : probes) probe->stop();
        look_ups.cancel();
        timer.cancel();
    });
    Comparison comparison(options, out, probes);
    std::error_code ignored;
    for (std::uint64_t round = 1; !runtime.interrupted(); ++round) {
        co_await comparison.compare(executor);
        if (!options.watch || round == options.count || runtime.interrupted()) break;
        timer.expires_after(options.pause());
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (!runtime.interrupted()) co_await comparison.finish(executor);
    runtime.on_stop({});
    co_return runtime.interrupted() ? cli::interrupted : comparison.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Shows the tips of relays, and of nodes over their sockets, side by side, and how far each is behind the best "
        "one. The exit code is that of the worst target.",
        "tip");
    Options options;
    options.interval = 10;
    options.network_options(app);
    options.target_options(app);
    auto* watch = app.add_flag("--watch", options.watch, "ask again and again, over connections that stay open");
    cli::number_option_with_default(app, "-c,--count", options.count, "rounds with --watch; 0: until interrupted")
        ->needs(watch);
    cli::number_option_with_default(app, "--interval", options.interval,
                                    "time between two rounds of --watch, in seconds", 0.1, 600)
        ->needs(watch);
    options.timeout_option(app);
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        options.read_targets();
        return ouro::run([&](ouro::Runtime& runtime) { return run(runtime, options); });
    });
}
