#pragma once

// The course of one target: its name is looked up, an address is dialled, and a version is negotiated.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>

#ifdef OURO_EXAMPLES_CARES
#include <ouro/interface/cares_resolver.hpp>
#endif
#include <ouro/interface/resolver.hpp>

#include "session.hpp"
#include "targets.hpp"

namespace cli {

/// Looks up names, each within a time limit.
class LookUps {
  public:
    explicit LookUps(const asio::any_io_executor& executor)
        : executor_(executor), addresses_(ouro::make_system_resolver(executor)) {
#ifdef OURO_EXAMPLES_CARES
        services_ = ouro::make_cares_resolver(executor);
#endif
    }

    /// Whether services (SRV records) can be looked up; this needs c-ares.
    [[nodiscard]] bool knows_services() const { return services_ != nullptr; }
    /// Nothing: there was no answer in time, or `cancel` was called.
    asio::awaitable<std::optional<ouro::NameAnswer>> find(ouro::AccessPoint name, ouro::Duration patience) {
        const auto pending = std::make_shared<Pending>(executor_);
        pending->timer.expires_after(patience);
        auto& resolver = name.service() && services_ ? *services_ : *addresses_;
        resolver.look_up(name, [pending](ouro::NameAnswer answer) {
            pending->answer = std::move(answer);
            pending->timer.cancel();
        });
        waiting_.push_back(pending);
        std::error_code ignored;
        if (!pending->answer) co_await pending->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        std::erase(waiting_, pending);
        co_return std::move(pending->answer);
    }
    /// Ends all look-ups in progress.
    void cancel() {
        for (const auto& pending : waiting_) pending->timer.cancel();
    }

  private:
    struct Pending {
        explicit Pending(const asio::any_io_executor& executor) : timer(executor) {}
        asio::steady_timer timer;
        std::optional<ouro::NameAnswer> answer;
    };

    asio::any_io_executor executor_;
    std::shared_ptr<ouro::Resolver> addresses_, services_;
    std::vector<std::shared_ptr<Pending>> waiting_;
};

/// One target. After `open` its session takes the steps that the program wants.
class Probe {
  public:
    Probe(const asio::any_io_executor& executor, const Probing& options, const Target& target, LookUps& look_ups)
        : executor_(executor), options_(options), target_(target), look_ups_(look_ups) {}

    /// Returns whether there is a connection with an agreement, or with the answer to a query.
    asio::awaitable<bool> open(bool query) {
        look_up_time.reset();
        connect_time.reset();
        handshake_time.reset();
        end_ = {};
        session_.reset();
        const std::vector<ouro::PeerId> addresses = co_await find();
        for (const ouro::PeerId& peer : addresses) {
            if (stopped_) break;
            address = peer;
            end_ = {};
            session_ = make_session(peer);
            session_->log = options_.log;
            if (!co_await session_->dial(peer)) continue;
            connect_time = session_->took();
            if (!co_await session_->shake_hands(query)) break;
            handshake_time = session_->took();
            co_return true;
        }
        co_return false;
    }
    void stop() {
        stopped_ = true;
        if (session_) session_->stop();
    }

    /// The session of the last dial, if there was one.
    [[nodiscard]] Session& session() const { return *session_; }
    [[nodiscard]] bool connected() const { return handshake_time && session_->end().reason == ouro::Errc::none; }
    [[nodiscard]] const Target& target() const { return target_; }
    [[nodiscard]] bool stopped() const { return stopped_; }
    [[nodiscard]] bool local() const { return !target_.peer.path().empty(); }
    /// Why it has failed; Errc::none while it has not.
    [[nodiscard]] const SessionEnd& end() const {
        return end_.reason == ouro::Errc::none && session_ ? session_->end() : end_;
    }
    /// The target as it was written, with the address that was dialled where that is another text.
    [[nodiscard]] std::string label() const {
        const std::string written = ouro::printable(target_.text);
        return target_.name && address ? written + " (" + std::string(address.text()) + ")" : written;
    }

