// The bridge of docs/blocks.md: slices of a block passed to cardano-c, through the functions of its C header. The
// library comes in the package whose Python program decodes transactions in blocks.cpp.

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ouro/chain/block.hpp>

#include "interop/block_lines.hpp"

using namespace ouro;
using chain::Transaction;

namespace {

/// What is used of cardano-c's header.
struct CardanoC {
    using Object = void*;
    using FromCbor = int (*)(Object reader, Object* to);
    using Unref = void (*)(Object*);

    explicit CardanoC(const std::filesystem::path& file) : library(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        REQUIRE(library != nullptr);
        find("cbor_reader_new", reader_new);
        find("cbor_reader_unref", reader_unref);
        find("transaction_body_from_cbor", body_from_cbor);
        find("transaction_body_unref", body_unref);
        find("witness_set_from_cbor", witnesses_from_cbor);
        find("witness_set_unref", witnesses_unref);
        find("auxiliary_data_from_cbor", auxiliary_from_cbor);
        find("auxiliary_data_unref", auxiliary_unref);
        find("transaction_new", transaction_new);
        find("transaction_from_cbor", transaction_from_cbor);
        find("transaction_set_is_valid", set_is_valid);
        find("transaction_get_is_valid", get_is_valid);
        find("transaction_get_id", get_id);
        find("transaction_unref", transaction_unref);
        find("blake2b_hash_get_data", hash_data);
        find("blake2b_hash_unref", hash_unref);
    }

    Object (*reader_new)(const std::uint8_t*, std::size_t);
    Unref reader_unref, body_unref, witnesses_unref, auxiliary_unref, transaction_unref, hash_unref;
    FromCbor body_from_cbor, witnesses_from_cbor, auxiliary_from_cbor, transaction_from_cbor;
    int (*transaction_new)(Object body, Object witnesses, Object auxiliary, Object* to);
    int (*set_is_valid)(Object, bool);
    bool (*get_is_valid)(Object);
    Object (*get_id)(Object);
    const std::uint8_t* (*hash_data)(Object);

    /// Reads one slice. Its bytes are overwritten afterwards, to show that cardano-c has its own.
    Object read(FromCbor from_cbor, BytesView slice) const {
        std::vector<std::uint8_t> bytes(slice.begin(), slice.end());
        Object reader = reader_new(bytes.data(), bytes.size());
        REQUIRE(reader != nullptr);
        Object object = nullptr;
        REQUIRE(from_cbor(reader, &object) == 0);
        reader_unref(&reader);
        std::fill(bytes.begin(), bytes.end(), std::uint8_t{0xff});
        return object;
    }

    /// The transaction, from its parts as they stand in the block.
    [[nodiscard]] Object transaction(const Transaction& tx) const {
        Object body = read(body_from_cbor, tx.body().view());
        Object witnesses = read(witnesses_from_cbor, tx.witnesses().view());
        Object auxiliary = tx.auxiliary().empty() ? nullptr : read(auxiliary_from_cbor, tx.auxiliary().view());
        Object made = nullptr;
        REQUIRE(transaction_new(body, witnesses, auxiliary, &made) == 0);
        REQUIRE(set_is_valid(made, tx.valid()) == 0);
        body_unref(&body);
        witnesses_unref(&witnesses);
        if (auxiliary != nullptr) auxiliary_unref(&auxiliary);
        return made;
    }

    [[nodiscard]] Hash id(Object transaction) const {
        Object hash_object = get_id(transaction);
        Hash hash;
        std::copy_n(hash_data(hash_object), hash.size(), hash.begin());
        hash_unref(&hash_object);
        return hash;
    }

  private:
    template <class Function>
    void find(const char* name, Function& function) {
        function = reinterpret_cast<Function>(::dlsym(library, ("cardano_" + std::string(name)).c_str()));
        INFO(name);
        REQUIRE(function != nullptr);
    }

    void* library;
};

}  // namespace

TEST_CASE("cardano-c reads each transaction from the slices of its block, and as submitted", "[interop][blocks]") {
    const auto file = std::filesystem::path(OURO_INTEROP_BIN) / "libcardano-c.so";
    if (!support::have(file) || !real::have_all()) return;
    const CardanoC library(file);
    auto columns = interop::real_columns();
    for (auto& column : interop::made_columns()) columns.push_back(std::move(column));
    std::size_t transactions = 0, invalid = 0;
    for (const auto& column : columns) {
        if (column.name == "made: sub-transactions") continue;  // blocks.cpp shows that it refuses them
        for (const real::Block& named : column.blocks) {
            if (named.name.starts_with("Block_")) continue;  // the same
            const auto block = chain::Block::read(named.bytes);
            if (block->era() == Era::byron) continue;
            for (const Transaction tx : *block) {
                INFO(named.name << " " << tx.index());
                CardanoC::Object made = library.transaction(tx);
                CHECK(library.id(made) == tx.id().hash);
                CHECK(library.get_is_valid(made) == tx.valid());
                library.transaction_unref(&made);
                const Bytes submitted = tx.copy().cbor;
                CardanoC::Object whole = library.read(library.transaction_from_cbor, submitted.view());
                CHECK(library.id(whole) == tx.id().hash);
                library.transaction_unref(&whole);
                ++transactions;
                invalid += tx.valid() ? 0 : 1;
            }
        }
    }
    CHECK(transactions > 800);
    CHECK(invalid > 10);
}
