#include <ouro/emulation/scripted_peer.hpp>

namespace ouro::emulation {

namespace {

constexpr std::size_t header_bytes = 8;

void push_be(std::vector<std::uint8_t>& out, std::uint32_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

}  // namespace

std::vector<std::uint8_t> segment(std::uint16_t channel, bool responder, BytesView payload, std::uint32_t time) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(header_bytes + payload.size());
    push_be(bytes, time, 4);
    push_be(bytes, (responder ? 0x8000U : 0U) | channel, 2);
    push_be(bytes, static_cast<std::uint32_t>(payload.size()), 2);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

RawConnection::RawConnection(SocketPtr socket, Reaction reaction)
    : socket_(std::move(socket)), reaction_(std::move(reaction)) {
    socket_->handler(this);
}

RawConnection::~RawConnection() { socket_->handler(nullptr); }

void RawConnection::pause(bool paused) {
    paused_ = paused;
    if (!paused_) ready();
}

void RawConnection::ready() {
    if (!paused_) {
        socket_->read(SIZE_MAX, last_read_);
        received_.insert(received_.end(), last_read_.begin(), last_read_.end());
    }
    if (reaction_) reaction_(*this);
}

std::vector<std::uint8_t> RawConnection::received(std::uint16_t channel, bool responder) const {
    std::vector<std::uint8_t> payload;
    const std::uint32_t wanted = (responder ? 0x8000U : 0U) | channel;
    BytesView rest = received_;
    while (rest.size() >= header_bytes) {
        const std::uint32_t number = static_cast<std::uint32_t>(rest[4]) << 8 | rest[5];
        const std::size_t length = static_cast<std::size_t>(rest[6]) << 8 | rest[7];
        if (rest.size() - header_bytes < length) break;
        const BytesView part = rest.subspan(header_bytes, length);
        if (number == wanted) payload.insert(payload.end(), part.begin(), part.end());
        rest = rest.subspan(header_bytes + length);
    }
    return payload;
}

ScriptedPeer::ScriptedPeer(World& world, const PeerId& address) : world_(world), address_(address) {
    world_.attach(address_, this);
}

ScriptedPeer::~ScriptedPeer() { world_.attach(address_, nullptr); }

RawConnection& ScriptedPeer::dial(const PeerId& node) {
    return connections_.emplace_back(world_.dial(address_, node), reaction_);
}

void ScriptedPeer::accept(SocketPtr socket) {
    RawConnection& connection = connections_.emplace_back(std::move(socket), reaction_);
    if (reaction_) reaction_(connection);
}

}  // namespace ouro::emulation
