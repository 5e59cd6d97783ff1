#pragma once

// The visits of a crawl: each is one connection, on which addresses are requested and a round trip is measured.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "crawler.hpp"
#include "session.hpp"

namespace crawl {

/// What a visit has found.
struct Visited {
    ouro::PeerAddress address;
    std::uint32_t depth = 0;
    cli::SessionEnd end{};                       ///< why it ended early; Errc::none: it did not
    std::optional<ouro::Agreement> agreement{};  ///< of the handshake
    std::optional<ouro::Duration> connect{}, handshake{}, round_trip{};
    std::vector<ouro::PeerAddress> shared{};  ///< that are known now
    std::vector<ouro::PeerAddress> fresh{};   ///< of them, those that were not known before
    std::size_t forbidden = 0;                ///< addresses that may not be dialled
    std::size_t left_out = 0;                 ///< addresses for which there was no room
};

/// Visits what the crawler says, until nothing is left or `stop` is called. `Clock`: an interface without connections,
/// which is used for its time and its wait.
///
/// Lifetimes  The clock and the crawler outlive it, and it outlives the visits.
template <ouro::Interface Clock>
class Run {
  public:
    using MakeSession = std::function<std::unique_ptr<cli::Session>()>;
    using Report = std::function<void(const Visited&)>;

    static constexpr std::uint8_t amount = 255;  ///< addresses that are requested; the reference answers with 10

    /// `report`: called at the end of each visit, but not of one that `stop` has ended.
    Run(Clock& clock, Crawler& crawler, MakeSession make, Report report)
        : clock_(clock), crawler_(crawler), make_(std::move(make)), report_(std::move(report)) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    asio::awaitable<void> run() {
        while (!stopped_) {
            while (const auto next = crawler_.poll_visit(clock_.now())) {
                ++visiting_;
                ouro::spawn(clock_.get_executor(), visit(*next));
            }
            if (crawler_.idle() && held_ == 0) break;
            co_await clock_.async_wait_ready(crawler_.next_deadline().value_or(ouro::Instant::max()),
                                             asio::use_awaitable);
        }
        // Look-ups end here, too: they use this object.
        while (visiting_ > 0 || held_ > 0) co_await clock_.async_wait_ready(ouro::Instant::max(), asio::use_awaitable);
    }
    /// Ends all visits. Look-ups have to be ended, too, before `run` ends.
    void stop() noexcept {
        stopped_ = true;
        for (cli::Session* session : sessions_) session->stop();
        clock_.wake();
    }
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }
    /// Keeps `run` from its end while addresses are looked up, until as many calls of `release`.
    void hold() noexcept { ++held_; }
    void release() noexcept {
        --held_;
        clock_.wake();
    }
    /// An address was learnt elsewhere.
    void stir() noexcept { clock_.wake(); }

  private:
    asio::awaitable<void> visit(Crawler::Visit next) {
        Visited found{next.address, next.depth};
        const auto session = make_();
        session->offers_peer_sharing = true;
        sessions_.push_back(session.get());
        if (!stopped_) co_await follow_course(*session, found);
        std::erase(sessions_, session.get());
        --visiting_;
        clock_.wake();
        if (stopped_) co_return;
        for (const ouro::PeerAddress& one : session->shared()) learn(found, one);
        report_(found);
        crawler_.ended(found.address);
    }
    static asio::awaitable<void> follow_course(cli::Session& session, Visited& found) {
        const ouro::PeerId peer = *found.address.peer();
        const bool connected = co_await session.dial(peer);
        if (connected) found.connect = session.took();
        const bool agreed = connected && co_await session.shake_hands(false);
        if (agreed) {
            found.handshake = session.took();
            found.agreement = session.agreement();
        }
        const bool shared = agreed && co_await session.share_peers(amount);
        const bool answered = shared && co_await session.keep_alive();
        if (answered) found.round_trip = session.took();
        co_await session.finish();
        found.end = session.end();
    }
    void learn(Visited& by, const ouro::PeerAddress& address) {
        if (address == by.address) return;
        switch (crawler_.learn(address, by.depth + 1, Source::other)) {
            case Crawler::Learnt::forbidden: ++by.forbidden; return;
            case Crawler::Learnt::left_out: ++by.left_out; return;
            case Crawler::Learnt::fresh: by.fresh.push_back(address); break;
            case Crawler::Learnt::known: break;
        }
        by.shared.push_back(address);
    }

    Clock& clock_;
    Crawler& crawler_;
    MakeSession make_;
    Report report_;
    std::vector<cli::Session*> sessions_;
    std::size_t visiting_ = 0, held_ = 0;
    bool stopped_ = false;
};

}  // namespace crawl
