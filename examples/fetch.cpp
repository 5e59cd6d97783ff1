// Fetches a range of blocks: their octets as they came, one after another. Of one relay, or of several at once.

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "cli.hpp"

namespace {

using namespace ouro::initiator;

struct Options : cli::Common {
    ouro::BlockPoint first, last;
    std::string out;  // empty: stdout
};

/// Where blocks go. A file has its name only once it is whole.
class Sink {
  public:
    explicit Sink(const Options& options) : path_(options.out) {
        if (path_.empty()) {
            if (!options.json) file_ = stdout;
            return;
        }
        part_ = path_ + ".part";
        file_ = std::fopen(part_.c_str(), "wb");
        if (!file_) fail();
    }
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink() {
        if (part_.empty()) return;
        if (file_) std::fclose(file_);
        std::error_code ignored;
        std::filesystem::remove(part_, ignored);
    }

    void write(ouro::BytesView block) {
        if (file_ && std::fwrite(block.data(), 1, block.size(), file_) != block.size()) fail();
    }
    void finish() {
        if (!file_) return;
        if (std::fflush(file_) != 0) fail();
        if (part_.empty()) return;
        if (::fsync(::fileno(file_)) != 0 || std::fclose(std::exchange(file_, nullptr)) != 0) fail();
        std::filesystem::rename(part_, path_);
        part_.clear();
    }

  private:
    [[noreturn]] void fail() const {
        const std::error_code why(errno, std::generic_category());
        throw std::runtime_error("cannot write " + (path_.empty() ? std::string("to stdout") : path_) + ": " +
                                 why.message());
    }

    std::string path_, part_;
    std::FILE* file_ = nullptr;
};

/// Blocks, octets, rate and time left, on a terminal.
class Progress {
  public:
    explicit Progress(const Options& options) : options_(options) {}

    void add(const ouro::Bytes& block) {
        ++blocks;
        octets += block.size();
        if (!terminal_ || (blocks & 15) != 1) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - shown_ < std::chrono::milliseconds(100)) return;
        shown_ = now;
        const auto point = ouro::chain::point_of(block);
        if (point) show(*point);
    }
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }
    void clear() const {
        if (terminal_) std::fputs("\r\033[K", stderr);
    }

    std::uint64_t blocks = 0;
    std::uint64_t octets = 0;

  private:
    void show(const ouro::BlockPoint& at) const {
        // How far the slots have come is the best guess at how far the blocks have.
        const auto slots = [](ouro::Slot from, ouro::Slot to) {
            return static_cast<double>(to) - static_cast<double>(from);
        };
        const double whole = std::max(slots(options_.first.slot, options_.last.slot), 1.0);
        const double part = std::clamp(slots(options_.first.slot, at.slot) / whole, 0.001, 1.0);
        constexpr int width = 30;
        const int filled = static_cast<int>(part * width);
        const std::string bar(static_cast<std::size_t>(filled), '=');
        std::fprintf(stderr, "\r\033[K[%-*s] %llu blocks, %.1f MB, %.1f MB/s, %.0f s left", width, bar.c_str(),
                     static_cast<unsigned long long>(blocks), static_cast<double>(octets) / 1e6,
                     static_cast<double>(octets) / 1e6 / seconds(), seconds() * (1 - part) / part);
    }

    const Options& options_;
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_{};
};

/// Asks several relays for the blocks of the range, by their points, which it learns by following the headers: one
/// request after the other, so that the blocks come in the order of the chain, each for as many points as are known.
class Points {
  public:
    Points(const Options& options, const cli::Output& out, ouro::Initiator& node, cli::Ending& ending)
        : options_(options), out_(out), node_(node), ending_(ending) {}

    void begin() {
        StartSync start;
        start.points = {options_.first};
        node_.execute(std::move(start));
        node_.execute(ContinueSync{most_ahead});
    }

    void operator()(const Intersected&) { add(options_.first); }
    void operator()(const RollForward& event) {
        const auto info = ouro::chain::inspect(event.header);
        if (!info) {
            out_.error(info.error(), std::string(event.peer.text()) + ": a header that cannot be read");
            return ending_.end(cli::violation);
        }
        if (whole_) return;  // what was asked for behind the range
        add(info->point);
        // More headers are asked for while not too many points wait.
        if (!whole_ && known_.size() < most_known) node_.execute(ContinueSync{1});
    }
    void operator()(const RollBackward& event) {
        if (whole_) return;
        while (!known_.empty() && ouro::Point(known_.back()) != event.point) known_.pop_back();
        if (known_.empty() && event.point != asked_) return decline("the chain has gone another way");
        node_.execute(ContinueSync{1});
    }
    void operator()(const AtTip&) {
        if (!whole_) decline("the chain ends before --to");
    }
    void operator()(const NoIntersection& event) {
        decline("the chain of " + std::string(event.peer.text()) + " does not have --from");
    }
    void operator()(const SyncEnded& event) {
        if (event.reason == ouro::Errc::no_intersection) decline("no chain has --from");
    }
    void operator()(const RangeDone&) {
        busy_ = false;
        ask();
    }
    void operator()(const auto&) {}

