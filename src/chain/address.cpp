#include <ouro/chain/address.hpp>

#include <algorithm>

#include <ouro/cbor/reader.hpp>
#include <ouro/chain/base58.hpp>
#include <ouro/chain/bech32.hpp>

#include "crc32.hpp"

namespace ouro::chain {

namespace {

constexpr std::size_t hash_bytes = 28;

// Bits of the first byte.
constexpr unsigned payment_script = 0x10, stake_script = 0x20, reward_script = 0x10, network_bits = 0x0f;

std::optional<Address::Kind> kind_of(std::uint8_t header) noexcept {
    switch (header >> 4) {
        case 0:
        case 1:
        case 2:
        case 3: return Address::Kind::base;
        case 4:
        case 5: return Address::Kind::pointer;
        case 6:
        case 7: return Address::Kind::enterprise;
        case 8: return Address::Kind::byron;
        case 14:
        case 15: return Address::Kind::reward;
        default: return std::nullopt;
    }
}

/// A number of seven bits a byte, highest first; all bytes but the last have the highest bit.
std::optional<std::uint64_t> read_number(BytesView bytes, std::size_t& at) noexcept {
    std::uint64_t number = 0;
    while (at < bytes.size() && number >> 57 == 0) {
        const std::uint8_t byte = bytes[at++];
        number = number << 7 | (byte & 0x7fU);
        if (byte < 0x80) return number;
    }
    return std::nullopt;
}

std::optional<ChainPointer> read_pointer(BytesView bytes, std::size_t at) noexcept {
    const auto slot = read_number(bytes, at);
    const auto transaction = slot ? read_number(bytes, at) : std::nullopt;
    const auto certificate = transaction ? read_number(bytes, at) : std::nullopt;
    if (!certificate || at != bytes.size()) return std::nullopt;
    return ChainPointer{*slot, *transaction, *certificate};
}

/// The network in `[root, attributes, type]`; empty if it is not named.
std::optional<std::uint32_t> read_network(cbor::Reader& in) noexcept {
    std::optional<std::uint32_t> network;
    in.array_of(3);
    in.bytes<hash_bytes>();
    const auto size = in.map_of_any();
    for (std::uint64_t i = 0; size ? in.ok() && i < *size : !in.at_break(); ++i) {
        const std::uint64_t key = in.uint();
        const std::size_t start = in.offset();
        const BytesView value = in.bytes();
        if (key != 2) continue;
        cbor::Reader number(value);
        network = number.uint_as<std::uint32_t>();
        if (number.finish() != Errc::none) in.fail_at(start);
    }
    in.uint();
    return network;
}

}  // namespace

Result<Address> Address::read(Bytes bytes) {
    if (bytes.empty()) return Errc::malformed;
    const std::uint8_t header = bytes.data()[0];
    const auto kind = kind_of(header);
    if (!kind) return Errc::malformed;
    if (*kind == Kind::byron) return read_byron(std::move(bytes));
    const unsigned network = header & network_bits;
    if (network > 1) return Errc::malformed;
    const std::size_t size = bytes.size();
    Address address(std::move(bytes), *kind, network == 1);
    if (*kind == Kind::pointer) {
        if (size > hash_bytes) address.pointer_ = read_pointer(address.bytes_, 1 + hash_bytes);
        if (!address.pointer_) return {Errc::malformed, size};
    } else if (size != 1 + (*kind == Kind::base ? 2 : 1) * hash_bytes) {
        return {Errc::malformed, size};
    }
    return address;
}

Result<Address> Address::read_byron(Bytes bytes) {
    if (bytes.size() > longest_base58) return Errc::message_too_large;
    cbor::Reader in(bytes);
    in.array_of(2);
    const BytesView content = in.embedded();
    const auto checksum = in.uint_as<std::uint32_t>();
    if (const Errc error = in.finish(); error != Errc::none) return {error, in.offset()};
    if (checksum != crc32(content)) return {Errc::wrong_checksum, bytes.size()};
    cbor::Reader inner(content);
    const auto network = read_network(inner);
    if (const Errc error = inner.finish(); error != Errc::none)
        return {error, static_cast<std::size_t>(content.data() - bytes.data()) + inner.offset()};
    Address address(std::move(bytes), Kind::byron, !network);
    if (network) address.byron_network_ = NetworkMagic{*network};
    return address;
}

Credential Address::credential(std::size_t at, unsigned script_bit) const noexcept {
    Credential credential;
    if ((bytes_.data()[0] & script_bit) != 0) credential.kind = Credential::Kind::script;
    std::copy_n(bytes_.data() + at, hash_bytes, credential.hash.begin());
    return credential;
}

std::optional<Credential> Address::payment() const noexcept {
    if (kind_ == Kind::reward || kind_ == Kind::byron) return std::nullopt;
    return credential(1, payment_script);
}

std::optional<Credential> Address::stake() const noexcept {
    if (kind_ == Kind::base) return credential(1 + hash_bytes, stake_script);
    if (kind_ == Kind::reward) return credential(1, reward_script);
    return std::nullopt;
}

std::string_view Address::prefix() const noexcept {
    if (kind_ == Kind::reward) return mainnet_ ? "stake" : "stake_test";
    return mainnet_ ? "addr" : "addr_test";
}

std::string Address::to_string() const {
    if (kind_ == Kind::byron) return *to_base58(bytes_);
    return to_bech32(prefix(), bytes_);
}

Result<Address> Address::parse(std::string_view text) {
    const std::string_view front = text.substr(0, text.find('1'));
    const auto begins = [&](std::string_view lower, std::string_view upper) {
        return front == lower || front == upper;
    };
    if (begins("addr", "ADDR") || begins("addr_test", "ADDR_TEST") || begins("stake", "STAKE") ||
        begins("stake_test", "STAKE_TEST")) {
        Result<Bech32> parts = from_bech32(text);
        if (!parts) return {parts.error(), parts.offset()};
        Result<Address> address = read(std::move(parts->data));
        if (!address) return {address.error(), text.size()};
        if (address->kind_ == Kind::byron || address->prefix() != parts->prefix) return Errc::wrong_prefix;
        return address;
    }
    Result<Bytes> bytes = from_base58(text);
    if (!bytes) {
        // Another kind of name in bech32 is a better explanation than a wrong digit.
        if (bytes.error() == Errc::malformed && from_bech32(text)) return Errc::wrong_prefix;
        return {bytes.error(), bytes.offset()};
    }
    Result<Address> address = read(*std::move(bytes));
    if (!address) return {address.error(), text.size()};
    if (address->kind_ != Kind::byron) return Errc::wrong_prefix;
    return address;
}

}  // namespace ouro::chain
