#include <ouro/mux/ingress.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace ouro::mux {

namespace {

constexpr Channel handshake{0};

BytesView cut(BytesView& from, std::size_t count) noexcept {
    const BytesView front = from.first(count);
    from = from.subspan(count);
    return front;
}

}  // namespace

Ingress::Endpoint* Ingress::find(Channel channel, Role role) noexcept {
    const auto is = [&](const Endpoint& e) { return e.place.channel == channel && e.place.role == role; };
    if (segment_ < endpoints_.size() && is(endpoints_[segment_])) return &endpoints_[segment_];
    const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), is);
    return found == endpoints_.end() ? nullptr : &*found;
}

void Ingress::open_gate() noexcept {
    gate_ = Gate::open;
    discarding_ = payload_left_ != 0;
    endpoints_.clear();
    runnable_ = 0;
}

void Ingress::expect(Channel channel, Role role, std::uint32_t items, std::size_t max_bytes, std::size_t queue,
                     const std::shared_ptr<cbor::ItemWatch>& watch) {
    if (channel == handshake) {
        if (gate_ == Gate::open) return;
        assert(role == (opened_ == Direction::outbound ? Role::initiator : Role::responder));
        if (items != 0) gate_ = Gate::handshake;
    } else if (gate_ != Gate::open) {
        open_gate();
    }

    Endpoint* endpoint = find(channel, role);
    if (endpoint == nullptr) {
        endpoints_.reserve(endpoints_.size() + 1);  // exact: connections are many, endpoints few
        endpoint = &endpoints_.emplace_back();
        endpoint->place = {channel, role};
        endpoint->limit = queue != 0 ? queue : limit_(channel);
    }
    const bool was_runnable = endpoint->runnable();
    endpoint->credit += std::min(items, UINT32_MAX - endpoint->credit);
    endpoint->max_bytes = max_bytes;
    if (watch) endpoint->keep().watch = watch;
    endpoint->closed = items == 0 && max_bytes == 0 && endpoint->credit == 0;
    if (endpoint->closed && endpoint->has_queued() && failure_ == Errc::none) fail(Errc::unread_data, endpoint->place);
    if (!was_runnable && endpoint->runnable()) ++runnable_;
}

void Ingress::give_back() noexcept {
    assembled_ = Bytes();
    if (lender_ >= endpoints_.size()) return;
    Endpoint& lender = endpoints_[lender_];
    if (!lender.unread || lender.unread->lent == 0) return;
    lender.unread->queue.consume(std::exchange(lender.unread->lent, 0));
    lender.tidy();
}

Errc Ingress::fail(Errc error, Place place, std::optional<std::size_t> offset) noexcept {
    failure_ = error;
    failed_at_ = place;
    failed_offset_ = offset;
    return error;
}

Errc Ingress::next(BytesView& input, Taken& taken) {
    give_back();
    if (failure_ != Errc::none) return failure_;
    if (runnable_ != 0) {
        if (const Errc status = next_queued(taken); status != Errc::need_more) return status;
    }
    while (!input.empty() && gate_ != Gate::closed) {
        if (payload_left_ == 0) {
            if (const Errc status = begin_segment(input); status != Errc::none) return status;
            continue;
        }
        BytesView payload = input.first(std::min<std::size_t>(payload_left_, input.size()));
        const std::size_t before = payload.size();
        Errc status = Errc::need_more;
        if (discarding_) {
            payload = {};
        } else if (Endpoint& endpoint = endpoints_[segment_]; endpoint.closed) {
            return fail(Errc::unread_data, endpoint.place);
        } else if (endpoint.credit == 0) {
            append(endpoint, payload);
            payload = {};
        } else {
            status = frame(endpoint, payload, taken);
            if (status == Errc::none) endpoint.tidy();
            if (status == Errc::none && gate_ == Gate::handshake) {
                gate_ = Gate::closed;
                discarding_ = true;
                payload = {};
            }
        }
        const std::size_t used = before - payload.size();
        input = input.subspan(used);
        payload_left_ = static_cast<std::uint16_t>(payload_left_ - used);
        if (payload_left_ == 0) discarding_ = false;
        if (status != Errc::need_more) return status;
    }
    return Errc::need_more;
}

