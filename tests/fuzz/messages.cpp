// Who speaks, the number of a mini-protocol and an item: what decodes is the same message after it was encoded and
// decoded again, and what does not is wrong at a byte that is there.

#include <ouro/cbor/scanner.hpp>
#include <ouro/dmq/n2c.hpp>
#include <ouro/dmq/n2n.hpp>
#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

namespace {

template <class Message>
int check(Channel channel, fuzz::Input input) {
    if (Message::protocol_name(channel).empty()) return -1;  // not worth keeping

    const auto found = cbor::Scanner().scan(input.rest());
    if (found.status != Errc::none) {
        const auto refused = Message::decode(channel, Item{input.rest(), nullptr});
        promise(!refused && refused.offset() <= input.rest().size());
        return 0;
    }
    const Bytes item = Bytes::copy(input.take(found.used));
    const auto message = Message::decode(channel, Item{item, &item});
    promise(message == Message::decode(channel, Item{item, nullptr}));
    if (!message) {
        promise(message.offset() <= item.size());
        return 0;
    }
    promise(message->channel() == channel);

    const Bytes again = cbor::encode(*message);
    promise(cbor::Scanner().scan(again).used == again.size());
    const auto same = Message::decode(channel, Item{again, &again});
    promise(same == message);
    promise(cbor::encode(*same) == again);
    return 0;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t who = input.byte();
    const Channel channel{static_cast<std::uint16_t>(who & 0x3fU)};
    switch (who >> 6) {
        case 0: return check<n2n::Message>(channel, input);
        case 1: return check<n2c::Message>(channel, input);
        case 2: return check<dmq::n2n::Message>(channel, input);
        default: return check<dmq::n2c::Message>(channel, input);
    }
}
