#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ouro/protocol/machine.hpp>

#include "support/catch.hpp"
#include "support/wire.hpp"

/// The traces that traces.py prints, and the mini-protocols of the library that they belong to.
namespace model {

using namespace ouro;
using raw::ByteVector;

/// A mini-protocol of the library, without its types.
struct Codec {
    const ProtocolTable* table;
    std::size_t ingress_limit;
    Result<std::size_t> (*index_of)(BytesView item);  ///< of the message that the item is
    ByteVector (*rewritten)(BytesView item);          ///< decoded, and encoded again
};

struct Message {
    Role sender;
    ByteVector item;
    std::string name;
    std::size_t index;  ///< among the library's messages
};
struct Step {
    Role sender;
    char letter;
};
/// Legal steps, and what may not follow.
struct Trace {
    std::string steps;
    std::string state;
    std::size_t waiting = 0;  ///< messages sent ahead whose turn has not come
    std::vector<Step> rejected;
    std::vector<Step> early;  ///< sent while the other side has agency, and not allowed ahead
};
struct Protocol {
    std::string family;
    std::uint16_t number = 0;
    std::string name;
    bool again = false;  ///< may begin again after Done
    Role asker = Role::initiator;
    std::map<char, Message> messages;
    std::vector<Trace> traces;  ///< each message in its turn
    std::vector<Trace> ahead;   ///< in the order of the side that sends ahead
    Codec codec{};

    [[nodiscard]] const Message& message(char letter) const { return messages.at(letter); }
    /// Whether the message ends the mini-protocol.
    [[nodiscard]] bool done_after(char letter) const { return message(letter).name.ends_with("Done"); }
};

/// The mini-protocol of the library with this number; fails if there is none.
Codec codec_of(const std::string& family, std::uint16_t number);

/// All mini-protocols of the file that was generated for this build; empty where there was no python3.
const std::vector<Protocol>& protocols();
/// Whether there are traces; says so if not, which skips the test.
bool have_traces();

[[nodiscard]] constexpr std::string_view name_of(Role role) noexcept {
    return role == Role::initiator ? "initiator" : "responder";
}

}  // namespace model
