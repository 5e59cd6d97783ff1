#include <ouro/chain/header.hpp>

#include <array>

#include "blake2b.hpp"
#include "block_frame.hpp"
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

/// Compares one block with what its header states.
class Check {
  public:
    explicit Check(const Bytes& block) noexcept : block_(block), in_(block) {}

    Result<HeaderInfo> run() {
        walk_block(in_, *this);
        if (const Errc error = in_.finish(); error != Errc::none) return {error, in_.offset()};
        if (header_error_ != Errc::none) return {header_error_, header_offset_};
        if (tag_ > BlockTag::byron && body_size_ != stated_.size) return {Errc::body_size, body_offset_};
        if (!matches()) return {Errc::body_mismatch, body_offset_};
        return info_;
    }

    void header(Frame& in, BlockTag tag) {
        tag_ = tag;
        const std::size_t start = in.offset();
        const BytesView cbor = in.item();
        body_offset_ = in.offset();
        if (!in.ok()) return;
        const Result<HeaderInfo> info = inspect(header_of(tag_, block_.share(cbor), block_.size()), stated_);
        if (info) {
            info_ = *info;
        } else {
            header_error_ = info.error();
            header_offset_ = start + info.offset();
        }
    }
    void part(Frame& in, std::size_t number) {
        parts_[number] = in.item();
        body_size_ += parts_[number].size();
    }

    // The witnesses are hashed as an indefinite list, which does not occur in the block itself.
    void begin_byron(Frame&) { witnesses_.add(begin); }
    void transaction(Frame& in) {
        const BytesView transaction = in.item();
        const BytesView witness = in.item();
        if (!in.ok()) return;
        tree_.add(transaction);
        witnesses_.add(witness);
    }
    void byron_part(Frame& in, std::size_t number) { byron_parts_[number] = in.item(); }
    void end_byron(Frame&) { witnesses_.add(end); }

  private:
    static constexpr std::array<std::uint8_t, 1> begin{0x9f}, end{0xff};

    [[nodiscard]] bool matches() {
        if (tag_ == BlockTag::byron) return byron_matches();
        const std::size_t count = parts_of(tag_);
        // Nothing covers the extra part of a boundary block.
        if (tag_ == BlockTag::byron_boundary || count == 1) return blake2b_256(parts_[0]) == stated_.body;
        Blake2b256 body;
        for (std::size_t i = 0; i < count; ++i) body.add(blake2b_256(parts_[i]));
        return body.finish() == stated_.body;
    }
    [[nodiscard]] bool byron_matches() {
        return tree_.count() == stated_.transactions && tree_.root() == stated_.merkle_root &&
               witnesses_.finish() == stated_.witnesses && blake2b_256(byron_parts_[1]) == stated_.delegation &&
               blake2b_256(byron_parts_[2]) == stated_.update && blake2b_256(parts_[1]) == stated_.extra;
    }

    const Bytes& block_;
    Frame in_;
    BlockTag tag_{};
    HeaderInfo info_;
    Stated stated_;
    Errc header_error_ = Errc::none;
    std::size_t header_offset_ = 0;
    std::size_t body_offset_ = 0;
    std::array<BytesView, 4> parts_;
    std::size_t body_size_ = 0;
    std::array<BytesView, 3> byron_parts_;
    MerkleTree tree_;
    Blake2b256 witnesses_;
};

/// The header and its offset.
Result<Header> read_header(const Bytes& block, std::size_t& start) {
    Frame in(block);
    const BlockTag tag = read_block_tag(in);
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
    if (checks == Checks::blocks) return Check(block).run();
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
