#pragma once

#include <string>
#include <vector>

#include <ouro/chain/header.hpp>
#include <ouro/chain/synthetic.hpp>
#include <ouro/feed/writer.hpp>

#include "support/catch.hpp"

/// What the tests of feeds share: a chain that forks, and its steps.
namespace feeds {

using namespace ouro;
using namespace ouro::feed;

class ForkedChain {
  public:
    explicit ForkedChain(std::uint64_t seed = 1) : chain_(options(seed)) {}

    /// Adds a block, and returns its step.
    Forward extend() {
        chain_.extend(1);
        Forward step;
        step.block = *chain_.block(chain_.size());
        const Point point = chain_.point(chain_.size());
        step.point = {point.slot(), point.hash()};
        step.number = BlockNumber{chain_.size() - 1};
        return step;
    }
    /// Drops the newest blocks, and returns the step.
    Backward undo(std::uint64_t blocks) {
        chain_.roll_back(chain_.size() - blocks);
        return {chain_.point(chain_.size()), {}, {}};
    }
    [[nodiscard]] std::uint64_t size() const { return chain_.size(); }
    [[nodiscard]] Point point(std::uint64_t position) const { return chain_.point(position); }
    [[nodiscard]] const chain::SyntheticChain& chain() const { return chain_; }

  private:
    static chain::SyntheticChain::Options options(std::uint64_t seed) {
        chain::SyntheticChain::Options options;
        options.block_bytes = 600;
        options.header_bytes = 440;
        options.seed = seed;
        return options;
    }
    chain::SyntheticChain chain_;
};

/// The events of a step; a failure fails the test.
inline std::vector<Event> events(Writer& writer, const Step& step) {
    auto made = writer.take(step);
    REQUIRE(made.has_value());
    return *std::move(made);
}

/// Appends `blocks` blocks to the stream.
inline void grow(ForkedChain& chain, Writer& writer, std::vector<Event>& stream, std::uint64_t blocks) {
    for (; blocks > 0; --blocks)
        for (Event& event : events(writer, chain.extend())) stream.push_back(std::move(event));
}
inline void undo(ForkedChain& chain, Writer& writer, std::vector<Event>& stream, std::uint64_t blocks) {
    for (Event& event : events(writer, chain.undo(blocks))) stream.push_back(std::move(event));
}

/// The first fault of a stream, with its sequence.
inline std::string fault_of(const std::vector<Event>& stream, Verifier::Options options = {}) {
    Verifier verifier(options);
    for (const Event& event : stream)
        if (const EventFault fault = verifier.take(event); fault != EventFault::none)
            return std::to_string(event.sequence) + ": " + std::string(message(fault));
    return "";
}

/// The event as a reader of header fields alone gets it.
inline Event fields_of(const Event& event) {
    auto read = decode(encode(event, preview), preview, false);
    REQUIRE(std::holds_alternative<Event>(read));
    return std::get<Event>(read);
}

}  // namespace feeds
