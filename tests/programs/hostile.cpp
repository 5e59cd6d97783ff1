#include "programs/hostile.hpp"

#include <ouro/ouro.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <map>
#include <thread>

#include <ouro/chain/header.hpp>

#include "support/catch.hpp"

namespace programs {

namespace {

/// Where each peer is on the chain, and what it is sent.
class Script {
  public:
    explicit Script(Forgery forgery) : forgery_(std::move(forgery)) {
        for (const ouro::Bytes& block : forgery_.chain) {
            const auto header = ouro::chain::header_of(block);
            REQUIRE(header);
            const auto info = ouro::chain::inspect(*header);
            REQUIRE(info);
            headers_.push_back(*header);
            infos_.push_back(*info);
        }
    }

    [[nodiscard]] ouro::Tip tip() const { return {infos_.back().point, infos_.back().number}; }
    /// The blocks up to the point; the first block's predecessor is a point, too.
    [[nodiscard]] std::optional<std::size_t> find(const ouro::Point& point) const {
        if (point.is_origin() || (infos_.front().previous && point.hash() == *infos_.front().previous)) return 0;
        for (std::size_t i = 0; i < infos_.size(); ++i)
            if (ouro::Point(infos_[i].point) == point) return i + 1;
        return std::nullopt;
    }
    [[nodiscard]] const std::vector<ouro::Header>& headers() const { return headers_; }
    [[nodiscard]] std::vector<ouro::Bytes> blocks(const ouro::Point& first, const ouro::Point& last) const {
        const auto begin = find(first), end = find(last);
        std::vector<ouro::Bytes> blocks;
        if (!begin || !end || *begin == 0) return blocks;
        for (const auto& one : forgery_.served)
            if (one.index + 1 >= *begin && one.index < *end) blocks.push_back(one.block);
        return blocks;
    }
    [[nodiscard]] const std::vector<Forgery::Served>& served() const { return forgery_.served; }

    std::map<ouro::ConnectionId, std::size_t> next;

  private:
    Forgery forgery_;
    std::vector<ouro::Header> headers_;
    std::vector<ouro::HeaderInfo> infos_;
};

void answer(ouro::Responder& node, Script& script, const ouro::responder::Event& event) {
    using namespace ouro::responder;
    using Sync = ouro::ChainSync;
    const auto* requested = std::get_if<Requested>(&event);
    if (!requested) return;
    const ouro::ConnectionId to = requested->connection;
    if (const auto* fetch = requested->message.as<ouro::BlockFetch>()) {
        const auto& range = std::get<ouro::BlockFetch::RequestRange>(*fetch);
        (void)node.execute(ProvideBlocks{to, script.blocks(range.first, range.last)});
    }
    const auto* message = requested->message.as<Sync>();
    if (!message) return;
    const auto reply = [&](Sync::Message with) { (void)node.execute(Answer{to, std::move(with)}); };
    std::size_t& at = script.next[to];
    if (const auto* find = std::get_if<Sync::FindIntersect>(message)) {
        for (const auto& point : find->points) {
            const auto found = script.find(point);
            if (!found) continue;
            at = *found;
            return reply(Sync::IntersectFound{point, script.tip()});
        }
        reply(Sync::IntersectNotFound{script.tip()});
    } else if (std::holds_alternative<Sync::RequestNext>(*message)) {
        if (at < script.headers().size()) return reply(Sync::RollForward{script.headers()[at++], script.tip()});
        reply(Sync::AwaitReply{});
    }
}

void answer(ouro::LocalResponder& node, Script& script, const ouro::local_responder::Event& event) {
    using namespace ouro::local_responder;
    using Sync = ouro::LocalChainSync;
    const auto* requested = std::get_if<Requested>(&event);
    const auto* message = requested ? requested->message.as<Sync>() : nullptr;
    if (!message) return;
    const auto reply = [&](Sync::Message with) {
        (void)node.execute(Answer{requested->connection, ouro::n2c::Message::of<Sync>(std::move(with))});
    };
    std::size_t& at = script.next[requested->connection];
    if (const auto* find = std::get_if<Sync::FindIntersect>(message)) {
        for (const auto& point : find->points) {
            const auto found = script.find(point);
            if (!found) continue;
            const auto& served = script.served();
            for (at = 0; at < served.size() && served[at].index < *found;) ++at;
            return reply(Sync::IntersectFound{point, script.tip()});
        }
        reply(Sync::IntersectNotFound{script.tip()});
    } else if (std::holds_alternative<Sync::RequestNext>(*message)) {
        if (at < script.served().size()) return reply(Sync::RollForward{script.served()[at++].block, script.tip()});
        reply(Sync::AwaitReply{});
    }
}

template <class Node>
asio::awaitable<void> serve(Node& node, Script& script) {
    while (const auto event = co_await node.poll_next()) answer(node, script, *event);
}

/// A server on a thread of its own.
template <class Node>
struct Thread {
    Thread(Forgery forgery, const typename Node::Config& config)
        : script(std::move(forgery)), node(context.get_executor(), config) {}
    ~Thread() {
        if (!thread.joinable()) return;
        asio::post(context, [this] { node.stop(); });
        thread.join();
    }
    void start() {
        asio::co_spawn(context, serve(node, script), asio::detached);
        thread = std::thread([this] { context.run(); });
    }

    asio::io_context context{1};
    Script script;
    Node node;
    std::thread thread;
};

struct ForgingRelay : ouro::Responder {
    using Config = ouro::responder::Config;
    using ouro::Responder::Responder;
};
struct ForgingNode : ouro::LocalResponder {
    using Config = ouro::local_responder::Config;
    using ouro::LocalResponder::LocalResponder;
};

ouro::responder::Config relay_config() {
    ouro::responder::Config config;
    config.offer.data.magic = ouro::NetworkMagic{1};
    return config;
}
ouro::local_responder::Config node_config() {
    ouro::local_responder::Config config;
    config.offer.data.magic = ouro::NetworkMagic{42};
    return config;
}

}  // namespace

Forgery::Forgery(const std::vector<ouro::Bytes>& blocks) : chain(blocks) {
    for (std::size_t i = 0; i < chain.size(); ++i) served.push_back({i, chain[i]});
}

Forgery& Forgery::in_order(const std::vector<std::size_t>& order) {
    served.clear();
    for (const std::size_t i : order) served.push_back({i, chain[i]});
    return *this;
}

struct HostileRelay::Server : Thread<ForgingRelay> {
    using Thread::Thread;
};
struct HostileNode::Server : Thread<ForgingNode> {
    using Thread::Thread;
};

HostileRelay::HostileRelay(Forgery forgery) : server_(std::make_unique<Server>(std::move(forgery), relay_config())) {
    const auto bound = server_->node.interface().listen(*ouro::parse_listen_address("127.0.0.1:0"));
    REQUIRE(bound);
    address_ = bound.address.text();
    server_->start();
}
HostileRelay::~HostileRelay() = default;

HostileNode::HostileNode(const std::string& path, Forgery forgery)
    : server_(std::make_unique<Server>(std::move(forgery), node_config())) {
    REQUIRE(server_->node.interface().listen(path));
    server_->start();
}
HostileNode::~HostileNode() = default;

}  // namespace programs
