#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include <ouro/program/news.hpp>

#include "board.hpp"

namespace ouro::detail {

/// The newest events of peers that were not taken.
class NewsStream final : public Stream<PeerNews> {
  public:
    static constexpr std::size_t most = 1'024;

    using Stream::Stream;

    void add(const PeerNews& news);
    void finish(Errc reason);
    [[nodiscard]] bool ready() const noexcept override { return !news_.empty(); }
    [[nodiscard]] Errc end() const noexcept override { return ready() ? Errc::none : end_; }
    void wake() { notify(); }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    PeerNews pop() override;
    void give_up() override { finish(Errc::cancelled); }

    std::deque<PeerNews> news_;
    std::uint64_t dropped_ = 0;
    Errc end_ = Errc::none;
};

/// The streams that get the news of one node or client.
using NewsBoard = Board<NewsStream, PeerNews>;

/// Time until `instant`, not below zero; empty without one.
[[nodiscard]] std::optional<Duration> time_until(std::optional<Instant> instant, Instant now) noexcept;

}  // namespace ouro::detail
