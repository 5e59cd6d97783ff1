#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include <ouro/base/types.hpp>
#include <ouro/cbor/writer.hpp>

namespace ouro {

/// A message of a mini-protocol that a message set does not know, as encoded bytes: how a user's own protocol travels
/// in the set. As the last protocol of a set it stands for every channel that no other one has.
struct RawProtocol {
    struct Raw {
        static constexpr std::string_view name = "Raw";
        Raw() noexcept = default;
        Raw(Channel of, Bytes item) noexcept : channel(of), cbor(std::move(item)) {}

        Channel channel{};
        Bytes cbor;  ///< one item

        void encode(cbor::Writer& out) const { out.raw(cbor); }
        friend bool operator==(const Raw&, const Raw&) = default;
    };
    using Message = std::variant<Raw>;

    static constexpr std::string_view name{};  ///< none
    static constexpr Channel channel{0x7fff};  ///< no mini-protocol has it
    static constexpr std::size_t ingress_limit = 0;
};

}  // namespace ouro
