#include <ouro/behavior/concept.hpp>
#include <ouro/protocol/message.hpp>

#include "support/catch.hpp"

// Each concept with a model that is good, and with models that differ from it in one thing.

namespace {

using namespace ouro;

struct Good {
    int value = 0;

    [[nodiscard]] Channel channel() const noexcept { return Channel{2}; }
    void encode(cbor::Writer& out) const { out.uint(static_cast<std::uint64_t>(value)); }
    static Result<Good> decode(Channel, const Item&) { return Errc::malformed; }
    static std::size_t ingress_limit(Channel) noexcept { return 1000; }
    static std::string_view protocol_name(Channel) noexcept { return {}; }
    friend bool operator==(const Good&, const Good&) = default;
};

/// The good message with everything of its own type, for a bad one to begin with.
template <class M>
struct Base {
    [[nodiscard]] Channel channel() const noexcept { return Channel{2}; }
    void encode(cbor::Writer&) const {}
    static Result<M> decode(Channel, const Item&) { return Errc::malformed; }
    static std::size_t ingress_limit(Channel) noexcept { return 1000; }
    static std::string_view protocol_name(Channel) noexcept { return {}; }
    friend bool operator==(const Base&, const Base&) = default;
};
struct Plain : Base<Plain> {};
struct ThrowingChannel : Base<ThrowingChannel> {
    [[nodiscard]] Channel channel() const { return Channel{2}; }
};
struct BareChannel : Base<BareChannel> {
    [[nodiscard]] std::uint16_t channel() const noexcept { return 2; }
};
struct EncodesOnce : Base<EncodesOnce> {
    void encode(cbor::Writer&) {}
};
struct EncodesIntoBytes : Base<EncodesIntoBytes> {
    [[nodiscard]] Bytes encode() const { return {}; }
};
struct DecodesWithoutError : Base<DecodesWithoutError> {
    static DecodesWithoutError decode(Channel, const Item&) { return {}; }
};
struct DecodesAnother : Base<DecodesAnother> {
    static Result<Good> decode(Channel, const Item&) { return Errc::malformed; }
};
struct Unlimited : Base<Unlimited> {
    static void ingress_limit(Channel) noexcept {}
};
struct Nameless : Base<Nameless> {
    static void protocol_name(Channel) noexcept {}
};
struct Incomparable : Base<Incomparable> {
    friend bool operator==(const Incomparable&, const Incomparable&) = delete;
};
struct Stuck : Base<Stuck> {
    Stuck() = default;
    Stuck(Stuck&&) = delete;
};

struct Calm {
    using Message = Good;
    struct Command {};
    struct Event {};

    void handle_io(InterfaceEvent<Good>, Instant) {}
    Result<CommandId> execute(Command&, Instant) { return CommandId{1}; }
    void tick(Instant) {}
    void stop(Instant) {}
    [[nodiscard]] std::optional<Instant> next_deadline() const noexcept { return std::nullopt; }
    std::optional<InterfaceCommand<Good>> poll_command() { return std::nullopt; }
    [[nodiscard]] bool has_event() const noexcept { return false; }
    std::optional<Event> poll_event() { return std::nullopt; }
    [[nodiscard]] bool idle() const noexcept { return true; }
};
struct BadMessage : Calm {
    using Message = Incomparable;
    void handle_io(InterfaceEvent<Incomparable>, Instant) {}
    std::optional<InterfaceCommand<Incomparable>> poll_command() { return std::nullopt; }
};
struct Timeless : Calm {
    void handle_io(InterfaceEvent<Good>) {}
};
struct TakesCommands : Calm {
    Result<CommandId> execute(Command&&, Instant) { return CommandId{1}; }
};
struct AnonymousCommands : Calm {
    Result<bool> execute(Command&, Instant) { return true; }
};
struct TickAnswers : Calm {
    bool tick(Instant) { return true; }
};
struct Endless : Calm {
  private:
    using Calm::stop;
};
struct ThrowingDeadline : Calm {
    [[nodiscard]] std::optional<Instant> next_deadline() const { return std::nullopt; }
};
struct AlwaysDue : Calm {
    [[nodiscard]] Instant next_deadline() const noexcept { return {}; }
};
struct PollsBoth : Calm {
    std::optional<int> poll_command() { return std::nullopt; }
};
struct BlindPoll : Calm {
    bool has_event() noexcept { return false; }
};
struct EventByReference : Calm {
    const Event* poll_event() { return nullptr; }
};
struct NeverIdle : Calm {
    void idle() const noexcept {}
};

}  // namespace

TEST_CASE("A message encodes one item, is decoded from one, and compares", "[unit][concepts]") {
    CHECK(Message<Good>);
    CHECK_FALSE(Good{1} == Good{2});
    CHECK(Message<Plain>);
    CHECK_FALSE(Message<ThrowingChannel>);
    CHECK_FALSE(Message<BareChannel>);
    CHECK_FALSE(Message<EncodesOnce>);
    CHECK_FALSE(Message<EncodesIntoBytes>);
    CHECK_FALSE(Message<DecodesWithoutError>);
    CHECK_FALSE(Message<DecodesAnother>);
    CHECK_FALSE(Message<Unlimited>);
    CHECK_FALSE(Message<Nameless>);
    CHECK_FALSE(Message<Incomparable>);
    CHECK_FALSE(Message<Stuck>);
}

TEST_CASE("A behavior takes events with the time, and returns commands and events by call", "[unit][concepts]") {
    CHECK(Behavior<Calm>);
    CHECK_FALSE(Behavior<BadMessage>);
    CHECK_FALSE(Behavior<Timeless>);
    CHECK_FALSE(Behavior<TakesCommands>);
    CHECK_FALSE(Behavior<AnonymousCommands>);
    CHECK_FALSE(Behavior<TickAnswers>);
    CHECK_FALSE(Behavior<Endless>);
    CHECK_FALSE(Behavior<ThrowingDeadline>);
    CHECK_FALSE(Behavior<AlwaysDue>);
    CHECK_FALSE(Behavior<PollsBoth>);
    CHECK_FALSE(Behavior<BlindPoll>);
    CHECK_FALSE(Behavior<EventByReference>);
    CHECK_FALSE(Behavior<NeverIdle>);
}
