#include <ouro/mux/egress.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ouro::mux {

namespace {

// Between any two references there is at most one buffer of copies.
static_assert(2 * (Batch::max_bytes / Batch::share_threshold) + 1 <= Batch::max_buffers);

/// Fills a batch: neighbours that are copied become one buffer.
class Composer {
  public:
    explicit Composer(Batch& batch) : batch_(batch) {
        // Copies and references together are at most `max_bytes`, so scratch never grows under the buffers.
        if (batch_.scratch.size() < Batch::max_bytes) batch_.scratch.resize(Batch::max_bytes);
        batch_.buffers.clear();
        batch_.bytes = 0;
    }

    [[nodiscard]] bool has_room(std::size_t bytes) const noexcept { return bytes <= Batch::max_bytes - batch_.bytes; }

    void copy(BytesView bytes) {
        std::uint8_t* to = batch_.scratch.data() + used_;
        std::memcpy(to, bytes.data(), bytes.size());
        used_ += bytes.size();
        batch_.bytes += bytes.size();
        if (merging_) {
            BytesView& last = batch_.buffers.back();
            last = {last.data(), last.size() + bytes.size()};
        } else {
            batch_.buffers.emplace_back(to, bytes.size());
            merging_ = true;
        }
    }

    void payload(const ByteQueue& queue, ByteQueue::Cursor& at, std::size_t count) {
        while (count != 0) {
            const BytesView run = queue.read(at, count);
            count -= run.size();
            if (run.size() < Batch::share_threshold) {
                copy(run);
            } else {
                batch_.buffers.push_back(run);
                batch_.bytes += run.size();
                merging_ = false;
            }
        }
    }

  private:
    Batch& batch_;
    std::size_t used_ = 0;  // of scratch
    bool merging_ = false;  // the last buffer ends where the unused part of scratch begins
};

}  // namespace

Egress::Egress(std::size_t segment_payload) : segment_payload_(static_cast<std::uint32_t>(segment_payload)) {
    if (segment_payload == 0 || segment_payload > max_segment_payload_length) {
        throw std::invalid_argument("ouro: a segment's payload is 1 to 65,535 bytes");
    }
}

std::size_t Egress::size(Channel channel, Role role) const noexcept {
    for (const Endpoint& e : endpoints_) {
        if (e.channel == channel && e.role == role) return e.queue.size();
    }
    return 0;
}

Egress::Endpoint& Egress::at(Channel channel, Role role) {
    assert(!planned_);
    const auto is = [&](const Endpoint& e) { return e.channel == channel && e.role == role; };
    if (last_ < endpoints_.size() && is(endpoints_[last_])) return endpoints_[last_];
    const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), is);
    last_ = static_cast<std::uint32_t>(found - endpoints_.begin());
    if (found != endpoints_.end()) return *found;
    endpoints_.reserve(endpoints_.size() + 1);  // exact: connections are many, endpoints few
    Endpoint& endpoint = endpoints_.emplace_back();
    endpoint.channel = channel;
    endpoint.role = role;
    return endpoint;
}

void Egress::appended(Endpoint& endpoint, std::size_t before) {
    const std::size_t more = endpoint.queue.size() - before;
    size_ += more;
    if (more == 0 || endpoint.in_line) return;
    endpoint.in_line = true;
    line_.push_back(static_cast<std::uint16_t>(&endpoint - endpoints_.data()));
}

SegmentHeader Egress::header_of(const Cut& segment) const noexcept {
    const Endpoint& endpoint = endpoints_[segment.endpoint];
    return {segment.time, endpoint.channel, endpoint.role, segment.length};
}

Egress::Cut Egress::cut_from(std::uint16_t endpoint, std::size_t rest, std::uint32_t time) const noexcept {
    const std::size_t length = std::min<std::size_t>(rest, segment_payload_);
    return {endpoint, static_cast<std::uint16_t>(length), time, header_size + length};
}

// `settle` walks the same turns as this one, so nothing of the plan has to be kept.
void Egress::plan(Batch& batch, std::uint32_t time) {
    Composer out(batch);
    time_ = time;
    planned_ = size_ != 0;
    for (Endpoint& e : endpoints_) {
        e.planned = 0;
        e.at = e.queue.begin();
    }

    const auto add = [&](const Cut& segment) {
        if (!out.has_room(segment.left)) return false;
        Endpoint& e = endpoints_[segment.endpoint];
        const std::size_t payload = segment.payload_left();
        const auto header = encode_header(header_of(segment));
        if (segment.left > payload) out.copy(BytesView(header).last(segment.left - payload));
        out.payload(e.queue, e.at, payload);
        e.planned += payload;
        return true;
    };

    if (cut_.left != 0) add(cut_);
    // No endpoint joins the line meanwhile, so taking turns means passing along it again and again.
    for (bool more = true; more;) {
        more = false;
        for (std::size_t i = 0; i < line_.size(); ++i) {
            const Endpoint& e = endpoints_[line_[i]];
            const std::size_t rest = e.queue.size() - e.planned;
            if (rest == 0) continue;
            if (!add(cut_from(line_[i], rest, time))) return;
            more = true;
        }
    }
}

void Egress::settle(std::size_t bytes) {
    planned_ = false;
    if (cut_.left != 0) advance(bytes);
    while (bytes != 0) {
        assert(!line_.empty());
        const std::uint16_t index = line_.pop_front();
        Endpoint& e = endpoints_[index];
        const std::size_t rest = e.queue.size() - e.gone;
        cut_ = cut_from(index, rest, time_);
        e.in_line = rest > cut_.length;
        if (e.in_line) line_.push_back(index);
        advance(bytes);
    }
    for (Endpoint& e : endpoints_) {
        if (e.gone == 0) continue;
        e.queue.consume(e.gone);
        size_ -= e.gone;
    }
}

// Frees all memory: connections are many, and most have nothing to write.
void Egress::release() noexcept {
    std::vector<Endpoint>().swap(endpoints_);
    line_.clear();
}

// Assigns as many of `bytes` as belong to it to the segment that is being written.
void Egress::advance(std::size_t& bytes) noexcept {
    const std::size_t payload = cut_.payload_left();
    const std::size_t now = std::min(bytes, cut_.left);
    cut_.left -= now;
    bytes -= now;
    endpoints_[cut_.endpoint].gone += payload - cut_.payload_left();
}

}  // namespace ouro::mux
