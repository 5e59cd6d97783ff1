#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include <ouro/program/transactions.hpp>

#include "board.hpp"

namespace ouro::detail {

/// The received transactions that were not taken. Each host has a queue, so that one that sends many delays and
/// displaces only its own.
class TxStream final : public Stream<ReceivedTx> {
  public:
    static constexpr std::size_t most_bytes = 4U << 20;  // as `responder::Config::tx_bytes`
    static constexpr std::size_t bytes_beside = 256;     // of one, counted beside its own

    using Stream::Stream;

    void add(const ReceivedTx& tx);
    void finish(Errc reason);
    [[nodiscard]] bool ready() const noexcept override { return !hosts_.empty(); }
    [[nodiscard]] Errc end() const noexcept override { return ready() ? Errc::none : end_; }
    void wake() { notify(); }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    struct Host {
        std::string name;
        std::deque<ReceivedTx> waiting{};
        std::size_t bytes = 0;
    };
    using Hosts = std::deque<Host>;

    [[nodiscard]] static std::size_t cost(const ReceivedTx& tx) noexcept { return tx.tx.cbor.size() + bytes_beside; }
    ReceivedTx pop() override;
    void give_up() override;
    ReceivedTx take_oldest(Host& host);

    Hosts hosts_;  // that have some; the first one's turn is next
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
    Errc end_ = Errc::none;
};

/// The streams that get the transactions of one node.
using TxBoard = Board<TxStream, ReceivedTx>;

}  // namespace ouro::detail
