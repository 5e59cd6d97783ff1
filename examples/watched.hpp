#pragma once

// What addresses receive and spend on a chain that is followed, with rollbacks. It knows no network and no clock.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ouro/chain/address.hpp>
#include <ouro/chain/block.hpp>

namespace cli {

/// An output that a watched address has.
struct Holding {
    std::size_t address = 0;  ///< which one of those that are watched
    std::uint64_t coin = 0;   ///< lovelace
    ouro::Bytes bytes;        ///< the whole output

    friend bool operator==(const Holding&, const Holding&) = default;
};

/// A change of what the watched addresses have.
struct Movement {
    enum class Kind : std::uint8_t { received, spent };

    Kind kind = Kind::received;
    ouro::chain::Input output;  ///< which one
    Holding holding;
    ouro::Hash transaction{};  ///< that makes or spends it
    ouro::BlockPoint block;

    friend bool operator==(const Movement&, const Movement&) = default;
};

/// The outputs of some addresses, kept up to date with the blocks of a chain.
///
/// Outputs that were made before the first block are not known, unless `hold` names them, so spending them is not seen.
class Watched {
  public:
    /// `rollback` is the number of blocks that the chain may go back at most: k of the network.
    /// Errors  std::invalid_argument  no address, or a reward address, which no output has
    Watched(std::vector<ouro::chain::Address> addresses, std::uint64_t rollback)
        : addresses_(std::move(addresses)), rollback_(rollback) {
        if (addresses_.empty()) throw std::invalid_argument("no address to watch");
        for (const ouro::chain::Address& each : addresses_)
            if (each.kind() == ouro::chain::Address::Kind::reward)
                throw std::invalid_argument(each.to_string() + " is a reward address, which no output has");
    }

    /// An output that one of the addresses has before the first block; ignored if none has it.
    void hold(const ouro::chain::Input& output, const ouro::chain::Output& content) {
        if (auto holding = held_by_watched(content)) unspent_.emplace(output, std::move(*holding));
    }

    /// The next block of the chain. Returns its movements in order.
    /// Errors  as `TxBody::read` and its functions; then nothing has changed, and the block cannot be watched
    [[nodiscard]] ouro::Result<std::vector<Movement>> forward(const ouro::chain::Block& block) {
        std::vector<Movement> movements;
        for (const ouro::chain::Transaction tx : block) {
            const auto consumed = tx.consumed();
            const auto produced = tx.produced();
            if (consumed && produced) {
                apply(block, tx, *consumed, *produced, movements);
                continue;
            }
            undo(movements);
            return consumed ? ouro::Result<std::vector<Movement>>(produced.error(), produced.offset())
                            : ouro::Result<std::vector<Movement>>(consumed.error(), consumed.offset());
        }
        if (!movements.empty()) steps_.push_back({block.info().point, block.number(), movements});
        forget_before(block.number());
        return movements;
    }

    /// The chain goes back to `point`. Returns the movements that are undone, the last one first.
    /// Errors  Errc::bad_argument  further back than `rollback` allows; then nothing has changed
    [[nodiscard]] ouro::Result<std::vector<Movement>> backward(const ouro::Point& point) {
        if (forgotten_ && leaves(*forgotten_, point)) return ouro::Errc::bad_argument;
        std::vector<Movement> undone;
        while (!steps_.empty() && leaves(steps_.back().block, point)) {
            undo(steps_.back().movements);
            auto& movements = steps_.back().movements;
            for (auto each = movements.rbegin(); each != movements.rend(); ++each) undone.push_back(std::move(*each));
            steps_.pop_back();
        }
        return undone;
    }

    [[nodiscard]] const std::vector<ouro::chain::Address>& addresses() const noexcept { return addresses_; }
    /// What the addresses have, as far as it is known.
    [[nodiscard]] const std::map<ouro::chain::Input, Holding>& unspent() const noexcept { return unspent_; }
    /// Lovelace that an address has, as far as it is known.
    [[nodiscard]] std::uint64_t balance(std::size_t address) const {
        std::uint64_t sum = 0;
        for (const auto& [output, holding] : unspent_) sum += holding.address == address ? holding.coin : 0;
        return sum;
    }

  private:
    /// A block with movements.
    struct Step {
        ouro::BlockPoint block;
        ouro::BlockNumber number{};
        std::vector<Movement> movements;
    };

    // A boundary block of Byron may share its slot with the block after it.
    static bool leaves(const ouro::BlockPoint& block, const ouro::Point& point) {
        if (point.is_origin() || block.slot > point.slot()) return true;
        return block.slot == point.slot() && block.hash != point.hash();
    }

    [[nodiscard]] std::optional<Holding> held_by_watched(const ouro::chain::Output& output) const {
        for (std::size_t i = 0; i < addresses_.size(); ++i)
            if (ouro::equal(addresses_[i].bytes().view(), output.address))
                return Holding{i, output.coin, ouro::Bytes::copy(output.bytes)};
        return std::nullopt;
    }

    void apply(const ouro::chain::Block& block, const ouro::chain::Transaction& tx,
               const ouro::chain::Sequence<ouro::chain::Input>& consumed, const ouro::chain::Produced& produced,
               std::vector<Movement>& movements) {
        std::optional<ouro::Hash> id;
        const auto move = [&](Movement::Kind kind, const ouro::chain::Input& output, Holding holding) {
            movements.push_back({kind, output, std::move(holding), *id, block.info().point});
        };
        for (const ouro::chain::Input& input : consumed) {
            const auto held = unspent_.find(input);
            if (held == unspent_.end()) continue;
            if (!id) id = tx.id().hash;
            move(Movement::Kind::spent, input, std::move(held->second));
            unspent_.erase(held);
        }
        std::uint32_t index = produced.first_index;
        for (const ouro::chain::Output& output : produced.outputs) {
            const std::uint32_t at = index++;
            auto holding = held_by_watched(output);
            if (!holding) continue;
            if (!id) id = tx.id().hash;
            unspent_.emplace(ouro::chain::Input{*id, at}, *holding);
            move(Movement::Kind::received, {*id, at}, std::move(*holding));
        }
    }

    void undo(const std::vector<Movement>& movements) {
        for (auto each = movements.rbegin(); each != movements.rend(); ++each) {
            if (each->kind == Movement::Kind::received)
                unspent_.erase(each->output);
            else
                unspent_.emplace(each->output, each->holding);
        }
    }

    void forget_before(ouro::BlockNumber tip) {
        const auto age = [&](const Step& step) {
            return static_cast<std::uint64_t>(tip) - static_cast<std::uint64_t>(step.number);
        };
        for (; !steps_.empty() && age(steps_.front()) > rollback_; steps_.pop_front())
            forgotten_ = steps_.front().block;
    }

    std::vector<ouro::chain::Address> addresses_;
    std::uint64_t rollback_;
    std::map<ouro::chain::Input, Holding> unspent_;
    std::deque<Step> steps_;                     ///< that may be undone, the oldest first
    std::optional<ouro::BlockPoint> forgotten_;  ///< the newest block whose movements can no longer be undone
};

}  // namespace cli
