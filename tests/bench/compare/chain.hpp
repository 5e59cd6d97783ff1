#pragma once

#include <string>

#include "interop/listed_chain.hpp"

namespace compare {

/// A listed chain that begins again behind its end, as long as a measurement wants it.
class CyclicChain final : public ouro::ChainView {
  public:
    explicit CyclicChain(const std::string& file) : listed_(file) {}

    [[nodiscard]] Position size() const override { return Position{1} << 40; }
    [[nodiscard]] ouro::Tip tip() const override { return listed_.tip(); }
    [[nodiscard]] std::optional<Position> find(const ouro::Point& point) const override { return listed_.find(point); }
    [[nodiscard]] ouro::Point point(Position position) const override {
        return position == 0 ? ouro::Point{} : listed_.point(within(position));
    }
    [[nodiscard]] ouro::Result<ouro::Header> header(Position position) const override {
        return listed_.header(within(position));
    }
    [[nodiscard]] ouro::Result<ouro::Bytes> block(Position position) const override {
        return listed_.block(within(position));
    }

  private:
    [[nodiscard]] Position within(Position position) const { return (position - 1) % listed_.size() + 1; }

    interop::ListedChain listed_;
};

/// Writes a synthetic chain for every program to serve, and reports its first and last point.
void write_chain(const std::string& file, std::uint64_t blocks, std::size_t bytes);

}  // namespace compare
