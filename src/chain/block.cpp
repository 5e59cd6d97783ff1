#include <ouro/chain/block.hpp>

#include <algorithm>

#include <ouro/chain/header.hpp>

#include "block_frame.hpp"
#include "fields.hpp"
#include "stated.hpp"

namespace ouro::chain {

namespace {

/// Bytes of the smallest legal transaction in a block: its only input takes 37, outputs and fee 7, their keys and heads
/// 4. The table of an indefinite list gets room for as many as there may be.
constexpr std::size_t least_tx = 48;

}  // namespace

/// Reads one block, part by part.
class BlockReader {
    using Place = Transaction::Place;

  public:
    /// Without a `hash` the one of the header is computed.
    BlockReader(Bytes bytes, const Hash* hash) : in_(bytes), hash_(hash) { block_.bytes_ = std::move(bytes); }

    Result<Block> run() {
        if (block_.bytes_.size() > UINT32_MAX) return Errc::message_too_large;
        walk_block(in_, *this);
        if (in_.ok() && in_.offset() != block_.bytes_.size()) in_.fail(Errc::trailing_bytes, in_.offset());
        if (!in_.ok()) return {in_.error(), in_.offset()};
        return std::move(block_);
    }

    void header(Frame& in, BlockTag tag) {
        block_.tag_ = tag;
        block_.part_count_ = parts_of(tag);
        header_at_ = in.offset();
        const BytesView cbor = in.item();
        if (!in.ok()) return;
        Header header = header_of(tag, block_.bytes_.share(cbor), block_.bytes_.size());
        ShownFields shown;
        const Result<HeaderInfo> info = inspect(header, stated_, &shown, hash_);
        if (!info) return in.fail(info.error(), header_at_ + info.offset());
        block_.header_ = std::move(header.cbor);
        block_.info_ = *info;
        block_.issuer_ = block_.bytes_.share(shown.issuer);
        block_.version_ = shown.version;
        block_.has_leios_certificate_ = shown.has_leios_certificate;
        block_.announced_ = shown.announced;
        if (tag > BlockTag::byron) block_.body_size_ = stated_.size;
        if (tag != BlockTag::byron) block_.body_hash_ = stated_.body;
    }

    void part(Frame& in, std::size_t number) {
        const std::size_t start = in.offset();
        if (block_.tag_ <= BlockTag::byron) {
            in.item();
        } else if (block_.tag_ == BlockTag::dijkstra) {
            dijkstra(in);
        } else {
            switch (number) {
                case 0: bodies(in); break;
                case 1: witnesses(in); break;
                case 2: auxiliary(in); break;
                default: invalid(in, true); break;
            }
        }
        end_part(in, number, start);
    }

    void begin_byron(Frame& in) { body_at_ = in.offset(); }
    void transaction(Frame& in) {
        const Place body = place(in.item(cbor::Major::array));
        const Place witnesses = place(in.item(cbor::Major::array));
        append({body, witnesses, {}, true});
    }
    void byron_part(Frame& in, std::size_t) { in.item(); }
    void end_byron(Frame& in) {
        end_part(in, 0, body_at_);
        if (table().size() != stated_.transactions) in.fail(Errc::count_mismatch, body_at_);
    }

  private:
    std::vector<Transaction::Places>& table() noexcept { return block_.transactions_; }

    [[nodiscard]] BytesView read_since(std::size_t start) const noexcept {
        return block_.bytes_.view().subspan(start, in_.offset() - start);
    }
    void end_part(const Frame& in, std::size_t number, std::size_t start) noexcept {
        if (in.ok()) block_.parts_[number] = read_since(start);
    }
    [[nodiscard]] Place place(BytesView part) const noexcept {
        if (part.empty()) return {};
        return {static_cast<std::uint32_t>(part.data() - block_.bytes_.data()),
                static_cast<std::uint32_t>(part.size())};
    }
    /// Appends a transaction of a list. The first one makes room for all.
    void append(const Transaction::Places& places, const std::optional<std::uint64_t>& size = std::nullopt) {
        if (!in_.ok()) return;
        const std::size_t most = 1 + (block_.bytes_.size() - in_.offset()) / least_tx;
        if (table().empty()) table().reserve(size ? static_cast<std::size_t>(*size) : most);
        table().push_back(places);
    }

