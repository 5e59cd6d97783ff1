// Measures relays and nodes: the look-up of a name, the connection, the handshake, and round trips of keep-alive or of
// requests for the tip.

#include <asio/redirect_error.hpp>

#include "paint.hpp"
#include "probe.hpp"
#include "statistics.hpp"

namespace {

enum class Mode : std::uint8_t { rounds, handshake, versions, tip };

struct Options : cli::Probing {
    Mode mode = Mode::rounds;
};

std::string cut(std::string text, std::size_t width) {
    if (text.size() > width) text = text.substr(0, width - 3) + "...";
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

/// Measures targets and prints the figures.
class Pinger {
  public:
    Pinger(const Options& options, const cli::Output& out)
        : options_(options), out_(out), paint_(options.json), width_(longest_target()), rows_(options.targets.size()) {}

    asio::awaitable<void> ping(cli::Probe& probe) {
        cli::Times times;
        const bool query = options_.mode == Mode::versions;
        if (co_await probe.open(query)) {
            print_opened(probe);
            if (query)
                print_versions(probe);
            else if (options_.mode != Mode::handshake)
                co_await measure(probe, times);
            co_await probe.session().finish();
        }
        conclude(probe, times.figures());
    }
    /// The table of all targets, in their order, at the end.
    void summary() const {
        const std::string names = "  rounds      min   median      p90      max  deviation  (ms)";
        if (rounds_ > 0 && !options_.json) out_.result({}, paint_(cli::Color::bold, cut("target", width_) + names));
        for (const std::string& row : rows_)
            if (!row.empty() && !options_.json && (rounds_ > 0 || out_.quiet())) out_.result({}, row);
        out_.result({{"event", "done"}, {"targets", options_.targets.size()}, {"failed", failed_}}, "");
    }
    [[nodiscard]] cli::Exit code() const { return code_; }

  private:
    /// The rounds. A node has no keep-alive for its clients, so these are requests for the tip on a socket.
    asio::awaitable<void> measure(cli::Probe& probe, cli::Times& times) {
        const bool tip = options_.mode == Mode::tip || probe.local();
        for (std::uint64_t round = 1; !probe.stopped(); ++round) {
            bool answered = false;
            if (tip)
                answered = co_await probe.session().find_tip();
            else
                answered = co_await probe.session().keep_alive();
            if (!answered) break;
            times.add(probe.session().took());
            ++rounds_;
            print_round(probe, round, tip);
            if (round == options_.count || !co_await probe.session().pause(options_.pause())) break;
        }
    }

    void print_opened(const cli::Probe& probe) const {
        const cli::Session& session = probe.session();
        cli::Json line = begin("connected", probe);
        std::string text = probe.label() + ": ";
        const auto add = [&](const char* name, const char* called, const std::optional<ouro::Duration>& time) {
            line[name] = time ? cli::Json(cli::milliseconds(*time)) : cli::Json(nullptr);
            if (time) text += std::string(called) + " " + cli::milliseconds_text(cli::milliseconds(*time)) + " ms, ";
        };
        add("look_up_ms", "look-up", probe.look_up_time);
        add("connect_ms", "connect", probe.connect_time);
        add("handshake_ms", "handshake", probe.handshake_time);
        text.resize(text.size() - 2);
        if (options_.mode != Mode::versions) {
            const auto& agreement = session.agreement();
            line["version"] = number_of(agreement.version);
            line["peer_sharing"] = agreement.data.peer_sharing;
            text += ", version " + std::to_string(number_of(agreement.version));
        }
        print(line, text);
    }
    void print_versions(cli::Probe& probe) const {
        cli::Json line = begin("versions", probe), all = cli::Json::array();
        std::string text;
        for (const auto& entry : probe.session().versions().entries()) {
            cli::Json one{{"version", number_of(entry.version)}};
            text += "\n  version " + std::to_string(number_of(entry.version));
            const auto data = ouro::decode_version_data(entry.version, entry.data);
            if (data) {
                one["magic"] = static_cast<std::uint32_t>(data->magic);
                text += ", network " + cli::name_of(data->magic);
                if (!node_to_client(entry.version)) {
                    one["initiator_only"] = data->initiator_only;
                    one["peer_sharing"] = data->peer_sharing;
                    text += data->initiator_only ? ", one-way" : ", both ways";
                    text += data->peer_sharing ? ", shares peers" : ", shares no peers";
                }
            } else {
                one["data"] = ouro::to_hex(entry.data);
            }
            all.push_back(std::move(one));
        }
        line["versions"] = std::move(all);
        out_.result(line, probe.label() + ": its versions:" + text);
    }
    void print_round(cli::Probe& probe, std::uint64_t round, bool tip) const {
        const double ms = cli::milliseconds(probe.session().took());
        cli::Json line = begin(tip ? "tip" : "round", probe);
        line["round"] = round;
        line["round_trip_ms"] = ms;
        std::string text = probe.label() + ": " + std::to_string(round) + ": " +
                           paint_(cli::Color::green, cli::milliseconds_text(ms) + " ms");
        if (tip) {
            const ouro::Tip& at = probe.session().tip();
            line.update(cli::json(at.point));
            line["block"] = static_cast<std::uint64_t>(at.block);
            text += at.point.is_origin() ? ", tip origin"
                                         : ", tip " + std::to_string(static_cast<std::uint64_t>(at.block)) + " at " +
                                               to_string(at.point);
        }
        print(line, text);
    }
    void conclude(const cli::Probe& probe, const cli::Statistics& figures) {
        cli::Json line = begin("target", probe);
        const cli::SessionEnd& end = probe.end();
        const bool failed = end.reason != ouro::Errc::none && end.reason != ouro::Errc::cancelled;
        line["rounds"] = figures.count;
        if (figures.count > 0) {
            line["min_ms"] = figures.least;
            line["median_ms"] = figures.median;
            line["p90_ms"] = figures.p90;
            line["max_ms"] = figures.most;
            line["deviation_ms"] = figures.deviation;
        }
        std::string text;
        if (failed) {
            ++failed_;
            code_ = cli::worse(code_, cli::exit_of(end.reason));
            line["code"] = ouro::name(end.reason);
            line["message"] = end.text;
            out_.note(probe.label() + ": " + end.text);
        }
        out_.result(line, text);
        char row[96];
        std::snprintf(row, sizeof row, "%8llu %8.2f %8.2f %8.2f %8.2f %10.2f",
                      static_cast<unsigned long long>(figures.count), figures.least, figures.median, figures.p90,
                      figures.most, figures.deviation);
        const std::string target = cut(probe.label(), width_);
        std::string& entry = rows_[static_cast<std::size_t>(&probe.target() - options_.targets.data())];
        const std::string why = paint_(cli::Color::red, out_.quiet() ? end.text : std::string(ouro::name(end.reason)));
        if (figures.count > 0)
            entry = target + row + (failed ? "  " + why : "");
        else if (failed)
            entry = target + "  " + why;
    }

    static std::uint64_t number_of(ouro::Version version) {
        const auto number = static_cast<std::uint64_t>(version);
        return node_to_client(version) ? number & 0xfff : number;
    }
    static cli::Json begin(std::string_view event, const cli::Probe& probe) {
        cli::Json line{{"event", event}, {"target", probe.target().text}};
        line["address"] = probe.address ? cli::Json(probe.address.text()) : cli::Json(nullptr);
        return line;
    }
    /// A line about one step.
    void print(const cli::Json& line, const std::string& text) const {
        if (!out_.quiet()) out_.result(line, text);
    }
    [[nodiscard]] std::size_t longest_target() const {
        std::size_t longest = 20;
        for (const auto& target : options_.targets) longest = std::max(longest, target.text.size());
        return std::min<std::size_t>(longest, 50);
    }

    const Options& options_;
    const cli::Output& out_;
    cli::Paint paint_;
    std::size_t width_;
    std::vector<std::string> rows_;  // of the targets
    std::uint64_t rounds_ = 0, failed_ = 0;
    cli::Exit code_ = cli::done;
};

asio::awaitable<int> run(ouro::Runtime& runtime, Options& options) {
    const cli::Output out(options.json);
    if (out.verbose()) options.log = [&out](const std::string& line) { out.note(line); };
    Pinger pinger(options, out);
    cli::LookUps look_ups(runtime.get_executor());
    std::vector<std::unique_ptr<cli::Probe>> probes;
    for (const auto& target : options.targets)
        probes.push_back(std::make_unique<cli::Probe>(runtime.get_executor(), options, target, look_ups));
    runtime.on_stop([&] {
        for (const auto& probe : probes) probe->stop();
        look_ups.cancel();
    });
    auto course = [&pinger](cli::Probe& probe) { return pinger.ping(probe); };
    co_await cli::run_all(runtime.get_executor(), probes, std::move(course));
    runtime.on_stop({});
    pinger.summary();
    co_return runtime.interrupted() ? cli::interrupted : pinger.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Measures relays, and nodes over their sockets: how long it takes to look up the name, to connect, to agree on "
        "a version, and for round trips. The exit code is that of the worst target.",
        "ping");
    Options options;
    options.count = 4;
    bool handshake = false, versions = false, tip = false;
    options.network_options(app);
    options.target_options(app);
    auto* mode = app.add_option_group("mode",
                                      "what is measured; otherwise rounds of keep-alive, or over a socket, "
                                      "which has no keep-alive, of requests for the tip")
                     ->require_option(0, 1);
    mode->add_flag("--handshake", handshake, "only the handshake");
    mode->add_flag("--versions", versions, "ask for the versions that the target supports");
    mode->add_flag("--tip", tip, "rounds of requests for the tip of the chain");
    cli::number_option_with_default(app, "-c,--count", options.count, "rounds for each target; 0: until interrupted");
    cli::number_option_with_default(app, "--interval", options.interval, "time between two rounds, in seconds", 0, 90);
    options.timeout_option(app);
    options.output_options(app);
    return cli::main(app, options, argc, argv, [&]() -> int {
        options.read_targets();
        options.mode = handshake ? Mode::handshake : versions ? Mode::versions : tip ? Mode::tip : Mode::rounds;
        return ouro::run([&](ouro::Runtime& runtime) { return run(runtime, options); });
    });
}
