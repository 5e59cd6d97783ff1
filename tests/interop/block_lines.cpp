#include "interop/block_lines.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <ouro/chain/block.hpp>

#include "chain/blake2b.hpp"

namespace interop {

using namespace ouro;
using namespace ouro::chain;

namespace {

std::string sorted(std::vector<std::string> parts, std::string_view separator) {
    std::sort(parts.begin(), parts.end());
    std::string text;
    for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
    return text;
}

std::string text_of(const Result<Sequence<Input>>& inputs) {
    REQUIRE(inputs);
    std::vector<std::string> parts;
    for (const Input& each : *inputs) parts.push_back(to_hex(each.transaction) + "#" + std::to_string(each.index));
    return sorted(parts, " ");
}

std::string text_of(const Assets& assets) {
    std::vector<std::string> parts;
    for (const Asset& each : assets)
        parts.push_back(to_hex(each.policy) + "." + to_hex(each.name) + (each.burnt ? ":-" : ":") +
                        std::to_string(each.quantity));
    return sorted(parts, ",");
}

std::string text_of(const Output& output) {
    return to_hex(output.address) + " " + std::to_string(output.coin) + " [" + text_of(output.assets) + "]";
}

template <class T>
std::uint64_t number(const std::optional<T>& value) {
    return value ? static_cast<std::uint64_t>(*value) : 0;
}

void print_outputs(std::ostream& out, std::string_view label, const Result<Sequence<Output>>& outputs) {
    REQUIRE(outputs);
    for (const Output& each : *outputs) out << label << " " << text_of(each) << "\n";
}

void print_sub_transactions(std::ostream& out, const TxBody& body) {
    const auto subs = body.sub_transactions();
    REQUIRE(subs);
    for (const BytesView sub : *subs) {
        cbor::Reader in(sub);
        in.array_of(3);
        const BytesView item = in.skip();
        const auto inner = TxBody::read(Era::dijkstra, body.bytes().share(item));
        REQUIRE(inner);
        out << "sub " << to_hex(blake2b_256(item)) << " inputs " << text_of(inner->inputs()) << "\n";
        print_outputs(out, "sub output", inner->outputs());
    }
}

void print_transaction(std::ostream& out, const Transaction& tx) {
    const auto body = tx.fields();
    REQUIRE(body);
    out << "tx " << tx.index() << " " << to_hex(tx.id().hash) << (tx.valid() ? " true" : " false") << " fee "
        << number(body->fee()) << " from " << number(body->valid_from()) << " until " << number(body->valid_until())
        << "\nparts " << tx.body().size() << " " << tx.witnesses().size() << " " << tx.auxiliary().size()
        << "\nsubmitted " << tx.as_submitted().size() << " " << to_hex(blake2b_256(tx.copy().cbor)) << "\ninputs "
        << text_of(body->inputs()) << "\nreference " << text_of(body->reference_inputs()) << "\ncollateral "
        << text_of(body->collateral()) << "\nconsumed " << text_of(tx.consumed()) << "\n";
    print_outputs(out, "output", body->outputs());
    print_outputs(out, "returned", body->collateral_return());
    const auto produced = tx.produced();
    REQUIRE(produced);
    std::uint32_t index = produced->first_index;
    for (const Output& each : produced->outputs) out << "produced " << index++ << " " << text_of(each) << "\n";
    const auto mint = body->mint();
    const auto withdrawals = body->withdrawals();
    const auto certificates = body->certificates();
    const auto metadata = tx.metadata();
    REQUIRE((mint && withdrawals && certificates && metadata));
    std::vector<std::string> accounts;
    for (const Withdrawal& each : *withdrawals)
        accounts.push_back(to_hex(each.account) + ":" + std::to_string(each.coin));
    std::vector<std::uint64_t> labels;
    for (const Metadata& each : *metadata) labels.push_back(each.label);
    std::sort(labels.begin(), labels.end());
    out << "mint " << text_of(*mint) << "\nwithdrawals " << sorted(accounts, ",") << "\ncertificates "
        << certificates->size() << "\nlabels ";
    for (std::size_t i = 0; i < labels.size(); ++i) out << (i == 0 ? "" : ",") << labels[i];
    out << "\n";
    print_sub_transactions(out, *body);
}

}  // namespace

void print_lines(std::ostream& out, const real::Block& named) {
    const auto block = Block::read(named.bytes);
    INFO(named.name);
    REQUIRE(block);
    out << "block " << named.name << " " << to_hex(block->hash()) << " " << static_cast<std::uint64_t>(block->number())
        << " " << static_cast<std::uint64_t>(block->slot()) << " " << block->size() << " transactions\n";
    if (block->body_size()) out << "size " << *block->body_size() << "\n";
    for (const Transaction tx : *block) print_transaction(out, tx);
}

}  // namespace interop
