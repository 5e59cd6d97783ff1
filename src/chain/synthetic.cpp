#include <ouro/chain/synthetic.hpp>

#include <ouro/base/byte_queue.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/chain/header.hpp>

#include <cassert>
#include <utility>

#include "blake2b.hpp"

namespace ouro::chain {
namespace {

constexpr std::uint64_t slots_per_block = 20;
constexpr std::size_t block_head_bytes = 3;   // `[conway, [` in front of the header
constexpr std::size_t body_frame_bytes = 23;  // the body without its filling byte string
constexpr std::uint8_t null_byte = 0xf6;

/// Random bytes, fast and repeatable (splitmix64).
class Noise {
  public:
    explicit Noise(std::uint64_t state) noexcept : state_(state) {}

    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    /// Valid until the next call.
    BytesView bytes(std::size_t count) {
        buffer_.resize(count / 8 + 1);
        for (std::uint64_t& word : buffer_) word = next();
        return {reinterpret_cast<const std::uint8_t*>(buffer_.data()), count};
    }

  private:
    std::uint64_t state_;
    std::vector<std::uint64_t> buffer_;
};

constexpr std::size_t head_bytes(std::size_t length) noexcept {
    return length < 24 ? 1 : length < 256 ? 2 : length < 65536 ? 3 : 5;
}

/// The length of a byte string whose encoding takes `room` bytes, or one or two less.
constexpr std::size_t filling(std::size_t room) noexcept {
    return room > head_bytes(room) ? room - head_bytes(room) : 0;
}

constexpr std::size_t without(std::size_t whole, std::size_t part) noexcept { return whole > part ? whole - part : 0; }

/// The parts of a body that all blocks share: witnesses, metadata, and no invalid transaction.
Bytes make_common_parts(BytesView filling) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    out.array(1).map(0);
    out.map(1).uint(0).map(1).uint(0).bytes(filling);
    out.array(0);
    return bytes.take();
}
constexpr std::size_t witnesses_bytes = 2, invalid_bytes = 1;

/// The first part: one transaction without inputs and outputs, identified by its fee. The fee always has the longest
/// form.
constexpr std::size_t transactions_bytes = 16;
std::array<std::uint8_t, transactions_bytes> make_transactions(std::uint64_t noise) {
    std::array<std::uint8_t, transactions_bytes> part{0x81, 0xa3, 0x00, 0x80, 0x01, 0x80, 0x02, 0x1b};
    store_be64(part.data() + 8, noise | std::uint64_t{1} << 63);
    return part;
}

}  // namespace

SyntheticChain::SyntheticChain(const Options& options) : options_(options) {
    Noise noise(~options.seed);
    common_ = make_common_parts(
        noise.bytes(filling(without(options.block_bytes, block_head_bytes + options.header_bytes + body_frame_bytes))));
    const BytesView common = common_;
    const std::size_t metadata_bytes = common.size() - witnesses_bytes - invalid_bytes;
    common_hashes_ = {blake2b_256(common.first(witnesses_bytes)),
                      blake2b_256(common.subspan(witnesses_bytes, metadata_bytes)),
                      blake2b_256(common.last(invalid_bytes))};
    extend(options.blocks);
}

void SyntheticChain::extend(Position blocks) {
    for (; blocks > 0; --blocks) {
        made_.push_back({{}, fork_});
        const Bytes header = make_header(size());
        made_.back().hash = hash_of(header_of(BlockTag::conway, header, 0));
        if (kept_.size() + 1 < size()) continue;
        Bytes block = make_block(size(), header);
        if (kept_bytes_ + block.size() > options_.keep_bytes) continue;
        kept_bytes_ += block.size();
        kept_.push_back({std::move(block), header.size()});
    }
}

void SyntheticChain::roll_back(Position position) {
    assert(position <= size());
    made_.resize(position);
    for (; kept_.size() > position; kept_.pop_back()) kept_bytes_ -= kept_.back().block.size();
    ++fork_;
}

Tip SyntheticChain::tip() const { return size() == 0 ? Tip{} : Tip{point(size()), BlockNumber{size() - 1}}; }

std::optional<ChainView::Position> SyntheticChain::find(const Point& point) const {
    if (point.is_origin()) return 0;
    const Position position = static_cast<std::uint64_t>(point.slot()) / slots_per_block;
    if (position < 1 || position > size() || this->point(position) != point) return std::nullopt;
    return position;
}

Point SyntheticChain::point(Position position) const {
    return position == 0 ? Point{} : Point{slot_of(position), made_[position - 1].hash};
}

Result<Header> SyntheticChain::header(Position position) const {
    if (position > kept_.size()) return header_of(BlockTag::conway, make_header(position), options_.block_bytes);
    const Kept& kept = kept_[position - 1];
    return header_of(BlockTag::conway, kept.block.slice(block_head_bytes, kept.header_bytes), kept.block.size());
}

Result<Bytes> SyntheticChain::block(Position position) const {
    if (position > kept_.size()) return make_block(position, make_header(position));
    return kept_[position - 1].block;
}

std::uint64_t SyntheticChain::noise_of(Position position) const {
    std::uint64_t mixed = options_.seed;
    for (const std::uint64_t part : {std::uint64_t{0}, position, std::uint64_t{made_[position - 1].fork}})
        mixed = Noise(mixed ^ part).next();
    return mixed;
}

Slot SyntheticChain::slot_of(Position position) const {
    return Slot{position * slots_per_block + noise_of(position) % slots_per_block};
}

Bytes SyntheticChain::make_header(Position position) const {
    Noise noise(noise_of(position));
    const Hash transactions = blake2b_256(BytesView(make_transactions(noise.next())));
    ByteQueue bytes;
    cbor::Writer out(bytes);
    out.array(2).array(10).uint(position - 1).uint(static_cast<std::uint64_t>(slot_of(position)));
    if (position == 1) {
        out.raw(BytesView(&null_byte, 1));
    } else {
        out.bytes(BytesView(made_[position - 2].hash));
    }
    out.bytes(noise.bytes(32)).bytes(noise.bytes(32));           // the issuer's keys
    out.array(2).bytes(noise.bytes(64)).bytes(noise.bytes(80));  // the leader's proof
    out.uint(transactions_bytes + common_.size());               // the body's size
    out.bytes(blake2b_256({transactions, common_hashes_[0], common_hashes_[1], common_hashes_[2]}));
    out.array(4).bytes(noise.bytes(32)).uint(0).uint(0).bytes(noise.bytes(64));  // the operational certificate
    out.array(2).uint(9).uint(0);                                                // the protocol's version
    out.bytes(noise.bytes(filling(without(options_.header_bytes, bytes.size()))));
    return bytes.take();
}

Bytes SyntheticChain::make_block(Position position, const Bytes& header) const {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    out.array(2).uint(static_cast<std::uint64_t>(BlockTag::conway)).array(5).raw(header);
    out.raw(make_transactions(Noise(noise_of(position)).next())).raw(common_);
    return bytes.take();
}

}  // namespace ouro::chain
