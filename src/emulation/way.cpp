#include <ouro/emulation/way.hpp>

#include <algorithm>

#include <ouro/base/random.hpp>

#include "emulation/second.hpp"

namespace ouro::emulation {

namespace {

/// With a limit on the bandwidth, bytes arrive in packets of what passes in a twentieth of a second, or of this size if
/// it is larger.
constexpr std::size_t packet = 1'448;
/// Limit on streams that keep an order of their own; a peer with more mini-protocols than exist sends garbage.
constexpr std::size_t most_streams = 64;

Duration draw(Duration most, std::uint64_t& random) noexcept {
    if (most <= Duration::zero()) return {};
    const auto range = static_cast<std::uint64_t>(most.count()) + 1;
    return Duration(static_cast<Duration::rep>(detail::next_random(random) % range));
}

}  // namespace

std::uint64_t draw_around(std::uint64_t mean, std::uint64_t& random) noexcept {
    if (mean == 0) return 0;
    return detail::next_random(random) % (2 * std::min(mean, UINT64_MAX / 4) + 1);
}

void Way::travel(BytesView bytes, Instant now, std::uint64_t& random, std::vector<Run>& runs) {
    const Duration delay = this->delay(random);
    const std::uint64_t bandwidth = link_->bandwidth;
    const bool overtaking = link_->overtaking > Duration::zero();
    if (bandwidth == 0 && !overtaking) runs.push_back({bytes.size(), behind(now + delay)});
    while (!bytes.empty()) {
        const Part part = cut(bytes);
        bytes = bytes.subspan(part.bytes);
        // A partial segment, or one of the handshake, overtakes none and is not overtaken.
        if (overtaking && part.whole && (part.number & 0x7fffU) != 0) {
            const Instant at = leave(part.bytes, now) + delay + draw(link_->overtaking, random);
            runs.push_back(behind_its_own(part, at));
        } else if (bandwidth != 0) {
            const auto most = std::max(packet, static_cast<std::size_t>(bandwidth / 20));
            for (std::size_t left = part.bytes; left != 0;) {
                const std::size_t now_leaving = std::min(left, most);
                left -= now_leaving;
                runs.push_back({now_leaving, behind(leave(now_leaving, now) + delay)});
            }
        } else if (overtaking) {
            runs.push_back({part.bytes, behind(now + delay)});
        }
    }
}

Duration Way::delay(std::uint64_t& random) const noexcept { return link_->latency + draw(link_->jitter, random); }

Instant Way::behind_all(Instant now, std::uint64_t& random) { return behind(leave(0, now) + delay(random)); }

std::size_t Way::corrupt(std::vector<std::uint8_t>& bytes, std::uint64_t& random) {
    if (link_->flip_every == 0) return 0;
    std::size_t flips = 0;
    for (std::size_t at = 0;;) {
        if (until_flip_ == 0) until_flip_ = draw_around(link_->flip_every, random) + 1;
        if (until_flip_ > bytes.size() - at) {
            until_flip_ -= bytes.size() - at;
            return flips;
        }
        at += until_flip_;
        until_flip_ = 0;
        bytes[at - 1] ^= static_cast<std::uint8_t>(1U << detail::next_random(random) % 8);
        ++flips;
    }
}

// Splits off the rest of the current segment, or as much of it as there is in `bytes`.
Way::Part Way::cut(BytesView bytes) noexcept {
    Part part;
    const bool fresh = header_bytes_ == 0;
    if (header_bytes_ < header_.size()) {
        part.bytes = std::min(header_.size() - header_bytes_, bytes.size());
        std::copy_n(bytes.begin(), part.bytes, header_.begin() + static_cast<std::ptrdiff_t>(header_bytes_));
        header_bytes_ += part.bytes;
        if (header_bytes_ < header_.size()) return part;
        payload_left_ = load_be16(header_.data() + 6);
    }
    const std::size_t payload = std::min(payload_left_, bytes.size() - part.bytes);
    part.bytes += payload;
    payload_left_ -= payload;
    if (payload_left_ != 0) return part;
    header_bytes_ = 0;
    part.whole = fresh;
    part.number = load_be16(header_.data() + 4);
    return part;
}

Instant Way::leave(std::size_t bytes, Instant now) noexcept {
    if (link_->bandwidth == 0) return now;
    const auto takes = static_cast<Duration::rep>(bytes * second / link_->bandwidth);
    return left_ = std::max(left_, now) + Duration(takes);
}

Instant Way::behind(Instant at) noexcept { return barrier_ = last_ = std::max(last_, at); }

Way::Run Way::behind_its_own(Part segment, Instant at) {
    const std::uint16_t number = segment.number;
    auto stream = std::find_if(streams_.begin(), streams_.end(), [&](const Stream& s) { return s.number == number; });
    if (stream == streams_.end()) {
        if (streams_.size() == most_streams) return {segment.bytes, behind(at)};
        stream = streams_.insert(streams_.end(), {number, {}});
    }
    stream->last = std::max({stream->last, barrier_, at});
    const bool overtakes = stream->last < last_;
    last_ = std::max(last_, stream->last);
    return {segment.bytes, stream->last, overtakes};
}

}  // namespace ouro::emulation
