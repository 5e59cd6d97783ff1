#pragma once

#include <ouro/behavior/local_initiator_types.hpp>

#include "news_stream.hpp"

namespace ouro::detail {

/// The news of a client's connections: those of its calls and of its followers.
class ClientNews : public NewsBoard {
  public:
    using NewsBoard::report;
    /// Reports what the event tells of the node.
    void report(const local_initiator::Event& event, Instant now);
};

}  // namespace ouro::detail
