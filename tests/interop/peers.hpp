#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interop/listed_chain.hpp"
#include "programs/program.hpp"
#include "support/temporary_directory.hpp"

namespace interop {

using programs::Json;
using programs::Program;

/// An implementation: this library, or a program of ours over a published package.
struct Peer {
    std::string_view name;
    bool serves;
    bool dials;
    std::uint64_t version;            ///< the highest it is asked to speak
    bool tells_await = true;          ///< its client reports AwaitReply to its user
    bool shares = false;              ///< it has peer-sharing, and a means to use it
    bool submits = false;             ///< the same of tx-submission
    bool local = false;               ///< it speaks as a node with its client, too
    std::uint64_t local_version = 0;  ///< the highest it is asked to speak there
};

inline constexpr Peer ours{"ouro", true, true, 15, true, true, true, true, 23};

/// Which side of a cell the peer is; this library is the other one.
enum class Side : std::uint8_t { server, client };

/// One run of one column: a server on loopback, a client that does one job, and the chain between them.
class Exchange {
  public:
    enum class Chain : std::uint8_t {
        real,     ///< a chunk of a node, or where there is none as many made-up blocks
        thousand  ///< 1,000 made-up blocks
    };

    Exchange(const Peer& peer, Side side) : peer_(peer), side_(side) {}

    /// Starts the server, with `arguments` beside the chain.
    void serve(Chain chain, std::vector<std::string> arguments = {});
    /// Starts a node for clients of its own, with a script beside the chain: lines `query QUERY RESULT`, `reject TX
    /// REASON`, `pool ID TX`, `slot N` and `capacity N`.
    void serve_local(std::string (*script)(const ListedChain&), std::vector<std::string> arguments = {});
    /// Starts the client on a job.
    void ask(const std::string& job, std::vector<std::string> arguments = {});
    /// The client's lines to its end, which is a good one.
    std::vector<Json> answers();
    /// The same, however it ends.
    std::vector<Json> lines();
    /// Waits until the server reports `event`, and returns the line.
    Json await(std::string_view event);
    /// Moves the end of the served chain.
    void move_tip(ouro::ChainView::Position position);

    /// Where the server listens.
    [[nodiscard]] const std::string& address() const { return address_; }
    /// For files that both sides use; removed with the exchange.
    [[nodiscard]] const std::filesystem::path& scratch() const { return scratch_.path(); }
    [[nodiscard]] const ListedChain& chain() const { return *chain_; }
    [[nodiscard]] std::string point(ouro::ChainView::Position position) const {
        return to_string(chain_->point(position));
    }
    /// What the client prints for the header and the block at a position.
    [[nodiscard]] std::string header(ouro::ChainView::Position position) const;
    [[nodiscard]] std::string block(ouro::ChainView::Position position) const;
    /// The highest version that both sides know.
    [[nodiscard]] std::uint64_t version() const { return std::min(peer_.version, ours.version); }
    [[nodiscard]] std::uint64_t local_version() const { return std::min(peer_.local_version, ours.local_version); }
    [[nodiscard]] bool client_tells_await() const { return side_ == Side::server || peer_.tells_await; }

    std::string server_magic = "1", client_magic = "1";
    /// Arguments for whichever side this library is on. Where it is on both, the server's.
    std::vector<std::string> our_arguments;

  private:
    void start(std::vector<std::string> arguments);
    [[nodiscard]] std::string file(const std::string& name) const { return (scratch_.path() / name).string(); }
    [[nodiscard]] std::string program(Side side) const;
    [[nodiscard]] bool is_ours(Side side) const;

    const Peer& peer_;
    Side side_;
    support::TemporaryDirectory scratch_;
    std::optional<ListedChain> chain_;
    std::optional<Program> server_, client_;
    std::string address_;
    std::string meeting_ = "--peer";  // the option that takes the address
    int code_ = 0;
};

[[nodiscard]] ListedChain listed(Exchange::Chain wanted);

/// Whether the peer's program has been built; says so where it has not.
[[nodiscard]] bool have(const Peer& peer);

/// The values of `field` in the lines of one kind, in order.
[[nodiscard]] std::vector<std::string> values(const std::vector<Json>& lines, std::string_view event,
                                              std::string_view field);

}  // namespace interop
