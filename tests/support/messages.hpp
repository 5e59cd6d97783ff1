#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <ouro/dmq/n2c.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>
#include <ouro/protocol/sig_submission.hpp>

#include "support/cbor_items.hpp"

namespace ouro::test {

/// Generates messages of every protocol with parts of every kind, the same ones for the same seed.
class Messages {
  public:
    explicit Messages(std::uint64_t seed) : items_(seed) {}

    /// A message of any type of `P`.
    template <class P>
    typename P::Message any() {
        return pick<typename P::Message>(items_.below(std::variant_size_v<typename P::Message>));
    }

  private:
    template <class Variant, std::size_t at = 0>
    Variant pick(std::uint64_t which) {
        if constexpr (at + 1 < std::variant_size_v<Variant>) {
            if (which != at) return pick<Variant, at + 1>(which);
        }
        std::variant_alternative_t<at, Variant> message;
        fill(message);
        return message;
    }

    struct AnyField {
        template <class T>
        operator T() const;
    };
    /// How many fields a struct has.
    template <class M, class... Fields>
    static constexpr std::size_t fields() {
        if constexpr (requires { M{Fields{}..., AnyField{}}; })
            return fields<M, Fields..., AnyField>();
        else
            return sizeof...(Fields);
    }

    // Parts.
    template <class T>
        requires std::is_empty_v<T>
    void fill(T&) {}
    template <class T>
        requires(std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
    void fill(T& number) {
        // Of every length, and often at the limits of a length.
        std::uint64_t value = items_.below(UINT64_MAX) >> items_.below(64);
        if (items_.below(8) == 0) value = UINT64_MAX;
        number = static_cast<T>(value);
    }
    template <class M>
        requires(std::is_aggregate_v<M> && !std::is_empty_v<M>)
    void fill(M& message) {
        constexpr std::size_t count = fields<M>();
        static_assert(count <= 3, "more fields than were needed so far");
        if constexpr (count == 1) {
            auto& [a] = message;
            fill(a);
        } else if constexpr (count == 2) {
            auto& [a, b] = message;
            fill(a), fill(b);
        } else {
            auto& [a, b, c] = message;
            fill(a), fill(b), fill(c);
        }
    }
    template <class T>
        requires std::is_enum_v<T>
    void fill(T& number) {
        std::underlying_type_t<T> value = 0;
        fill(value);
        number = T{value};
    }
    template <std::size_t size>
    void fill(std::array<std::uint8_t, size>& bytes) {
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(items_.below(256));
    }
    template <class T>
    void fill(std::vector<T>& list) {
        list.resize(items_.below(2) == 0 ? items_.below(3) : items_.below(60));
        for (T& element : list) fill(element);
    }
    /// Any bytes.
    void fill(Bytes& bytes) {
        std::vector<std::uint8_t> all(items_.below(10) == 0 ? items_.below(5'000) : items_.below(50));
        for (std::uint8_t& byte : all) byte = static_cast<std::uint8_t>(items_.below(256));
        bytes = Bytes::copy(all);
    }
    void fill_item(Bytes& item) {
        std::vector<std::uint8_t> bytes;
        items_.append(bytes, 3);
        item = Bytes::copy(bytes);
    }
    void fill_items(std::vector<Bytes>& items) {
        items.resize(items_.below(10));
        for (Bytes& item : items) fill_item(item);
    }
    void fill(std::string& text) { text.assign(items_.below(40), static_cast<char>('a' + items_.below(26))); }
    void fill(BlockPoint& point) { fill(point.slot), fill(point.hash); }
    void fill(Point& point) {
        BlockPoint block;
        fill(block);
        point = items_.below(5) == 0 ? Point() : Point(block);
    }
    void fill(Tip& tip) {
        fill(tip.point);
        if (!tip.point.is_origin()) fill(tip.block);
    }
    void fill(Era& era) { era = static_cast<Era>(items_.below(8)); }
    void fill(ByronTxKind& kind) { kind = static_cast<ByronTxKind>(items_.below(4)); }
    void fill(Header& header) {
        fill(header.era), fill(header.cbor);
        if (header.era != Era::byron) return;
        header.byron.boundary = items_.below(2) == 0;
        fill(header.byron.size_hint);
    }
    void fill(TxId& id) {
        fill(id.era), fill(id.hash);
        if (id.era == Era::byron) fill(id.byron);
    }
    void fill(Tx& tx) {
        fill(tx.era);
        if (tx.era != Era::byron) return fill(tx.cbor);
        fill(tx.byron), fill_item(tx.cbor);
    }
    template <class Id>
    void fill(Named<Id>& named) {
        fill(named.id), fill(named.bytes);
    }
    void fill(PeerAddress& address) {
        fill(address.bytes), fill(address.port);
        address.v6 = items_.below(2) == 0;
        if (!address.v6) std::fill(address.bytes.begin() + 4, address.bytes.end(), std::uint8_t{0});
    }
    void fill(LeiosVote& vote) { fill(vote.announcing_block), fill(vote.voter), fill(vote.signature); }
    void fill(LeiosBitmap::Window& window) {
        fill(window.index), fill(window.bits);
        window.index %= LeiosBitmap::max_windows;
    }
    void fill(LeiosBitmap& bitmap) {
        std::vector<LeiosBitmap::Window> windows;
        fill(windows);
        bitmap = LeiosBitmap(std::move(windows));
    }
    void fill(VersionTable& table) {
        std::vector<VersionTable::Entry> entries(items_.below(5));
        std::uint64_t version = items_.below(20);
        for (auto& entry : entries) {
            entry.version = Version{version += 1 + items_.below(3)};
            fill_item(entry.data);
        }
        table = VersionTable(std::move(entries));
    }

    void fill(bool& yes) { yes = items_.below(2) == 0; }
    void fill(std::optional<Tx>& tx) {
        if (items_.below(3) != 0) fill(tx.emplace());
    }
    void fill(cbor::Integer& number) {
        std::vector<std::uint8_t> magnitude;
        magnitude.resize(items_.below(3) == 0 ? items_.below(cbor::Integer::max_bytes + 1) : items_.below(9));
        for (std::uint8_t& byte : magnitude) byte = static_cast<std::uint8_t>(items_.below(256));
        number = cbor::Integer(items_.below(4) == 0, magnitude);
    }
    void fill(LocalTxMonitor::Measure& measure) { fill(measure.name), fill(measure.size), fill(measure.capacity); }

    // Messages with constructors, and messages whose bytes have a shape. Of all others each field is filled.
    void fill(ChainSync::RollForward& m) { fill(m.header), fill(m.tip); }
    void fill(BlockFetch::Block& m) { fill(m.cbor); }
    void fill(PeerSharing::SharePeers& m) { fill(m.peers); }
    void fill(LeiosNotify::BlockAnnouncement& m) { fill(m.header); }
    void fill(LeiosNotify::Votes& m) { fill(m.votes); }
    void fill(LeiosFetch::BlockTxs& m) { fill(m.block), fill(m.which), fill(m.txs); }
    void fill(LocalChainSync::RollForward& m) { fill(m.block), fill(m.tip); }
    void fill(LocalTxSubmission::SubmitTx& m) { fill(m.tx); }
    void fill(LocalTxMonitor::ReplyNextTx& m) { fill(m.tx); }
    void fill(LocalTxMonitor::ReplyGetMeasures& m) { fill(m.transactions), fill(m.measures); }
    void fill(Handshake::AcceptVersion& m) { fill(m.version), fill_item(m.data); }
    void fill(Handshake::Refuse& m) { m.reason = pick<RefuseReason>(items_.below(3)); }
    void fill(VersionMismatch& reason) { fill(reason.versions); }
    void fill(HandshakeDecodeError& reason) { fill(reason.version), fill(reason.text); }
    void fill(Refused& reason) { fill(reason.version), fill(reason.text); }
    void fill(ObjectDiffusion::ReplyObjectIds& m) { fill_items(m.ids); }
    void fill(ObjectDiffusion::RequestObjects& m) { fill_items(m.ids); }
    void fill(ObjectDiffusion::ReplyObjects& m) { fill_items(m.objects); }
    void fill(LeiosFetch::Block& m) {
        ByteQueue bytes;
        cbor::Writer out(bytes);
        std::vector<LeiosTx> txs(items_.below(20));
        out.map(txs.size());
        for (LeiosTx& tx : txs) {
            fill(tx.hash), fill(tx.bytes);
            out.bytes(BytesView(tx.hash)).uint(tx.bytes);
        }
        m.cbor = bytes.take();
    }
    void fill(SigSubmission::ReplySigs& m) { fill_items(m.signatures); }
    void fill(LocalTxSubmission::RejectTx& m) { fill_item(m.reason); }
    void fill(LocalStateQuery::Acquire& m) { m.target = pick<LocalStateQuery::Target>(items_.below(3)); }
    void fill(LocalStateQuery::ReAcquire& m) { m.target = pick<LocalStateQuery::Target>(items_.below(3)); }
    void fill(LocalStateQuery::Failure& m) { m.reason = static_cast<LocalStateQuery::AcquireFailure>(items_.below(2)); }
    void fill(LocalStateQuery::Query& m) { fill_item(m.cbor); }
    void fill(LocalStateQuery::Answer& m) { fill_item(m.cbor); }
    void fill(LocalMsgSubmission::SubmitMsg& m) { fill_item(m.message); }
    void fill(LocalMsgSubmission::RejectMsg& m) { m.reason = pick<LocalMsgSubmission::Reason>(items_.below(4)); }
    void fill(LocalMsgSubmission::Invalid& reason) { fill(reason.text); }
    void fill(LocalMsgSubmission::Other& reason) { fill(reason.text); }
    void fill(LocalMsgNotification::Reply& m) { fill_items(m.messages), fill(m.more); }
    void fill(LocalMsgNotification::BlockingReply& m) { fill_items(m.messages); }

    CborItems items_;
};

}  // namespace ouro::test