    void bodies(Frame& in) {
        const auto size = in.array(0, UINT64_MAX);
        while (in.more(size, table().size())) {
            const Place body = place(in.item(cbor::Major::map));
            append({body, {}, {}, true}, size);
        }
    }

    void witnesses(Frame& in) {
        const std::size_t start = in.offset();
        const auto size = in.array(0, UINT64_MAX);
        if (size && *size != table().size()) in.fail(Errc::count_mismatch, start);
        std::size_t count = 0;
        for (; in.more(size, count); ++count) {
            if (count == table().size()) return in.fail(Errc::count_mismatch, in.offset());
            table()[count].witnesses = place(in.item(cbor::Major::map));
        }
        if (count != table().size()) in.fail(Errc::count_mismatch, in.offset());
    }

    /// The entry with the index that is next; none after an error.
    Transaction::Places* indexed(Frame& in) {
        const std::size_t start = in.offset();
        const std::uint64_t index = in.uint();
        if (in.ok() && index >= table().size()) in.fail(Errc::unknown_index, start);
        return in.ok() ? &table()[static_cast<std::size_t>(index)] : nullptr;
    }

    void auxiliary(Frame& in) {
        const auto size = in.map();
        for (std::uint64_t i = 0; in.more(size, i); ++i) {
            const std::size_t start = in.offset();
            Transaction::Places* const entry = indexed(in);
            if (!entry) return;
            if (entry->auxiliary.size != 0) return in.fail(Errc::repeated_index, start);
            entry->auxiliary = place(in.item());
        }
    }

    void invalid(Frame& in, bool may_repeat) {
        const auto size = in.array(0, UINT64_MAX);
        for (std::uint64_t i = 0; in.more(size, i); ++i) {
            const std::size_t start = in.offset();
            Transaction::Places* const entry = indexed(in);
            if (!entry) return;
            if (!entry->valid && !may_repeat) return in.fail(Errc::repeated_index, start);
            entry->valid = false;
        }
    }

    /// Whether a Dijkstra body of unknown length begins with its invalid transactions. They are not an empty list, and
    /// a list of transactions does not begin with a number.
    static bool begins_with_invalid(Frame in) {
        if (in.null() || in.peek() == cbor::Major::tag) return true;
        const auto size = in.array(0, UINT64_MAX);
        return size != 0U && in.peek() == cbor::Major::uint;
    }

    void dijkstra(Frame& in) {
        const auto size = in.array(3, 4);
        const bool older = size ? *size == 4 : begins_with_invalid(in);
        const std::size_t invalid_at = in.offset();
        if (older && !in.null()) in.item();
        dijkstra_transactions(in, older);
        if (older) mark_invalid(invalid_at);
        if (!in.null()) block_.leios_certificate_ = in.item();
        if (!in.null()) block_.peras_certificate_ = in.item();
        in.leave(size);
    }

    void dijkstra_transactions(Frame& in, bool older) {
        const std::uint64_t parts = older ? 3 : 4;
        const auto size = in.array(0, UINT64_MAX);
        while (in.more(size, table().size())) {
            const auto items = in.array(parts, parts);
            Transaction::Places places;
            places.body = place(in.item(cbor::Major::map));
            places.witnesses = place(in.item(cbor::Major::map));
            if (!in.null()) places.auxiliary = place(in.item());
            if (!older) places.valid = in.boolean();
            in.leave(items);
            append(places, size);
        }
    }

    /// Reads the list before Dijkstra's transactions, after it is known how many there are.
    void mark_invalid(std::size_t start) {
        if (!in_.ok()) return;
        Frame in(block_.bytes_.view().subspan(start));
        if (in.null()) return;
        if (in.peek() == cbor::Major::tag) in.tag(cbor::set_tag);
        if (in.at_empty_array()) in.fail(Errc::malformed, in.offset());
        invalid(in, false);
        if (!in.ok()) in_.fail(in.error(), start + in.offset());
    }

    Block block_;
    Frame in_;
    const Hash* hash_;
    Stated stated_;
    std::size_t header_at_ = 0;
    std::size_t body_at_ = 0;
};

Result<Block> Block::read(Bytes block) { return BlockReader(std::move(block), nullptr).run(); }
Result<Block> Block::read(Bytes block, const Hash& hash) { return BlockReader(std::move(block), &hash).run(); }

}  // namespace ouro::chain
