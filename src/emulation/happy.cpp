#include <ouro/emulation/happy.hpp>

#include <algorithm>
#include <array>

namespace ouro::emulation {

namespace {

constexpr std::uint64_t slots_a_block = 20;
constexpr std::size_t point_bytes = 40;
constexpr std::size_t block_head = 7;

/// Returns `head`, the point, and padding up to `size`.
Bytes filled(const BlockPoint& point, BytesView head, std::size_t size) {
    std::vector<std::uint8_t> bytes(size, 0x5a);
    std::copy(head.begin(), head.end(), bytes.begin());
    store_be64(bytes.data() + head.size(), static_cast<std::uint64_t>(point.slot));
    std::copy(point.hash.begin(), point.hash.end(), bytes.begin() + static_cast<std::ptrdiff_t>(head.size()) + 8);
    return Bytes::copy(bytes);
}

Result<BlockPoint> read(BytesView bytes) {
    if (bytes.size() < point_bytes) return Errc::malformed;
    BlockPoint point{Slot{load_be64(bytes.data())}, {}};
    std::copy_n(bytes.begin() + 8, point.hash.size(), point.hash.begin());
    return point;
}

class MadeUpRules final : public ChainRules {
  public:
    [[nodiscard]] Result<HeaderInfo> inspect(const Header& header) const override { return info(header.cbor); }
    [[nodiscard]] Result<HeaderInfo> inspect(const Bytes& block, Checks) const override {
        return info(block.view().subspan(std::min(block_head, block.size())));
    }
    [[nodiscard]] Errc check_link(const HeaderInfo& last, const HeaderInfo& next) const noexcept override {
        const bool follows = static_cast<std::uint64_t>(next.number) == static_cast<std::uint64_t>(last.number) + 1;
        return follows ? Errc::none : Errc::broken_link;
    }
    [[nodiscard]] Errc check_first(const HeaderInfo& next) const noexcept override {
        return next.number == BlockNumber{1} ? Errc::none : Errc::broken_link;
    }
    [[nodiscard]] Result<TxId> tx_id(const Tx&) const override { return Errc::malformed; }
    [[nodiscard]] bool is_endorser_block(const Bytes&, const BlockPoint&) const override { return false; }

  private:
    static Result<HeaderInfo> info(BytesView bytes) {
        const auto point = read(bytes);
        if (!point) return point.error();
        return HeaderInfo{*point, BlockNumber{static_cast<std::uint64_t>(point->slot) / slots_a_block}, {}, false};
    }
};

}  // namespace

std::shared_ptr<const ChainRules> MadeUpChain::rules() {
    static const auto rules = std::make_shared<const MadeUpRules>();
    return rules;
}

BlockPoint MadeUpChain::at(Position number) {
    BlockPoint point{Slot{slots_a_block * number}, {}};
    point.hash.fill(0xa5);
    store_be64(point.hash.data() + point.hash.size() - 8, number);
    return point;
}

Result<BlockPoint> MadeUpChain::point_of(const Header& header) { return read(header.cbor); }

bool MadeUpChain::block_matches(const Bytes& block, const BlockPoint& point) {
    return block.size() >= block_head + point_bytes && read(block.view().subspan(block_head)) == Result(point);
}

std::optional<ChainView::Position> MadeUpChain::find(const Point& point) const {
    if (point.is_origin()) return 0;
    const Position number = static_cast<std::uint64_t>(point.slot()) / slots_a_block;
    if (number == 0 || number > blocks_ || point != Point(at(number))) return std::nullopt;
    return number;
}

Result<Header> MadeUpChain::header(Position position) const {
    return Header{Era::conway, {}, filled(at(position), {}, least_bytes)};
}

Result<Bytes> MadeUpChain::block(Position position) const {
    std::array<std::uint8_t, block_head> head{0x82, 0x07, 0x5a};
    store_be32(head.data() + 3, static_cast<std::uint32_t>(block_bytes_ - block_head));
    return filled(at(position), head, block_bytes_);
}

HappyRelays::HappyRelays(SimulatedNetwork& network, std::span<const PeerId> addresses, ChainView::Position blocks)
    : network_(network), chain_(std::make_shared<MadeUpChain>(blocks)) {
    responder::Config config;
    config.chain = chain_;
    for (const PeerId& address : addresses) relays_.push_back(&network.add<ResponderBehavior>(address, config));
}

void HappyRelays::extend(ChainView::Position blocks) {
    const ChainView::Position common = chain_->size();
    chain_->extend(blocks);
    for (auto* const relay : relays_) (void)relay->execute(responder::ChainChanged{common});
}

void HappyRelays::extend_every(Duration span) { extend_after(span, ++growths_); }

void HappyRelays::extend_after(Duration span, std::uint64_t number) {
    network_.world().at(network_.now() + span, [this, span, number] {
        if (number != growths_) return;
        extend();
        extend_after(span, number);
    });
}

}  // namespace ouro::emulation