Errc Ingress::put_aside(BytesView input) {
    give_back();
    while (failure_ == Errc::none && !input.empty()) {
        if (payload_left_ == 0) {
            if (const Errc status = begin_segment(input); status != Errc::none) return status;
            continue;
        }
        const BytesView payload = cut(input, std::min<std::size_t>(payload_left_, input.size()));
        payload_left_ = static_cast<std::uint16_t>(payload_left_ - payload.size());
        if (!discarding_) {
            Endpoint& endpoint = endpoints_[segment_];
            if (endpoint.closed) return fail(Errc::unread_data, endpoint.place);
            append(endpoint, payload);
        }
        if (payload_left_ == 0) discarding_ = false;
    }
    return failure_;
}

void Ingress::append(Endpoint& endpoint, BytesView payload) {
    const bool was_runnable = endpoint.runnable();
    endpoint.keep().queue.append(payload);
    if (!was_runnable && endpoint.runnable()) ++runnable_;
}

Errc Ingress::begin_segment(BytesView& input) {
    BytesView bytes;
    if (header_bytes_ == 0) ++segments_;
    if (header_bytes_ == 0 && input.size() >= header_size) {
        bytes = cut(input, header_size);
    } else {
        const BytesView more = cut(input, std::min(header_size - header_bytes_, input.size()));
        std::memcpy(header_.data() + header_bytes_, more.data(), more.size());
        header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + more.size());
        if (header_bytes_ < header_size) return Errc::none;
        header_bytes_ = 0;
        bytes = header_;
    }

    const auto header = decode_header(bytes);
    if (!header) {
        const std::uint16_t number = load_be16(bytes.data() + 4);
        return fail(header.error(), {Channel{static_cast<std::uint16_t>(number & 0x7fff)},
                                     number > 0x7fff ? Role::initiator : Role::responder});
    }
    if (const Errc status = route(*header); status != Errc::none) return status;
    payload_left_ = header->length;
    return Errc::none;
}

// Finds the endpoint of a segment and checks that it may come.
Errc Ingress::route(const SegmentHeader& header) {
    const Place place{header.channel, other(header.sender)};
    if (gate_ == Gate::handshake) {
        if (header.channel != handshake) return fail(Errc::unknown_protocol, place);
        if (opened_ == Direction::inbound && place.role != Role::responder) return fail(Errc::wrong_direction, place);
        segment_ = 0;
        return Errc::none;
    }
    const Endpoint* endpoint = find(place.channel, place.role);
    if (endpoint == nullptr || endpoint->limit == 0) {
        const Endpoint* reverse = find(place.channel, header.sender);
        const bool known = reverse != nullptr && reverse->limit != 0;
        return fail(known ? Errc::wrong_direction : Errc::unknown_protocol, place);
    }
    // The reference's rule: the whole segment counts, even if its bytes could be taken at once.
    if (endpoint->queued() + header.length > endpoint->limit) return fail(Errc::ingress_overflow, place);
    segment_ = static_cast<std::uint32_t>(endpoint - endpoints_.data());
    return Errc::none;
}

Errc Ingress::next_queued(Taken& taken) {
    while (runnable_ != 0) {
        if (turn_ >= endpoints_.size()) turn_ = 0;
        const std::uint32_t index = turn_++;
        Endpoint& endpoint = endpoints_[index];
        if (!endpoint.runnable()) continue;

        Unread& unread = *endpoint.unread;
        BytesView run = unread.queue.view();
        const Errc status = frame(endpoint, run, taken);
        const std::size_t used = unread.queue.size() - run.size();
        if (status == Errc::none && taken.owner == nullptr) {
            // The item lies in the queue and stays there until the next call.
            unread.lent = used;
            lender_ = index;
        } else {
            unread.queue.consume(used);
            endpoint.tidy();
        }
        if (!endpoint.runnable()) --runnable_;
        if (status != Errc::need_more) return status;
    }
    return Errc::need_more;
}

