#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/conversation.hpp"

namespace conformance {

/// A stream in which the library's messages are not the recorded ones.
struct Difference {
    Stream stream;
    bool more = false;  ///< only in that it wrote more: the recorded messages are the first ones
    std::string text;
};

/// A difference that was decided, with its reason.
struct Choice {
    std::string_view conversation;
    Stream stream;
    bool more = false;  ///< as `Difference::more`
    std::string_view reason;
};

/// All decided differences. docs/conformance.md has the same list.
[[nodiscard]] const std::vector<Choice>& choices();
/// The decision about a difference; null if there is none.
[[nodiscard]] const Choice* decision(const Conversation& conversation, const Difference& difference);

/// The message without what any side chooses: the cookie of a ping, and the text of a refusal.
[[nodiscard]] raw::ByteVector comparable(const Spoken& spoken);

}  // namespace conformance
