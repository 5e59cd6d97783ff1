#include <ouro/chain/assets.hpp>

#include "frame.hpp"

namespace ouro::chain {

namespace {

constexpr std::size_t policy_bytes = 28;
constexpr std::size_t longest_name = 32;

/// The argument of a head that stands alone.
std::uint64_t argument_of(BytesView head) noexcept {
    switch (head.size()) {
        case 1: return head[0] & 0x1fU;
        case 2: return head[1];
        case 3: return load_be16(head.data() + 1);
        case 5: return load_be32(head.data() + 1);
        default: return load_be64(head.data() + 1);
    }
}

BytesView read_policy(Frame& in) noexcept {
    const std::size_t start = in.offset();
    const BytesView policy = in.bytes();
    if (in.ok() && policy.size() != policy_bytes) in.fail(Errc::malformed, start);
    return policy;
}

/// The name of an asset of `policy` and its quantity.
void read_asset(Frame& in, bool minted, Asset& to) {
    const std::size_t start = in.offset();
    to.name = in.bytes();
    if (to.name.size() > longest_name) in.fail(Errc::malformed, start);
    to.burnt = minted && in.peek() == cbor::Major::nint;
    if (!to.burnt) {
        to.quantity = in.uint();
        return;
    }
    const std::size_t quantity = in.offset();
    const BytesView head = in.item();
    if (!in.ok()) return;
    // -1 has the argument 0.
    to.quantity = argument_of(head) + 1;
    if (to.quantity == 0) in.fail(Errc::malformed, quantity);
}

}  // namespace

Result<Assets> Assets::read(BytesView map, bool minted) {
    Assets assets;
    assets.map_ = map;
    Frame in(map);
    const auto policies = in.map();
    Asset asset;
    for (std::uint64_t i = 0; in.more(policies, i); ++i) {
        read_policy(in);
        const auto names = in.map();
        for (std::uint64_t j = 0; in.more(names, j); ++j) {
            read_asset(in, minted, asset);
            ++assets.size_;
        }
    }
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    return assets;
}

Assets::Iterator::Iterator(BytesView map, std::size_t left) : left_(left) {
    Frame in(map);
    in.map();
    rest_ = map.subspan(in.ok() ? in.offset() : 0);
    step();
}

Assets::Iterator& Assets::Iterator::operator++() {
    --left_;
    step();
    return *this;
}

void Assets::Iterator::step() {
    if (left_ == 0) return;
    Frame in(rest_);
    while (in.ok() && !in.more(of_policy_, 0)) {
        asset_.policy = read_policy(in);
        of_policy_ = in.map();
    }
    read_asset(in, true, asset_);
    if (of_policy_) --*of_policy_;
    rest_ = rest_.subspan(in.offset());
}

}  // namespace ouro::chain