// Continues the endpoint's item and advances `run` past the bytes that belong to it. Keeps the endpoint's unread bytes.
Errc Ingress::frame(Endpoint& endpoint, BytesView& run, Taken& taken) {
    const std::size_t had = endpoint.arrived();
    const auto too_large = [&] { return fail(Errc::message_too_large, endpoint.place, endpoint.max_bytes); };
    if (had >= endpoint.max_bytes) return too_large();
    const std::size_t room = endpoint.max_bytes - had;
    cbor::Scanner fresh;
    cbor::Scanner& scanner = endpoint.unread ? endpoint.unread->scanner : fresh;
    const auto progress = scanner.scan(run.first(std::min(run.size(), room)));
    if (progress.status != Errc::none && progress.status != Errc::need_more) {
        return fail(progress.status, endpoint.place, had + progress.used);
    }
    const BytesView bytes = cut(run, progress.used);
    if (endpoint.unread && endpoint.unread->watch) {
        if (const Errc status = endpoint.unread->watch->arrived(bytes); status != Errc::none)
            return fail(status, endpoint.place, had);
    }

    if (progress.status == Errc::need_more) {
        const std::uint64_t missing = scanner.missing();
        if (bytes.size() == room || missing > room - bytes.size()) return too_large();
        if (!endpoint.unread) endpoint.keep().scanner = std::move(fresh);
        Unread& unread = *endpoint.unread;
        if (unread.consumed()) return Errc::need_more;
        const std::size_t least = had + bytes.size() + static_cast<std::size_t>(missing);
        // Doubles if the heads announce too little, so that an item of many small parts is not copied again and again.
        if (had + bytes.size() > unread.part.capacity()) {
            unread.part.reserve(std::min(std::max(least, 2 * had), endpoint.max_bytes));
        }
        unread.part.append(bytes);
        return Errc::need_more;
    }

    --endpoint.credit;
    taken.channel = endpoint.place.channel;
    taken.role = endpoint.place.role;
    taken.bytes = bytes;
    taken.owner = nullptr;
    if (endpoint.unread) end_item(*endpoint.unread, had, taken);
    return Errc::none;
}

// Ends an item of which `had` bytes had arrived before, or that is watched.
void Ingress::end_item(Unread& unread, std::size_t had, Taken& taken) {
    const auto watch = std::exchange(unread.watch, nullptr);
    if (watch && watch->consumes()) {
        assembled_ = watch->ended();
    } else if (had != 0) {
        unread.part.reserve(had + taken.bytes.size());  // exact, because the item ends here
        unread.part.append(taken.bytes);
        assembled_ = unread.part.freeze();
    } else {
        return;
    }
    taken.bytes = assembled_;
    taken.owner = &assembled_;
}

std::size_t Ingress::want() const noexcept {
    switch (gate_) {
        case Gate::closed: return 0;
        case Gate::handshake: return payload_left_ != 0 ? payload_left_ : header_size - header_bytes_;
        case Gate::open: break;
    }
    return SIZE_MAX;
}

bool Ingress::inside_segment() const noexcept {
    return gate_ != Gate::closed && (header_bytes_ != 0 || payload_left_ != 0);
}

bool Ingress::inside_item() const noexcept {
    return inside_segment() ||
           std::any_of(endpoints_.begin(), endpoints_.end(), [](const Endpoint& e) { return e.arrived() != 0; });
}

std::size_t Ingress::waiting() const noexcept {
    std::size_t bytes = 0;
    for (const Endpoint& e : endpoints_)
        if (e.unread) bytes += e.unread->queue.size() - e.unread->lent + e.unread->part.capacity();
    return bytes;
}

Ingress::Held Ingress::held() const noexcept {
    Held held;
    for (const Endpoint& e : endpoints_) {
        if (!e.unread) continue;
        std::size_t& credited = e.place.role == Role::initiator ? held.requested : held.awaited;
        if (e.has_queued()) (e.credit == 0 ? held.unread : credited) += e.unread->queue.capacity();
        credited += e.unread->part.capacity();
    }
    return held;
}

}  // namespace ouro::mux
