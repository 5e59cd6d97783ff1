#pragma once

#include <ouro/behavior/local_initiator/outcomes.hpp>

#include "news_stream.hpp"

namespace ouro::detail {

/// The news of a client's connections: those of its calls and of its followers.
class ClientNews : public NewsBoard {
  public:
    using NewsBoard::report;
    /// Reports an event of the connection to the node.
    void report(const local_initiator::Connected& event);
    void report(const local_initiator::Disconnected& event, Instant now);
};

}  // namespace ouro::detail
