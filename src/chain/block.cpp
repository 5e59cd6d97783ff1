#include <ouro/chain/header.hpp>

#include <array>

#include "blake2b.hpp"
#include "frame.hpp"
#include "stated.hpp"

namespace ouro::chain {

namespace {

/// The root of Byron's tree over transactions: its left part is the largest complete tree that leaves at least one for
/// the right part. So two complete trees of equal size are joined at once, and the rest from the right.
class MerkleTree {
  public:
    void add(BytesView transaction) noexcept {
        Hash root = blake2b_256({leaf, transaction});
        for (std::uint64_t trees = count_++; trees % 2 == 1; trees /= 2) root = join(roots_[--height_], root);
        roots_[height_++] = root;
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] Hash root() const noexcept {
        if (height_ == 0) return blake2b_256(BytesView());
        std::size_t left = height_ - 1;
        Hash root = roots_[left];
        while (left-- > 0) root = join(roots_[left], root);
        return root;
    }

  private:
    static constexpr std::array<std::uint8_t, 1> leaf{0}, branch{1};

    static Hash join(const Hash& left, const Hash& right) noexcept { return blake2b_256({branch, left, right}); }

    std::array<Hash, 64> roots_;  // of complete trees, each smaller than the one before
    std::size_t height_ = 0;
    std::uint64_t count_ = 0;
};

/// The outcome of a check, and its place in the block.
struct Verdict {
    Errc error = Errc::none;
    std::size_t offset = 0;
};

BlockTag read_tag(Frame& in) {
    in.definite(2);
    const std::size_t start = in.offset();
    const std::uint64_t tag = in.uint();
    if (tag > static_cast<std::uint64_t>(BlockTag::dijkstra)) in.fail(Errc::unknown_era, start);
    return static_cast<BlockTag>(tag);
}

/// Checks one block, part by part.
class Block {
  public:
    explicit Block(const Bytes& block) noexcept : block_(block), in_(block) {}

    Result<HeaderInfo> check() {
        tag_ = read_tag(in_);
        const Verdict body = tag_ > BlockTag::byron ? later() : tag_ == BlockTag::byron ? byron() : boundary();
        if (const Errc error = in_.finish(); error != Errc::none) return {error, in_.offset()};
        if (header_error_ != Errc::none) return {header_error_, header_offset_};
        if (body.error != Errc::none) return {body.error, body.offset};
        return info_;
    }

  private:
    void header() {
        const std::size_t start = in_.offset();
        const BytesView cbor = in_.item();
        if (!in_.ok()) return;
        const Result<HeaderInfo> info = inspect(header_of(tag_, block_.share(cbor), block_.size()), stated_);
        if (info) {
            info_ = *info;
        } else {
            header_error_ = info.error();
            header_offset_ = start + info.offset();
        }
    }

    Verdict boundary() {
        in_.definite(3);
        header();
        const std::size_t start = in_.offset();
        const BytesView body = in_.item();
        in_.item();  // extra
        if (!sound()) return {};
        return verdict(blake2b_256(body) == stated_.body, start);
    }

    Verdict byron() {
        in_.definite(3);
        header();
        const std::size_t start = in_.offset();
        in_.definite(4);
        const bool transactions = check_transactions();
        in_.item();  // ssc
        const BytesView delegation = in_.item();
        const BytesView update = in_.item();
        const BytesView extra = in_.item();
        if (!sound()) return {};
        return verdict(transactions && blake2b_256(delegation) == stated_.delegation &&
                           blake2b_256(update) == stated_.update && blake2b_256(extra) == stated_.extra,
                       start);
    }

    /// The witnesses are hashed as an indefinite list, which does not occur in the block itself.
    bool check_transactions() {
        static constexpr std::array<std::uint8_t, 1> begin{0x9f}, end{0xff};
        MerkleTree tree;
        Blake2b256 witnesses;
        witnesses.add(begin);
        const auto size = in_.array(0, UINT64_MAX);
        while (size ? in_.ok() && tree.count() < *size : !in_.at_break()) {
            in_.definite(2);
            const BytesView transaction = in_.item();
            const BytesView witness = in_.item();
            if (!in_.ok()) return false;
            tree.add(transaction);
            witnesses.add(witness);
        }
        witnesses.add(end);
        return tree.count() == stated_.transactions && tree.root() == stated_.merkle_root &&
               witnesses.finish() == stated_.witnesses;
    }

    /// From Shelley on: the parts after the header are the body. Dijkstra has one.
    Verdict later() {
        const std::size_t count = tag_ <= BlockTag::mary ? 3 : tag_ <= BlockTag::conway ? 4 : 1;
        const auto size = in_.array(1 + count, 1 + count);
        header();
        const std::size_t start = in_.offset();
        std::array<BytesView, 4> parts;
        std::size_t body_size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            parts[i] = in_.item();
            body_size += parts[i].size();
        }
        in_.leave(size);
        if (!sound()) return {};
        if (body_size != stated_.size) return {Errc::body_size, start};
        if (count == 1) return verdict(blake2b_256(parts[0]) == stated_.body, start);
        Blake2b256 body;
        for (std::size_t i = 0; i < count; ++i) body.add(blake2b_256(parts[i]));
        return verdict(body.finish() == stated_.body, start);
    }

    /// Whether the parts are well-formed so far, so that hashing makes sense.
    [[nodiscard]] bool sound() const noexcept { return in_.finish() == Errc::none && header_error_ == Errc::none; }

    static Verdict verdict(bool matches, std::size_t offset) noexcept {
        return matches ? Verdict{} : Verdict{Errc::body_mismatch, offset};
    }

    const Bytes& block_;
    Frame in_;
    BlockTag tag_{};
    HeaderInfo info_;
    Stated stated_;
    Errc header_error_ = Errc::none;
    std::size_t header_offset_ = 0;
};

/// The header and its offset.
Result<Header> read_header(const Bytes& block, std::size_t& start) {
    Frame in(block);
    const BlockTag tag = read_tag(in);
    in.array(1, UINT64_MAX);
    start = in.offset();
    const BytesView cbor = in.item();
    if (!in.ok()) return {in.error(), in.offset()};
    return header_of(tag, block.share(cbor), block.size());
}

}  // namespace

Result<Header> header_of(const Bytes& block) {
    std::size_t start = 0;
    return read_header(block, start);
}

Result<HeaderInfo> inspect(const Bytes& block, Checks checks) {
    if (checks == Checks::blocks) return Block(block).check();
    std::size_t start = 0;
    const Result<Header> header = read_header(block, start);
    if (!header) return {header.error(), header.offset()};
    Result<HeaderInfo> info = inspect(*header);
    if (!info) return {info.error(), start + info.offset()};
    return info;
}

Result<BlockPoint> point_of(const Bytes& block) {
    const Result<HeaderInfo> info = inspect(block, Checks::headers);
    if (!info) return {info.error(), info.offset()};
    return info->point;
}

bool block_matches(const Bytes& block, const BlockPoint& point) {
    const Result<HeaderInfo> info = inspect(block, Checks::blocks);
    return info && info->point == point;
}

}  // namespace ouro::chain
