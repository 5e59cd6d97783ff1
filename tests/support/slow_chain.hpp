#pragma once

#include <set>
#include <utility>

#include "support/chain.hpp"

namespace support {

/// A chain whose blocks, and with `slow_headers` whose headers, must be read first. At most `at_once` are being read at a
/// time, and the others wait.
class SlowChain final : public ouro::ChainView {
  public:
    SlowChain(std::size_t blocks, std::size_t at_once) : chain_(blocks), at_once_(at_once) {}

    [[nodiscard]] Position size() const override { return chain_.size(); }
    [[nodiscard]] ouro::Tip tip() const override { return chain_.tip(); }
    [[nodiscard]] std::optional<Position> find(const ouro::Point& point) const override { return chain_.find(point); }
    [[nodiscard]] ouro::Point point(Position position) const override { return chain_.point(position); }
    [[nodiscard]] ouro::Result<ouro::Header> header(Position position) const override {
        if (slow_headers) {
            const auto error = look_for(position);
            if (error != ouro::Errc::none) return error;
        }
        return chain_.header(position);
    }
    [[nodiscard]] ouro::Result<ouro::Bytes> block(Position position) const override {
        const auto error = look_for(position);
        if (error != ouro::Errc::none) return error;
        return chain_.block(position);
    }
    [[nodiscard]] ouro::BlockPoint at(Position position) const { return chain_.at(position); }
    void extend(std::size_t blocks) { chain_.extend(blocks); }
    void roll_back(Position to) { chain_.roll_back(to); }
    /// Ends the reads and returns their number.
    std::size_t read() {
        there_ = std::exchange(wanted_, {});
        return there_.size();
    }

    bool broken = false;
    bool slow_headers = false;

  private:
    [[nodiscard]] ouro::Errc look_for(Position position) const {
        if (there_.contains(position)) return broken ? ouro::Errc::file_damaged : ouro::Errc::none;
        if (wanted_.size() < at_once_) wanted_.insert(position);
        return ouro::Errc::pending;
    }

    TestChain chain_;
    std::size_t at_once_;
    mutable std::set<Position> wanted_;
    std::set<Position> there_;
};

}  // namespace support
