// Bytes taken for a block, or for the body of one with a good header: its view lies inside, agrees with the checks of
// the rules, and whatever its transactions say can be read. Also bytes and texts taken for addresses.

#include <string_view>
#include <vector>

#include <ouro/base/byte_queue.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/chain/address.hpp>
#include <ouro/chain/block.hpp>
#include <ouro/chain/header.hpp>
#include <ouro/chain/tx.hpp>

#include "chain/blake2b.hpp"
#include "fuzz.hpp"

using namespace ouro;
using namespace ouro::chain;
using fuzz::promise;

namespace {

/// The bytes in which all that a view shows must lie.
class Inside {
  public:
    explicit Inside(BytesView whole) : whole_(whole) {}

    void operator()(BytesView part) const {
        promise(part.empty() ||
                (part.data() >= whole_.data() && part.data() + part.size() <= whole_.data() + whole_.size()));
    }
    template <class T>
    bool error(const Result<T>& result) const {
        promise(result || result.offset() <= whole_.size());
        return !result;
    }

  private:
    BytesView whole_;
};

template <class T, class Check>
void check_items(const Inside& inside, const Result<Sequence<T>>& items, Check check) {
    if (inside.error(items)) return;
    inside(items->bytes());
    std::size_t count = 0;
    for (const T& item : *items) {
        check(item);
        ++count;
    }
    promise(count == items->size());
}

void check_assets(const Inside& inside, const Assets& assets) {
    std::size_t count = 0;
    for (const Asset& asset : assets) {
        inside(asset.policy);
        inside(asset.name);
        promise(asset.policy.size() == 28 && asset.name.size() <= 32);
        ++count;
    }
    promise(count == assets.size());
}

void check_address(const Bytes& bytes) {
    const auto address = Address::read(bytes);
    if (!address) return;
    const auto again = Address::parse(address->to_string());
    promise(again && *again == *address);
}

void check_body(const TxBody& body) {
    const Inside inside(body.bytes());
    const auto shown = [&](BytesView item) { inside(item); };
    const auto output = [&](const Output& each) {
        for (const BytesView part : {each.address, each.datum_hash, each.datum, each.script, each.bytes}) inside(part);
        promise(each.datum_hash.empty() || each.datum_hash.size() == 32);
        check_assets(inside, each.assets);
        check_address(body.bytes().share(each.address));
    };
    for (const auto& inputs : {body.inputs(), body.reference_inputs(), body.collateral(), body.consumed(false)})
        check_items(inside, inputs, [](const Input&) {});
    check_items(inside, body.outputs(), output);
    check_items(inside, body.collateral_return(), output);
    check_items(inside, body.certificates(), shown);
    check_items(inside, body.proposals(), shown);
    check_items(inside, body.sub_transactions(), shown);
    check_items(inside, body.withdrawals(), [&](const Withdrawal& each) { inside(each.account); });
    const auto mint = body.mint();
    if (!inside.error(mint)) check_assets(inside, *mint);
    inside(body.votes());
}

void check_block(const Bytes& bytes) {
    const auto block = Block::read(bytes);
    const Inside inside(bytes);
    if (inside.error(block)) return;
    promise(Result(block->info()) == inspect(bytes, Checks::headers));
    for (const Bytes& part : {block->header(), block->issuer(), block->leios_certificate(), block->peras_certificate()})
        inside(part);
    std::size_t end = block->header().size();
    for (std::size_t i = 0; i < block->parts(); ++i) {
        inside(block->part(i));
        end += block->part(i).size();
    }
    promise(end < bytes.size());
    std::size_t seen = 0;
    for (const Transaction tx : *block) {
        promise(tx.index() == seen++);
        inside(tx.body());
        inside(tx.witnesses());
        inside(tx.auxiliary());
        const auto id = tx_id(tx.copy());
        promise(id && *id == tx.id());
        const auto body = tx.fields();
        promise(body || body.offset() <= tx.body().size());
        if (body) check_body(*body);
        check_items(Inside(tx.auxiliary()), tx.metadata(), [&](const Metadata& each) { inside(each.value); });
    }
    promise(seen == block->size());
}

/// A block with a good header and the input for its body.
Bytes made_block(BlockTag tag, const Bytes& parts) {
    ByteQueue block;
    cbor::Writer out(block);
    constexpr Hash zero{};
    const BytesView hash = zero;
    out.array(2)
        .uint(static_cast<std::uint64_t>(tag))
        .array(tag == BlockTag::dijkstra ? 2
               : tag < BlockTag::alonzo  ? 4
                                         : 5);
    const bool early = tag < BlockTag::babbage;
    out.array(2).array(early ? 15 : 10).uint(5).uint(100).bytes(hash).bytes(hash);
    for (int i = early ? 3 : 2; i > 0; --i) out.uint(0);
    out.uint(0).bytes(hash);
    for (int i = early ? 6 : 1; i > 0; --i) out.uint(0);
    if (!early) out.array(2).uint(9).uint(0);
    out.bytes(BytesView()).raw(parts);
    return block.take();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.byte();
    const Bytes bytes = Bytes::copy(input.rest());
    if (kind < 9) {
        check_block(kind < 2 ? bytes : made_block(static_cast<BlockTag>(kind), bytes));
    } else if (kind < 0x40) {
        const auto body = TxBody::read(static_cast<Era>(kind % 8), bytes);
        if (body) check_body(*body);
    } else if (kind < 0x80) {
        check_address(bytes);
    } else {
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const auto address = Address::parse(text);
        promise(address || address.offset() <= text.size());
        if (address) check_address(address->bytes());
        const auto id = parse_governance_id(text);
        promise(id || id.offset() <= text.size());
        if (id) promise(parse_governance_id(to_string(*id)) == id);
    }
    return 0;
}