    std::optional<ouro::Duration> look_up_time, connect_time, handshake_time;  ///< of the steps that were taken
    ouro::PeerId address;                                                      ///< that was dialled last

  private:
    asio::awaitable<std::vector<ouro::PeerId>> find() {
        if (!target_.name) co_return std::vector<ouro::PeerId>(1, target_.peer);
        std::vector<ouro::PeerId> none;
        if (target_.name->service() && !look_ups_.knows_services()) {
            end_ = {ouro::Errc::resolve_failed,
                    "this program was built without c-ares, which finds services: write "
                    "host:port"};
            co_return none;
        }
        const auto begun = std::chrono::steady_clock::now();
        auto answer = co_await look_ups_.find(*target_.name, options_.patience());
        if (stopped_)
            end_ = {ouro::Errc::cancelled, "interrupted"};
        else if (!answer)
            end_ = {ouro::Errc::resolve_failed, "the look-up of its name has no answer within the time of --timeout"};
        else if (answer->outcome != ouro::NameAnswer::Outcome::found || answer->peers.empty())
            end_ = {ouro::Errc::resolve_failed,
                    target_.name->service() ? "there is no service (SRV record) of this name; write host:port for an "
                                              "address"
                                            : std::string(message(ouro::Errc::resolve_failed))};
        if (end_.reason != ouro::Errc::none) co_return none;
        look_up_time = std::chrono::steady_clock::now() - begun;
        if (answer->peers.size() > most_addresses) answer->peers.resize(most_addresses);
        co_return std::move(answer->peers);
    }
    std::unique_ptr<Session> make_session(const ouro::PeerId& peer) const {
        const ouro::Duration patience = options_.patience();
        if (!peer.path().empty())
            return std::make_unique<SessionOver<ouro::UnixInterface<ouro::n2c::Message>>>(options_.magic(), patience,
                                                                                          executor_);
        ouro::TcpOptions tcp;
        tcp.connect_timeout = tcp.dial_timeout = patience;
        return std::make_unique<SessionOver<ouro::TcpInterface<ouro::n2n::Message>>>(options_.magic(), patience,
                                                                                     executor_, std::move(tcp));
    }

    /// Addresses of a name that are dialled, one after the other.
    static constexpr std::size_t most_addresses = 64;

    asio::any_io_executor executor_;
    const Probing& options_;
    const Target& target_;
    LookUps& look_ups_;
    std::unique_ptr<Session> session_;
    SessionEnd end_;
    bool stopped_ = false;
};

/// Runs `course(probe)` for each probe, a number of them at once, and waits for all.
template <class Course>
asio::awaitable<void> run_all(asio::any_io_executor executor, std::vector<std::unique_ptr<Probe>>& probes,
                              Course course) {
    constexpr std::size_t at_once = 64;
    struct Work {
        Work(const asio::any_io_executor& of, std::vector<std::unique_ptr<Probe>>& all, Course its)
            : done(of), probes(all), course(std::move(its)) {}
        asio::steady_timer done;
        std::vector<std::unique_ptr<Probe>>& probes;
        Course course;
        std::size_t next = 0, working = 0;

        asio::awaitable<void> run() {
            while (next < probes.size()) {
                Probe& probe = *probes[next++];
                if (!probe.stopped()) co_await course(probe);
            }
            if (--working == 0) done.cancel();
        }
    };
    Work work(executor, probes, std::move(course));
    work.done.expires_at(asio::steady_timer::time_point::max());
    work.working = std::min(at_once, probes.size());
    for (std::size_t i = work.working; i > 0; --i) ouro::spawn(executor, work.run());
    std::error_code ignored;
    if (work.working > 0) co_await work.done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

inline double milliseconds(ouro::Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }
/// With two digits after the point.
inline std::string milliseconds_text(double ms) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", ms);
    return text;
}

/// The exit code of a program whose targets have these: the worst.
inline Exit worse(Exit a, Exit b) { return std::max(a, b); }

}  // namespace cli
