#include <array>
#include <deque>
#include <map>
#include <utility>

#include <ouro/n2c/message.hpp>
#include <ouro/n2n/message.hpp>

#include "conformance/conversation.hpp"
#include "support/catch.hpp"
#include "support/test_data.hpp"

using namespace ouro;
using namespace conformance;

namespace {

template <class... Protocols>
const ProtocolTable* table_of_channel(const MessageSet<Protocols...>*, Channel channel) {
    const ProtocolTable* found = nullptr;
    const auto look = [&]<class P>(const P*) {
        if constexpr (!std::same_as<P, RawProtocol>)
            if (P::channel == channel) found = &table_of<P>();
    };
    (look(static_cast<const Protocols*>(nullptr)), ...);
    return found;
}

/// Both ends of one mini-protocol. An end reads a message when its state awaits one, so what was sent ahead waits.
class Ends {
  public:
    explicit Ends(const ProtocolTable& table)
        : ends_{End{AnyMachine(table, Role::initiator, {}), {}}, End{AnyMachine(table, Role::responder, {}), {}}} {}

    /// Errors  those of the machines
    Errc say(bool responder, std::size_t message, std::size_t bytes, Instant now) {
        End& sender = ends_[responder ? 1 : 0];
        End& reader = ends_[responder ? 0 : 1];
        if (const Errc error = sender.machine.send(message, now); error != Errc::none) return error;
        reader.waiting.emplace_back(message, bytes);
        for (End* end : {&reader, &sender})
            if (const Errc error = read(*end, now); error != Errc::none) return error;
        if (ends_[0].machine.done() && ends_[1].machine.done())
            for (End& end : ends_) end.machine.restart();
        return Errc::none;
    }
    /// Both ends are in the same state, except for requests sent ahead.
    [[nodiscard]] bool agree() const {
        const bool ahead = ends_[0].machine.pending() + ends_[1].machine.pending() != 0;
        return ahead || !ends_[0].waiting.empty() || !ends_[1].waiting.empty() ||
               ends_[0].machine.state() == ends_[1].machine.state();
    }

  private:
    struct End {
        AnyMachine machine;
        std::deque<std::pair<std::size_t, std::size_t>> waiting;  // messages with their sizes
    };

    static Errc read(End& end, Instant now) {
        while (!end.waiting.empty() && end.machine.theirs()) {
            const auto [message, bytes] = end.waiting.front();
            if (const Errc error = end.machine.receive(message, bytes, now); error != Errc::none) return error;
            end.waiting.pop_front();
        }
        return Errc::none;
    }

    std::array<End, 2> ends_;
};

/// Plays a whole conversation between machines. Returns the number of its messages.
template <class Set>
std::size_t play(const Conversation& conversation) {
    std::map<std::pair<Side, std::uint16_t>, Ends> all;  // by the initiator's side and the channel
    std::size_t count = 0;
    for (const Spoken& spoken : conversation.messages) {
        const auto& [side, channel, responder] = spoken.stream;
        INFO("message " << count << ", channel " << channel << ", of " << static_cast<char>(side) << " in line "
                        << spoken.line);
        ++count;
        const auto message = Set::decode(Channel{channel}, Item{spoken.bytes, nullptr});
        CHECK(message.has_value());
        if (!message) return 0;
        CAPTURE(message->name());
        CHECK(to_hex(cbor::encode(*message)) == to_hex(spoken.bytes));

        const ProtocolTable* table = table_of_channel(static_cast<const Set*>(nullptr), Channel{channel});
        REQUIRE(table != nullptr);
        const Instant now{conversation.lines[spoken.line].at};
        // After a simultaneous open each side takes the other's proposal for an answer.
        const bool answer = responder || (channel == 0 && all.contains({other(side), 0}));
        const Side initiator = answer ? other(side) : side;
        Ends& ends = all.try_emplace({initiator, channel}, *table).first->second;
        const Errc error = ends.say(answer, message->message_index(), spoken.bytes.size(), now);
        CHECK(name(error) == name(Errc::none));
        if (error != Errc::none) return 0;
    }
    for (const auto& [key, ends] : all) CHECK(ends.agree());
    return count;
}

}  // namespace

TEST_CASE("The machines of both sides accept every recorded message, and the codecs write its bytes again",
          "[conformance][recorded][machines]") {
    if (!support::have(support::recorded_conversations())) return;
    std::size_t messages = 0, tried = 0;
    for (const Conversation& conversation : read_conversations(support::recorded_conversations())) {
        INFO(conversation.name << ": " << conversation.what);
        CHECK(conversation.whole == !conversation.name.starts_with("end-segment-stalled"));
        messages += conversation.local() ? play<n2c::Message>(conversation) : play<n2n::Message>(conversation);
        ++tried;
    }
    CHECK(tried == 67);
    CHECK(messages == 3'975);
}

TEST_CASE("The machines of both sides accept every message of the published conversations",
          "[conformance][vectors][machines]") {
    std::size_t tried = 0;
    for (const Conversation& conversation : read_conversations(OURO_VECTORS)) {
        INFO(conversation.name << ": " << conversation.what);
        CHECK(conversation.whole);
        (void)(conversation.local() ? play<n2c::Message>(conversation) : play<n2n::Message>(conversation));
        ++tried;
    }
    CHECK(tried == 19);
}
