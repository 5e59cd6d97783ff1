#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <ouro/base/result.hpp>
#include <ouro/base/types.hpp>
#include <ouro/cbor/item.hpp>
#include <ouro/cbor/writer.hpp>
#include <ouro/protocol/raw.hpp>

namespace ouro {

/// A message of a mini-protocol. It knows its channel, encodes exactly one item, and is decoded from a complete one. An
/// error of `decode` contains the byte offset. `ingress_limit` is the number of unread bytes that a channel's queue may
/// hold, 0 for a channel that does not exist; `protocol_name` is empty for such a channel.
template <class M>
concept Message = std::movable<M> && std::equality_comparable<M> &&
                  requires(const M& m, cbor::Writer& out, Channel c, const Item& item) {
                      { m.channel() } noexcept -> std::same_as<Channel>;
                      { m.encode(out) } -> std::same_as<void>;
                      { M::decode(c, item) } -> std::same_as<Result<M>>;
                      { M::ingress_limit(c) } noexcept -> std::same_as<std::size_t>;
                      { M::protocol_name(c) } noexcept -> std::same_as<std::string_view>;
                  };

/// The messages of a list of protocols as one type. A user's own protocol is one struct and one list entry.
///
/// A message converts to the set if exactly one protocol of the set has it; otherwise `of` names the protocol.
template <class... Protocols>
class MessageSet {
  public:
    using Variant = std::variant<typename Protocols::Message...>;

    MessageSet() = default;

    template <class M>
        requires((0 + ... + (std::constructible_from<typename Protocols::Message, M> ? 1 : 0)) == 1)
    MessageSet(M message) {
        (try_emplace<Protocols>(message), ...);
    }
    /// A message of `P`, for constructing the set in place.
    template <class P>
    MessageSet(std::in_place_type_t<P>, typename P::Message&& message)
        : value_(std::in_place_index<index_of<P>>, std::move(message)) {}
    template <class P>
    [[nodiscard]] static MessageSet of(typename P::Message message) {
        return MessageSet(std::in_place_type<P>, std::move(message));
    }

    /// The message, or null if it is not one of `P`'s. A protocol that the set has only in a derived form, such as the
    /// handshake of a kind of peers, is found by its base, too.
    template <class P>
    [[nodiscard]] const typename P::Message* as() const noexcept {
        return std::get_if<index_of<P>>(&value_);
    }
    template <class P>
    [[nodiscard]] typename P::Message* as() noexcept {
        return std::get_if<index_of<P>>(&value_);
    }

    [[nodiscard]] Channel channel() const noexcept {
        if constexpr (raw)
            if (const auto* own = as<RawProtocol>()) return std::get<RawProtocol::Raw>(*own).channel;
        return channels[value_.index()];
    }
    /// Index of the message among the alternatives of its protocol.
    [[nodiscard]] std::size_t message_index() const noexcept {
        return std::visit([](const auto& protocol) { return protocol.index(); }, value_);
    }
    /// Name of the message in its protocol, such as "RollForward".
    [[nodiscard]] std::string_view name() const noexcept {
        return std::visit(
            [](const auto& protocol) {
                return std::visit([](const auto& m) { return std::remove_cvref_t<decltype(m)>::name; }, protocol);
            },
            value_);
    }
    void encode(cbor::Writer& out) const {
        std::visit([&](const auto& protocol) { std::visit([&](const auto& m) { m.encode(out); }, protocol); }, value_);
    }
    /// Errors  Errc::unknown_protocol, Errc::malformed; the offset is that of the error in the item
    [[nodiscard]] static Result<MessageSet> decode(Channel channel, const Item& item) {
        return decode_as<Protocols...>(channel, item);
    }
    [[nodiscard]] static constexpr std::size_t ingress_limit(Channel channel) noexcept {
        std::size_t limit = 0;
        (void)(... || (Protocols::channel == channel && (limit = Protocols::ingress_limit, true)));
        return limit;
    }
    [[nodiscard]] static constexpr std::string_view protocol_name(Channel channel) noexcept {
        std::string_view name;
        (void)(... || (Protocols::channel == channel && (name = Protocols::name, true)));
        return name;
    }

    friend bool operator==(const MessageSet&, const MessageSet&) = default;

  private:
    static constexpr std::array<Channel, sizeof...(Protocols)> channels{Protocols::channel...};
    static constexpr bool raw = (... || std::same_as<Protocols, RawProtocol>);

    template <class P>
    static constexpr std::size_t index_of = [] {
        std::size_t index = 0;
        if constexpr ((... || std::same_as<P, Protocols>))
            (void)(... || (std::same_as<P, Protocols> ? true : (++index, false)));
        else
            (void)(... || (std::derived_from<Protocols, P> ? true : (++index, false)));
        return index;
    }();

    template <class P, class M>
    void try_emplace(M& message) {
        if constexpr (std::constructible_from<typename P::Message, M>)
            value_.template emplace<index_of<P>>(std::move(message));
    }
    // Decodes the message of the matching protocol in place.
    template <class P, class... Others>
    static Result<MessageSet> decode_as(Channel channel, const Item& item) {
        if constexpr (std::same_as<P, RawProtocol>) {
            return Result<MessageSet>(std::in_place, std::in_place_type<P>,
                                      RawProtocol::Raw{channel, item.keep(item.bytes)});
        } else if (P::channel == channel) {
            auto message = P::decode(item);
            if (!message) return {message.error(), message.offset()};
            return Result<MessageSet>(std::in_place, std::in_place_type<P>, *std::move(message));
        }
        if constexpr (sizeof...(Others) != 0)
            return decode_as<Others...>(channel, item);
        else
            return Errc::unknown_protocol;
    }

    Variant value_;
};

}  // namespace ouro
