#include "serve.hpp"

#include "behavior/local/served_client.hpp"
#include "behavior/peers/served_peer.hpp"

namespace ouro::frame {

std::unique_ptr<responder::Part> make_part(Speaks<responder::ServingSide, ChainSync>,
                                           responder::ServingSide::Making& with) {
    return std::make_unique<ServeChainSync<responder::ServingSide, ChainSync>>(with.desk, with.source);
}

std::unique_ptr<local_responder::Part> make_part(Speaks<local_responder::ServerSide, LocalChainSync>,
                                                 local_responder::ServerSide::Making& with) {
    return std::make_unique<ServeChainSync<local_responder::ServerSide, LocalChainSync>>(with.desk, with.source);
}

}  // namespace ouro::frame
