// The number of a mini-protocol and an item: what decodes is the same message after it was encoded and decoded again.

#include <ouro/cbor/scanner.hpp>
#include <ouro/n2n/message.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const Channel channel{input.octet()};
    if (n2n::Message::protocol_name(channel).empty()) return -1;  // not worth keeping

    const auto found = cbor::Scanner().scan(input.rest());
    if (found.status != Errc::none) {
        promise(!n2n::Message::decode(channel, Item{input.rest(), nullptr}));
        return 0;
    }
    const Bytes item = Bytes::copy(input.take(found.used));
    const auto message = n2n::Message::decode(channel, Item{item, &item});
    promise(message == n2n::Message::decode(channel, Item{item, nullptr}));
    if (!message) return 0;
    promise(message->channel() == channel);

    const Bytes again = cbor::encode(*message);
    promise(cbor::Scanner().scan(again).used == again.size());
    const auto same = n2n::Message::decode(channel, Item{again, &again});
    promise(same == message);
    promise(cbor::encode(*same) == again);
    return 0;
}