    /// All blocks of the range were told.
    [[nodiscard]] bool done() const { return whole_ && !busy_ && known_.empty(); }

  private:
    static constexpr std::uint32_t most_ahead = 300;   // headers that were asked for
    static constexpr std::size_t most_known = 20'000;  // points that wait for their request
    static constexpr std::size_t worth_a_request = 100;

    void add(const ouro::BlockPoint& point) {
        if (point.slot > options_.last.slot) return decline("the chain does not have --to");
        known_.push_back(point);
        whole_ = point == options_.last;
        ask();
    }
    void ask() {
        if (busy_ || known_.empty() || (!whole_ && known_.size() < worth_a_request)) return;
        asked_ = known_.back();
        const bool waited = known_.size() >= most_known;
        RequestPoints wish;
        wish.points = std::exchange(known_, {});
        node_.execute(std::move(wish));
        busy_ = true;
        if (waited && !whole_) node_.execute(ContinueSync{most_ahead});
    }
    void decline(std::string_view why) {
        if (ending_.ended()) return;
        out_.error(ouro::Errc::no_blocks, why);
        ending_.end(cli::declined);
    }

    const Options& options_;
    const cli::Output& out_;
    ouro::Initiator& node_;
    cli::Ending& ending_;
    std::vector<ouro::BlockPoint> known_;  // and not asked for
    ouro::Point asked_;                    // the last one that was
    bool whole_ = false;                   // the last point of the range is known
    bool busy_ = false;                    // a request is under way
};

asio::awaitable<int> fetch(ouro::Runtime& runtime, const Options& options) {
    const cli::Output out(options.json);
    Sink sink(options);
    Progress progress(options);
    Config config;
    config.offer.data.magic = options.magic();
    config.point_of = cli::point_of;
    config.block_matches = ouro::chain::block_matches;
    config.automatic = false;
    ouro::Initiator node(runtime.get_executor(), config);
    cli::Ending ending(runtime, out, options.patience(), [&] { node.stop(); });
    cli::Peers peers(out, options.peers.size());
    Points points(options, out, node, ending);
    const bool several = options.peers.size() > 1;

    for (const auto& peer : options.peers) node.execute(IncludePeer{peer});
    if (several)
        points.begin();
    else
        node.execute(RequestBlocks{options.first, options.last});
    while (const auto event = co_await node.poll_next()) {
        if (const auto* block = std::get_if<BlockReceived>(&*event)) {
            if (ending.ended()) continue;
            sink.write(block->block);
            if (options.json)
                out.result({{"event", "block"},
                            {"index", progress.blocks},
                            {"octets", block->block.size()},
                            {"peer", block->peer.text()}},
                           "");
            progress.add(block->block);
            ending.progress();
        } else if (const auto* none = std::get_if<NoBlocks>(&*event)) {
            out.error(ouro::Errc::no_blocks,
                      several ? "no relay has the range" : std::string(none->peer.text()) + " does not have the range");
            ending.end(cli::declined);
        } else if (const auto* failure = std::get_if<RangeFailed>(&*event); failure && !ending.ended()) {
            out.error(failure->reason, "the range ended after " + std::to_string(progress.blocks) +
                                           " blocks: " + std::string(ouro::message(failure->reason)));
            ending.end(cli::exit_code(failure->reason));
        }
        if (several && !ending.ended()) std::visit(points, *event);
        if (std::holds_alternative<RollForward>(*event)) ending.progress();
        if (std::holds_alternative<RangeDone>(*event) && (!several || points.done())) {
            sink.finish();
            ending.end(cli::done);
        }
        if (const auto code = ending.ended() ? std::nullopt : peers.handle(*event)) ending.end(*code);
    }
    progress.clear();
    const double seconds = progress.seconds();
    if (ending.good())
        out.result({{"event", "done"}, {"blocks", progress.blocks}, {"octets", progress.octets}, {"seconds", seconds}},
                   "");
    char line[96];
    std::snprintf(line, sizeof line, "%llu blocks, %llu octets in %.3f s",
                  static_cast<unsigned long long>(progress.blocks), static_cast<unsigned long long>(progress.octets),
                  seconds);
    out.note(line);
    co_return ending.code();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Fetches a range of blocks from a relay, or from several at once.", "fetch");
    Options options;
    std::string from, to;
    options.network_options(app);
    options.output_options(app);
    options.timeout_option(app);
    options.peer_options(app);
    app.add_option("--from", from, "the first block, SLOT.HASH")->required();
    app.add_option("--to", to, "the last block, SLOT.HASH")->required();
    app.add_option("--out", options.out, "the file to write; stdout without it");
    return cli::main(app, options, argc, argv, [&] {
        const auto block = [](std::string_view option, const std::string& text) {
            const auto point = cli::point_argument(option, text);
            if (point.is_origin()) throw CLI::ValidationError(std::string(option), "the origin is no block");
            return ouro::BlockPoint{point.slot(), point.hash()};
        };
        options.first = block("--from", from);
        options.last = block("--to", to);
        if (options.last.slot < options.first.slot) throw CLI::ValidationError("--to", "lies before --from");
        return ouro::run([&](ouro::Runtime& runtime) { return fetch(runtime, options); });
    });
}
