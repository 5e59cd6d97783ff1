#include "emulation/vices.hpp"

#include <algorithm>

#include <ouro/protocol/handshake.hpp>

namespace ouro::emulation {

const Vice* find_vice(std::span<const Vice> vices, std::string_view name) noexcept {
    const auto found = std::find_if(vices.begin(), vices.end(), [&](const Vice& vice) { return vice.name == name; });
    return found == vices.end() ? nullptr : &*found;
}

namespace vice {

namespace {

constexpr int a_few = 3;  // messages: that of the handshake and some more
constexpr Channel handshake = Handshake::channel;
static_assert(handshake == n2c::Handshake::channel);

template <class Set>
void nothing(Hand<Set>&, io::Send<Set>) {}

}  // namespace

template <class Set>
Meddler<Set> silent() {
    return {{}, nothing<Set>};
}

template <class Set>
Meddler<Set> garbage() {
    return {[](Hand<Set>& hand) {
                static constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
                hand.inject(BytesView(reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()));
            },
            nothing<Set>};
}

template <class Set>
Meddler<Set> trickle() {
    return {{}, [last = Instant{}](Hand<Set>& hand, io::Send<Set> send) mutable {
                const Bytes bytes = encoded(send.message);
                for (std::size_t i = 0; i < bytes.size(); ++i) {
                    last = std::max(last, hand.now()) + 1s;
                    hand.after(last - hand.now(),
                               [byte = bytes.slice(i, 1), channel = send.message.channel(),
                                role = send.role](Hand<Set>& later) { later.say(channel, role, byte); });
                }
            }};
}

template <class Set>
Meddler<Set> oversized() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                if (send.message.channel() == handshake) return hand.pass(send);
                // The head of an array with one string of 2^31 bytes, and the first bytes of it.
                std::vector<std::uint8_t> bytes{0x81, 0x5a, 0x80, 0, 0, 0};
                bytes.resize(1'000);
                hand.say(send.message.channel(), send.role, bytes);
            }};
}

template <class Set>
Meddler<Set> truncates() {
    return {{}, [done = false](Hand<Set>& hand, io::Send<Set> send) mutable {
                if (send.message.channel() == handshake) return hand.pass(send);
                if (std::exchange(done, true)) return;
                const Bytes bytes = encoded(send.message);
                hand.say(send.message.channel(), send.role, bytes.view().first(bytes.size() - 1));
                hand.close();
            }};
}

template <class Set>
Meddler<Set> unregistered() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                hand.pass(send);
                if (send.message.channel() == handshake) return;
                static constexpr std::uint8_t bytes[] = {0x81, 0x00};
                hand.say(Channel{99}, send.role, bytes);
            }};
}

template <class Set>
Meddler<Set> closes() {
    return after_messages<Set>(a_few, [](Hand<Set>& hand) { hand.close(); });
}
template <class Set>
Meddler<Set> resets() {
    return after_messages<Set>(a_few, [](Hand<Set>& hand) { hand.lose(Loss::reset); });
}
template <class Set>
Meddler<Set> vanishes() {
    return after_messages<Set>(a_few, [](Hand<Set>& hand) { hand.lose(Loss::half_open); });
}
template <class Set>
Meddler<Set> stops_reading() {
    return {{}, [left = a_few](Hand<Set>& hand, io::Send<Set> send) mutable {
                hand.pass(send);
                if (--left == 0) hand.pause(true);
            }};
}

template <class Set>
Meddler<Set> mute_after_handshake() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                if (send.message.channel() == handshake) hand.pass(send);
            }};
}

template <class Set>
Meddler<Set> says_twice() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                hand.pass(send);
                if (send.message.channel() != handshake) hand.pass(send);
            }};
}

template <class Set>
Meddler<Set> nonsense() {
    return {{}, [](Hand<Set>& hand, io::Send<Set> send) {
                static constexpr std::uint8_t bytes[] = {0x82, 0x18, 0x63, 0xf6};  // [99, null]
                if (send.message.channel() == handshake) return hand.pass(send);
                hand.say(send.message.channel(), send.role, bytes);
            }};
}

BlockPoint made_up(std::uint64_t number) {
    BlockPoint point{Slot{4'242'424'242 + number}, {}};
    point.hash.fill(0x66);
    return point;
}

template <class Set>
Bytes encoded(const Set& message) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    message.encode(out);
    return bytes.take();
}

namespace {

Meddler<n2c::Message> huge_items() {
    return {{}, [](Hand<n2c::Message>& hand, io::Send<n2c::Message> send) {
                constexpr std::size_t numbers = 3U << 20;
                const auto enlarge = [](auto& message) {
                    if constexpr (requires { message.cbor; }) {
                        std::vector<std::uint8_t> bytes(numbers + 2, 0x00);
                        bytes.front() = 0x9f;
                        bytes.back() = 0xff;
                        message.cbor = Bytes::copy(bytes);
                    }
                };
                if (auto* const message = send.message.as<LocalStateQuery>()) std::visit(enlarge, *message);
                hand.pass(send);
            }};
}

constexpr LocalVice local[] = {
    {"silent", "opens a connection and sends nothing", &silent},
    {"mute_after_handshake", "sends nothing after the handshake", &mute_after_handshake},
    {"garbage", "sends an HTTP response", &garbage},
    {"trickle", "sends a byte per second", &trickle},
    {"oversized", "starts a message above every size limit", &oversized},
    {"huge_items", "sends queries and answers of three million numbers", &huge_items},
    {"truncates", "closes inside a message", &truncates},
    {"nonsense", "sends items that are no messages", &nonsense},
    {"says_twice", "sends everything twice after the handshake", &says_twice},
    {"unregistered", "sends on an unused mini-protocol", &unregistered},
    {"closes", "closes after three messages", &closes},
    {"resets", "resets the connection after three messages", &resets},
    {"vanishes", "disappears without notice after three messages", &vanishes},
    {"stops_reading", "stops reading after three messages", &stops_reading},
};

}  // namespace

// Instances for messages between nodes, used in other files; those for clients are used only here.
template Meddler<M> silent();
template Meddler<M> garbage();
template Meddler<M> trickle();
template Meddler<M> oversized();
template Meddler<M> truncates();
template Meddler<M> unregistered();
template Meddler<M> closes();
template Meddler<M> resets();
template Meddler<M> vanishes();
template Meddler<M> stops_reading();
template Bytes encoded(const M&);

}  // namespace vice

std::span<const LocalVice> local_vices() noexcept { return vice::local; }

}  // namespace ouro::emulation
