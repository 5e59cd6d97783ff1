#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <ouro/bytes.hpp>
#include <ouro/detail/fifo.hpp>
#include <ouro/mux/segment.hpp>
#include <ouro/octet_queue.hpp>
#include <ouro/types.hpp>

namespace ouro::mux {

/// One vectored write. Made to be used again for every connection of an interface.
struct Batch {
    /// Bounds of one plan; the second follows from the others. Asio passes at most 64 buffers to one call.
    static constexpr std::size_t max_octets = 256 * 1024;
    static constexpr std::size_t max_buffers = 64;
    /// A run shorter than this is copied: below it a copy is cheaper than a buffer of its own.
    static constexpr std::size_t share_threshold = 12 * 1024;

    std::vector<std::uint8_t> scratch;  ///< where headers and short runs are; sized once, by the first plan
    std::vector<BytesView> buffers;     ///< what to write, in order; into `scratch` and into the queues
    std::size_t octets = 0;             ///< in all buffers
};

/// The sending half of a connection: messages in, fair batches of segments out.
///
/// Every endpoint, a mini-protocol and our role in it, has a queue. Those with octets take turns: one segment a turn,
/// then to the tail of the line if there is more.
class Egress {
  public:
    /// `segment_payload` is how many octets of payload a segment has at most, 1 to 65,535.
    explicit Egress(std::size_t segment_payload = default_segment_payload_length);

    /// Calls `encode(OctetQueue&)` with the endpoint's queue, to append whole messages and nothing else. Not between
    /// `plan` and `sent`, and no other call of this object from `encode`.
    template <class F>
    void append(Channel channel, Role role, F&& encode) {
        Endpoint& endpoint = at(channel, role);
        const std::size_t before = endpoint.queue.size();
        std::forward<F>(encode)(endpoint.queue);
        appended(endpoint, before);
    }

    /// No payload is left to be written.
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Octets of payload not yet written: in all queues, and in one.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t size(Channel channel, Role role) const noexcept;

    /// Plans the next write into `batch`, whose old contents go; `time` stamps its segments. A segment that was cut by
    /// the last write goes on first, under the stamp it began with. Nothing leaves a queue before `sent`.
    ///
    /// Lifetimes  The buffers are good until the next call that is not const. Every plan is followed by `sent`, with 0
    ///            where nothing went out, before anything is appended.
    void plan(Batch& batch, std::uint32_t time);

    /// The first `octets` of the last plan went out. Calls `report(channel, role, gone, queued)` once for each endpoint
    /// of which payload went: the octets that left, and those that are still there.
    template <class F>
    void sent(std::size_t octets, F&& report) {
        settle(octets);
        for (std::size_t i = 0; i < endpoints_.size(); ++i) {  // by index: `report` may append
            if (const std::size_t gone = std::exchange(endpoints_[i].gone, 0); gone != 0) {
                report(endpoints_[i].channel, endpoints_[i].role, gone, endpoints_[i].queue.size());
            }
        }
    }

  private:
    struct Endpoint {
        Channel channel{};
        Role role{};
        bool in_line = false;
        OctetQueue queue;
        std::size_t gone = 0;     // by the write that is being settled
        std::size_t planned = 0;  // by the plan that is being made
        OctetQueue::Cursor at;    // where the next planned segment begins
    };

    /// The segment whose header has begun to go out; `left` of header and payload has not gone.
    struct Cut {
        std::uint16_t endpoint = 0;
        std::uint16_t length = 0;
        std::uint32_t time = 0;
        std::size_t left = 0;

        [[nodiscard]] std::size_t payload_left() const noexcept { return left < length ? left : length; }
    };

    [[nodiscard]] SegmentHeader header_of(const Cut& segment) const noexcept;
    [[nodiscard]] Cut cut_from(std::uint16_t endpoint, std::size_t rest, std::uint32_t time) const noexcept;
    Endpoint& at(Channel channel, Role role);
    void appended(Endpoint& endpoint, std::size_t before);
    void settle(std::size_t octets);
    void advance(std::size_t& octets) noexcept;

    std::vector<Endpoint> endpoints_;
    detail::Fifo<std::uint16_t> line_;  // endpoints with octets behind the cut segment, each once
    std::size_t size_ = 0;
    std::size_t last_ = 0;  // endpoint found last
    std::size_t segment_payload_;
    Cut cut_;
    std::uint32_t time_ = 0;  // of the last plan
    bool planned_ = false;
};

}  // namespace ouro::mux
