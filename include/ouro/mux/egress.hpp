#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <ouro/base/byte_queue.hpp>
#include <ouro/base/bytes.hpp>
#include <ouro/base/fifo.hpp>
#include <ouro/base/types.hpp>
#include <ouro/mux/segment.hpp>

namespace ouro::mux {

/// One vectored write, reused for every connection of an interface.
struct Batch {
    /// Bounds of one plan; the second follows from the other two. Asio passes at most 64 buffers to one call.
    static constexpr std::size_t max_bytes = 256 * 1024;
    static constexpr std::size_t max_buffers = 64;
    /// A shorter run of bytes is copied, because that is cheaper than a separate buffer.
    static constexpr std::size_t share_threshold = 12 * 1024;

    std::vector<std::uint8_t> scratch;  ///< memory of headers and short runs; sized once, by the first plan
    std::vector<BytesView> buffers;     ///< data to write, in order; they point into `scratch` and the queues
    std::size_t bytes = 0;              ///< in all buffers
};

/// The sending half of a connection: messages in, fair batches of segments out.
///
/// Every endpoint (a mini-protocol and our role in it) has a queue. Queues with data take turns, one segment per turn;
/// a queue with more data then goes to the end of the line.
class Egress {
  public:
    /// `segment_payload` is the maximum payload of a segment in bytes, 1 to 65,535.
    explicit Egress(std::size_t segment_payload = default_segment_payload_length);

    /// Calls `encode(ByteQueue&)` with the endpoint's queue, which must append only whole messages. Do not call it
    /// between `plan` and `sent`, and call nothing else of this object from `encode`.
    template <class F>
    void append(Channel channel, Role role, F&& encode) {
        Endpoint& endpoint = at(channel, role);
        const std::size_t before = endpoint.queue.size();
        std::forward<F>(encode)(endpoint.queue);
        appended(endpoint, before);
    }

    /// Whether all payload has been written.
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Bytes of payload not yet written: in all queues, and in one.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t size(Channel channel, Role role) const noexcept;

    /// Plans the next write into `batch`, replacing its contents; `time` stamps its segments. A segment that the last
    /// write cut continues first, with its original stamp. Nothing leaves a queue before `sent`.
    ///
    /// Lifetimes  The buffers are valid until the next non-const call. After every plan, call `sent` before anything is
    ///            appended, with 0 if nothing was written.
    void plan(Batch& batch, std::uint32_t time);

    /// Records that the first `bytes` bytes of the last plan were written. Calls `report(channel, role, gone, queued)`
    /// once for each endpoint whose payload was written: the bytes written, and those still queued.
    template <class F>
    void sent(std::size_t bytes, F&& report) {
        settle(bytes);
        for (std::size_t i = 0; i < endpoints_.size(); ++i) {  // by index: `report` may append
            if (const std::size_t gone = std::exchange(endpoints_[i].gone, 0); gone != 0) {
                report(endpoints_[i].channel, endpoints_[i].role, gone, endpoints_[i].queue.size());
            }
        }
        if (size_ == 0) release();
    }

  private:
    struct Endpoint {
        Channel channel{};
        Role role{};
        bool in_line = false;
        ByteQueue queue;
        std::size_t gone = 0;     // bytes written by the last write, until reported
        std::size_t planned = 0;  // bytes in the current plan
        ByteQueue::Cursor at;     // where the next planned segment begins
    };

    /// A segment that is partly written; `left` bytes of its header and payload are not.
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
    void settle(std::size_t bytes);
    void advance(std::size_t& bytes) noexcept;
    void release() noexcept;

    std::vector<Endpoint> endpoints_;   // none while all payload has been written
    detail::Fifo<std::uint16_t> line_;  // endpoints with data after the cut segment, each once
    std::size_t size_ = 0;
    std::uint32_t last_ = 0;  // endpoint found last
    std::uint32_t segment_payload_;
    Cut cut_;
    std::uint32_t time_ = 0;  // of the last plan
    bool planned_ = false;
};

}  // namespace ouro::mux
