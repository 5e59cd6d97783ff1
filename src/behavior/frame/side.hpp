#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include <ouro/protocol/machine.hpp>

namespace ouro::frame {

/// One mini-protocol on one connection, seen from one role.
struct Endpoint {
    AnyMachine machine;
    std::size_t queued = 0;   ///< bytes of our messages that have not left
    std::uint32_t queue = 0;  ///< unread bytes that may wait, of a mini-protocol that is not in the message set
    bool credited = false;    ///< the peer's next message is requested from the interface
    bool begun = false;       ///< the peer has sent something, and the protocol has not ended since
};

/// The endpoints and the slices of state that a connection has for one role: the same for all connections. Parts add
/// theirs when they are constructed.
class Layout {
  public:
    struct Spoken {
        const ProtocolTable* table;
        std::size_t queue;
    };
    struct Slice {
        std::size_t offset;
        void (*construct)(void*);
        void (*destroy)(void*) noexcept;
    };

    /// `handshake`: the table of the handshake, which every connection begins with.
    explicit Layout(const ProtocolTable& handshake) noexcept : handshake_(&handshake) {}

    /// Returns the index of the endpoint.
    /// `queue`: as `io::Receive` has it.
    std::size_t add(const ProtocolTable& protocol, std::size_t queue = 0) {
        protocols_.push_back({&protocol, queue});
        return protocols_.size() - 1;
    }
    /// Returns the offset of the slice.
    template <class State>
    std::size_t add() {
        static_assert(alignof(State) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
        const std::size_t offset = (size_ + alignof(State) - 1) / alignof(State) * alignof(State);
        size_ = offset + sizeof(State);
        slices_.push_back({offset, [](void* at) { new (at) State(); },
                           [](void* at) noexcept { std::launder(static_cast<State*>(at))->~State(); }});
        return offset;
    }

    [[nodiscard]] const ProtocolTable& handshake() const noexcept { return *handshake_; }
    [[nodiscard]] std::span<const Spoken> protocols() const noexcept { return protocols_; }
    [[nodiscard]] std::span<const Slice> slices() const noexcept { return slices_; }
    /// Bytes of all slices.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    const ProtocolTable* handshake_;
    std::vector<Spoken> protocols_;
    std::vector<Slice> slices_;
    std::size_t size_ = 0;
};

/// One role of one connection.
class Side {
  public:
    /// `layout` outlives the side.
    Side(const Layout& layout, ConnectionId connection, Role role, std::uint64_t seed, bool trusted = false);
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side();

    [[nodiscard]] ConnectionId connection() const noexcept { return connection_; }
    [[nodiscard]] Role role() const noexcept { return role_; }
    [[nodiscard]] Endpoint& endpoint(std::size_t index) noexcept { return endpoints_[index]; }
    [[nodiscard]] const Endpoint& endpoint(std::size_t index) const noexcept { return endpoints_[index]; }
    [[nodiscard]] std::span<Endpoint> endpoints() noexcept { return endpoints_; }
    [[nodiscard]] std::span<const Endpoint> endpoints() const noexcept { return endpoints_; }
    template <class State>
    [[nodiscard]] State& slice(std::size_t offset) noexcept {
        return *std::launder(reinterpret_cast<State*>(slices_.get() + offset));
    }

    /// The endpoint of the handshake, which is freed when the handshake has ended.
    std::unique_ptr<Endpoint> handshake;

    /// The earliest deadline or report of a stall of all machines; `Instant::max()` if there is none.
    [[nodiscard]] Instant due() const noexcept;
    /// The violation of the first machine whose deadline has passed.
    [[nodiscard]] std::optional<Violation> overdue(Instant now) const;
    /// Calls `report(machine)` for each wait that has lasted half its time, once for each wait.
    template <class F>
    void report_stalls(Instant now, F&& report) {
        const auto look = [&](AnyMachine& machine) {
            if (machine.stalls_at() > now) return;
            machine.stall_told();
            report(machine);
        };
        if (handshake) look(handshake->machine);
        for (Endpoint& endpoint : endpoints_) look(endpoint.machine);
    }
    /// Whether the peer has begun a mini-protocol that has not ended.
    [[nodiscard]] bool active() const noexcept;
    /// Adds the state to the violation of an item that the interface refused, which knows the protocol only.
    void locate(Violation& violation) const noexcept;

  private:
    template <class F>
    void each_machine(F&& visit) const {
        if (handshake) visit(handshake->machine);
        for (const Endpoint& endpoint : endpoints_) visit(endpoint.machine);
    }

    const Layout* layout_;
    ConnectionId connection_;
    Role role_;
    std::vector<Endpoint> endpoints_;
    std::unique_ptr<std::byte[]> slices_;
};

}  // namespace ouro::frame
