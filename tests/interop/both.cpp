#include "interop/both.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include <ouro/ouro.hpp>

#include "interop/listed_rules.hpp"

namespace interop {

namespace {

using Json = nlohmann::ordered_json;
namespace ini = ouro::initiator;
namespace res = ouro::responder;

void tell(const Json& line) {
    std::puts(line.dump().c_str());
    std::fflush(stdout);
}

ouro::BlockPoint block_point(const ouro::Point& point) { return {point.slot(), point.hash()}; }

/// Serves a chain, and follows and fetches the same one from each connected peer, over the peer's connection.
class Both {
  public:
    Both(const asio::any_io_executor& executor, std::shared_ptr<const ListedChain> chain, ouro::NetworkMagic magic)
        : chain_(std::move(chain)), node_(executor, config(chain_, magic)) {}

    asio::awaitable<int> run() {
        const auto bound = node_.interface().listen(*ouro::parse_listen_address("127.0.0.1:0"));
        if (!bound) throw std::system_error(bound.error);
        tell({{"event", "listening"}, {"address", bound.address.text()}});
        while (const auto event = co_await node_.poll_next()) std::visit(*this, *event);
        co_return followed_ ? 0 : 1;
    }

    void stop() { node_.stop(); }

    void operator()(const res::PeerInitialized& event) {
        tell({{"event", "peer"}, {"duplex", !event.agreement.data.initiator_only}});
        (void)node_.execute(ini::IncludePeer{event.peer});  // from where it came: that is its address
        (void)node_.execute(ini::StartSync{});
        (void)node_.execute(
            ini::RequestBlocks{block_point(chain_->point(1)), block_point(chain_->point(chain_->size()))});
    }
    void operator()(const ini::RollForward& event) {
        const auto header = chain_->header(++headers_);
        if (!header || header->cbor != event.header.cbor) return fail("a header that is not the chain's");
        look();
    }
    void operator()(const ini::BlockReceived& event) {
        const auto block = chain_->block(++blocks_);
        if (!block || *block != event.block) return fail("a block that is not the chain's");
        look();
    }
    void operator()(const ini::PeerDisconnected& event) {
        if (!followed_) fail(std::string(ouro::name(event.reason)) + " " + to_string(event.violation));
        node_.stop();
    }
    void operator()(const auto&) {}

  private:
    static ouro::node::Config config(const std::shared_ptr<const ListedChain>& chain, ouro::NetworkMagic magic) {
        ouro::node::Config config;
        config.offer.data.magic = magic;
        config.initiator.rules = std::make_shared<ListedRules>();
        config.responder.chain = chain;
        return config;
    }

    void look() {
        if (headers_ != chain_->size() || blocks_ != chain_->size()) return;
        followed_ = true;
        const auto counters = node_.behavior().counters();
        const auto figures = node_.interface().figures();
        tell({{"event", "followed"},
              {"full_duplex", counters.full_duplex},
              {"connections", figures.connections},
              {"inbound", figures.inbound},
              {"reused", counters.reused}});
    }
    void fail(const std::string& what) {
        tell({{"event", "error"}, {"message", what}});
        node_.stop();
    }

    std::shared_ptr<const ListedChain> chain_;
    ouro::FullNode node_;
    ouro::ChainView::Position headers_ = 0, blocks_ = 0;
    bool followed_ = false;
};

}  // namespace

asio::awaitable<int> run_both(ouro::Runtime& runtime, const std::string& chain, std::uint32_t magic) {
    Both both(runtime.get_executor(), std::make_shared<ListedChain>(chain), ouro::NetworkMagic{magic});
    runtime.on_stop([&] { both.stop(); });
    const int code = co_await both.run();
    runtime.on_stop({});
    co_return code;
}

}  // namespace interop
