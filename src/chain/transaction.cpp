#include <ouro/chain/transaction.hpp>

#include "blake2b.hpp"

namespace ouro::chain {

namespace {

constexpr std::array<std::uint8_t, 1> null_item{0xf6}, is_valid{0xf5}, is_invalid{0xf4};
constexpr std::array<std::array<std::uint8_t, 1>, 5> array_heads{{{0x80}, {0x81}, {0x82}, {0x83}, {0x84}}};

}  // namespace

std::size_t SubmittedTx::size() const noexcept {
    std::size_t size = 0;
    for (const BytesView piece : pieces()) size += piece.size();
    return size;
}

Bytes SubmittedTx::copy() const {
    BytesBuilder out;
    out.reserve(size());
    for (const BytesView piece : pieces()) out.append(piece);
    return out.freeze();
}

TxId Transaction::id() const {
    const BytesView body = block_.view().subspan(places_.body.at, places_.body.size);
    return {era_, ByronTxKind::transaction, blake2b_256(body)};
}

SubmittedTx Transaction::as_submitted() const {
    const auto view = [this](Place place) { return block_.view().subspan(place.at, place.size); };
    const bool has_flag = era_ >= Era::alonzo && era_ <= Era::conway;
    SubmittedTx tx;
    tx.block_ = block_;
    tx.add(array_heads[era_ == Era::byron ? 2 : has_flag ? 4 : 3]);
    tx.add(view(places_.body));
    tx.add(view(places_.witnesses));
    if (has_flag) tx.add(places_.valid ? is_valid : is_invalid);
    if (era_ != Era::byron) tx.add(places_.auxiliary.size != 0 ? view(places_.auxiliary) : BytesView(null_item));
    return tx;
}

Result<Sequence<Input>> Transaction::consumed() const {
    const Result<TxBody> body = fields();
    if (!body) return {body.error(), body.offset()};
    return body->consumed(valid());
}

Result<Produced> Transaction::produced() const {
    const Result<TxBody> body = fields();
    if (!body) return {body.error(), body.offset()};
    return body->produced(valid());
}

Result<Sequence<Metadata>> Transaction::metadata() const {
    const Place place = places_.auxiliary;
    return read_metadata(era_, block_.view().subspan(place.at, place.size));
}

}  // namespace ouro::chain
