#include "emulation/vices.hpp"

#include <algorithm>

namespace ouro::emulation {

const Vice* find_vice(std::span<const Vice> vices, std::string_view name) noexcept {
    const auto found = std::find_if(vices.begin(), vices.end(), [&](const Vice& vice) { return vice.name == name; });
    return found == vices.end() ? nullptr : &*found;
}

namespace vice {

namespace {

constexpr int a_few = 3;  // messages: the handshake's, and some of what follows

void nothing(OneHand&, Send) {}

}  // namespace

Meddler<M> silent() { return {{}, nothing}; }

Meddler<M> garbage() {
    return {[](OneHand& hand) {
                static constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
                hand.inject(BytesView(reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()));
            },
            nothing};
}

Meddler<M> trickle() {
    return {{}, [last = Instant{}](OneHand& hand, Send send) mutable {
                const Bytes octets = encoded(send.message);
                for (std::size_t i = 0; i < octets.size(); ++i) {
                    last = std::max(last, hand.now()) + 1s;
                    hand.after(last - hand.now(),
                               [octet = octets.slice(i, 1), channel = send.message.channel(),
                                role = send.role](OneHand& later) { later.say(channel, role, octet); });
                }
            }};
}

Meddler<M> oversized() {
    return {{}, [](OneHand& hand, Send send) {
                if (send.message.channel() == Handshake::channel) return hand.pass(send);
                // The head of an array of one string of 2^31 octets, and the first of them.
                std::vector<std::uint8_t> octets{0x81, 0x5a, 0x80, 0, 0, 0};
                octets.resize(1'000);
                hand.say(send.message.channel(), send.role, octets);
            }};
}

Meddler<M> truncates() {
    return {{}, [done = false](OneHand& hand, Send send) mutable {
                if (send.message.channel() == Handshake::channel) return hand.pass(send);
                if (std::exchange(done, true)) return;
                const Bytes octets = encoded(send.message);
                hand.say(send.message.channel(), send.role, octets.view().first(octets.size() - 1));
                hand.close();
            }};
}

Meddler<M> unregistered() {
    return {{}, [](OneHand& hand, Send send) {
                hand.pass(send);
                if (send.message.channel() == Handshake::channel) return;
                static constexpr std::uint8_t octets[] = {0x81, 0x00};
                hand.say(Channel{99}, send.role, octets);
            }};
}

Meddler<M> closes() {
    return after_messages(a_few, [](OneHand& hand) { hand.close(); });
}
Meddler<M> resets() {
    return after_messages(a_few, [](OneHand& hand) { hand.lose(Loss::reset); });
}
Meddler<M> vanishes() {
    return after_messages(a_few, [](OneHand& hand) { hand.lose(Loss::half_open); });
}
Meddler<M> stops_reading() {
    return {{}, [left = a_few](OneHand& hand, Send send) mutable {
                hand.pass(send);
                if (--left == 0) hand.pause(true);
            }};
}

Bytes encoded(const M& message) {
    OctetQueue octets;
    cbor::Writer out(octets);
    message.encode(out);
    return octets.take();
}

}  // namespace vice

}  // namespace ouro::emulation
