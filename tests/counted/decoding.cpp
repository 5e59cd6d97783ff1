#include <ouro/mux/ingress.hpp>
#include <ouro/protocol/block_fetch.hpp>
#include <ouro/protocol/leios_fetch.hpp>
#include <ouro/protocol/local_state_query.hpp>
#include <ouro/protocol/local_tx_monitor.hpp>
#include <ouro/protocol/message.hpp>
#include <ouro/protocol/tx_submission.hpp>

#include "counted/operations.hpp"
#include "support/catch.hpp"

using namespace ouro;
using test::Operations;
using test::operations;

namespace {

using ByteVector = std::vector<std::uint8_t>;
/// The protocols whose messages grow: in one string, in elements of a list or a map, in anything that is an item.
using Large = MessageSet<BlockFetch, TxSubmission, LeiosFetch, LocalStateQuery, LocalTxMonitor>;

/// A message of about `size` bytes, in segments of `cut` bytes of payload, as a peer that responds sends it.
ByteVector segments(Channel channel, BytesView message, std::size_t cut) {
    ByteVector stream;
    for (std::size_t at = 0; at < message.size(); at += cut) {
        const BytesView part = message.subspan(at, std::min(cut, message.size() - at));
        const mux::SegmentHeader header{0, channel, Role::responder, static_cast<std::uint16_t>(part.size())};
        const auto bytes = mux::encode_header(header);
        stream.insert(stream.end(), bytes.begin(), bytes.end());
        stream.insert(stream.end(), part.begin(), part.end());
    }
    return stream;
}

/// What it costs to find the message, segment after segment, and to decode it, for each byte of it.
double cost(const Large& message, std::size_t cut) {
    const Bytes bytes = cbor::encode(message);
    const ByteVector stream = segments(message.channel(), bytes, cut);
    mux::Ingress in(Direction::outbound, [](Channel) noexcept { return std::size_t{1} << 30; });
    in.expect(message.channel(), Role::initiator, 1, std::size_t{1} << 24);

    const Operations before = operations();
    mux::Ingress::Taken taken;
    Errc status = Errc::need_more;
    for (std::size_t at = 0; at < stream.size(); at += mux::header_size + cut) {
        BytesView input = BytesView(stream).subspan(at, std::min(mux::header_size + cut, stream.size() - at));
        status = in.next(input, taken);
        if (status != Errc::need_more) break;
    }
    const auto decoded = Large::decode(taken.channel, Item{taken.bytes, taken.owner});
    const Operations spent = operations() - before;
    REQUIRE(status == Errc::none);
    REQUIRE(decoded == Result(message));
    // The count counts: a message that is cut is put together, and no look at a segment is free.
    CHECK(spent.copied > bytes.size() / 2);
    CHECK(spent.runs > bytes.size() / cut);
    return static_cast<double>(spent.all()) / static_cast<double>(bytes.size());
}

Bytes filled(std::size_t size) {
    BytesBuilder out;
    const ByteVector bytes(size, 0x5a);
    out.append(bytes);
    return out.freeze();
}

/// Small items without end: nothing says in advance how large the whole will be.
Bytes small_items(std::size_t size) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    out.begin_array();
    while (bytes.size() < size) out.array(2).uint(bytes.size()).raw(ByteVector{0x43, 1, 2, 3});
    out.end();
    return bytes.take();
}

Large block(std::size_t size) { return Large::of<BlockFetch>(BlockFetch::Block{filled(size)}); }

Large transactions(std::size_t size) {
    TxSubmission::ReplyTxs reply;
    for (std::size_t at = 0; at < size; at += 128) reply.txs.push_back({Era::conway, {}, filled(120)});
    return Large::of<TxSubmission>(std::move(reply));
}

Large endorser_block(std::size_t size) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    const std::size_t count = size / 37;
    out.map(count);
    for (std::size_t i = 0; i < count; ++i) out.bytes(BytesView(Hash{static_cast<std::uint8_t>(i)})).uint(1'000);
    return Large::of<LeiosFetch>(LeiosFetch::Block{bytes.take()});
}

Large answer(std::size_t size) { return Large::of<LocalStateQuery>(LocalStateQuery::Answer{small_items(size)}); }

Large measures(std::size_t size) {
    LocalTxMonitor::ReplyGetMeasures reply;
    for (std::size_t at = 0; at < size; at += 32) reply.measures.push_back({std::string(20, 'm'), at, UINT32_MAX});
    return Large::of<LocalTxMonitor>(std::move(reply));
}

constexpr std::size_t small = 64 * 1'024;
// Memory that doubles is moved as often as the size happens to ask for, which is a part of a byte more or less. What
// grew with the size would be 8 and 64 times as much.
constexpr double most = 1.5;

/// The cost of a byte is the same in a message of 512 KiB and of 4 MiB as in one of 64 KiB, however it is cut.
template <class Make>
void check_linear(const char* what, Make make) {
    for (const std::size_t cut : {std::size_t{1'024}, std::size_t{12'288}, std::size_t{32'768}}) {
        const double first = cost(make(small), cut);
        const double second = cost(make(8 * small), cut);
        const double third = cost(make(64 * small), cut);
        INFO(what << " in segments of " << cut << ": " << first << ", " << second << ", " << third << " a byte");
        CHECK(second <= most * first);
        CHECK(third <= most * first);
    }
}

}  // namespace

TEST_CASE("A block is copied once, even if a tip follows it", "[counted][mux]") {
    const std::size_t size =
        GENERATE(std::size_t{5'000}, std::size_t{20'000}, std::size_t{80'000}, std::size_t{250'000});
    const std::size_t cut = GENERATE(std::size_t{1'024}, std::size_t{12'288});
    if (size < cut) return;  // a view of the input
    ByteQueue bytes;
    cbor::Writer out(bytes);
    out.array(2).bytes(filled(size)).bytes(filled(54));
    const Bytes item = bytes.take();
    const ByteVector stream = segments(BlockFetch::channel, item, cut);
    const auto copied = [&] {
        mux::Ingress in(Direction::outbound, [](Channel) noexcept { return std::size_t{1} << 30; });
        in.expect(BlockFetch::channel, Role::initiator, 1, std::size_t{1} << 24);
        const Operations before = operations();
        mux::Ingress::Taken taken;
        BytesView input(stream);
        REQUIRE(in.next(input, taken) == Errc::none);
        REQUIRE(equal(taken.bytes, item));
        return (operations() - before).copied;
    };
    // But for a block that fills its piece of memory to the last bytes, of which there is none here.
    CHECK(copied() >= item.size());
    CHECK(copied() < item.size() + item.size() / 10);
}

TEST_CASE("The cost per byte of framing and decoding does not depend on the size of a message", "[counted]") {
    check_linear("a block", block);
    check_linear("transactions", transactions);
    check_linear("an endorser block", endorser_block);
    check_linear("an answer of small items", answer);
    check_linear("measures with names", measures);
}

TEST_CASE("The count is the same in every run", "[counted]") {
    const Large message = answer(small);
    cost(message, 1'024);  // from now on there is memory to be used again
    CHECK(cost(message, 1'024) == cost(message, 1'024));
}
