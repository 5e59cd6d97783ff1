#include "soak/prototypes.hpp"

#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ouro/ouro.hpp>

#include "support/chain.hpp"
#include "support/endorser_block.hpp"
#include "support/rules.hpp"

/// A relay and a node that speak Leios.
namespace prototypes {

namespace {

std::string reason_of(ouro::Errc reason, const ouro::Violation& violation) {
    return violation.rule == ouro::Errc::none ? std::string(ouro::name(reason)) : to_string(violation);
}

/// Answers for a relay that has one endorser block.
class EbUser {
  public:
    EbUser(ouro::Responder& relay, std::uint32_t txs) : relay_(relay), eb_(7, txs, 200), cbor_(eb_.cbor()) {}

    void handle(const ouro::responder::Requested& asked) {
        const ouro::ConnectionId to = asked.connection;
        const auto* wish = asked.message.as<ouro::LeiosFetch>();
        if (!wish) {
            if (std::exchange(told_[to], true)) return;  // the next notification is long in coming
            return say(ouro::responder::Answer{to, eb_.offer()});
        }
        if (support::requested_block(*wish) != eb_.point) return say(ouro::responder::DisconnectPeer{to});
        if (std::holds_alternative<ouro::LeiosFetch::BlockRequest>(*wish))
            return say(ouro::responder::Answer{to, ouro::LeiosFetch::Block{cbor_}});
        say(ouro::responder::Answer{to, eb_.answer(*wish)});  // refused where it has not all of them
    }
    void handle(const ouro::responder::PeerInitialized& up) {
        std::printf("up %s\n", std::string(up.peer.text()).c_str());
    }
    void handle(const ouro::responder::PeerDisconnected& gone) {
        told_.erase(gone.connection);
        std::printf("left %s: %s\n", std::string(gone.peer.text()).c_str(),
                    reason_of(gone.reason, gone.violation).c_str());
    }
    template <class E>
    void handle(const E&) {}

  private:
    template <class C>
    void say(C command) {
        const auto connection = command.connection;
        const auto id = relay_.execute(std::move(command));
        if (!id && id.error() == ouro::Errc::bad_argument)
            (void)relay_.execute(ouro::responder::DisconnectPeer{connection});
    }

    ouro::Responder& relay_;
    support::TestEb eb_;
    ouro::Bytes cbor_;
    std::unordered_map<ouro::ConnectionId, bool> told_;
};

}  // namespace

int leios_relay(const std::string& listen, std::size_t budget, std::size_t txs) {
    return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        ouro::responder::Config config;
        config.chain = std::make_shared<support::TestChain>(50);
        config.leios = true;
        ouro::TcpOptions options;
        options.budget = budget;
        options.max_per_address = 0;
        ouro::Responder relay(runtime.get_executor(), config, options);
        const auto where = ouro::parse_listen_address(listen);
        const auto bound = relay.interface().listen(*where);
        if (!bound) co_return 1;
        std::printf("listening %s\n", std::string(bound.address.text()).c_str());
        runtime.on_stop([&] { relay.stop(); });
        EbUser user(relay, static_cast<std::uint32_t>(txs));
        while (const auto event = co_await relay.poll_next())
            std::visit([&](const auto& each) { user.handle(each); }, *event);
        co_return 0;
    });
}

namespace {

/// Fetches what is offered to a node.
class EbWisher {
  public:
    explicit EbWisher(ouro::Initiator& node) : node_(node) {}

    void handle(const ouro::initiator::EbNotification& news) {
        ++notifications_;
        if (const auto* offer = std::get_if<ouro::LeiosNotify::BlockOffer>(&news.notification))
            (void)node_.execute(ouro::initiator::FetchEb{offer->block, {}});
        if (const auto* offer = std::get_if<ouro::LeiosNotify::BlockTxsOffer>(&news.notification))
            (void)node_.execute(ouro::initiator::FetchEbTxs{offer->block, support::TestEb::some({0, 1, 2}), {}});
    }
    void handle(const ouro::initiator::EbFetched& eb) {
        std::printf("eb %zu from %s\n", eb.cbor.size(), std::string(eb.peer.text()).c_str());
    }
    void handle(const ouro::initiator::EbTxsFetched& txs) {
        std::printf("txs %zu from %s\n", txs.txs.size(), std::string(txs.peer.text()).c_str());
    }
    void handle(const ouro::initiator::EbFailed& failed) {
        std::printf("failed: %s\n", std::string(ouro::name(failed.reason)).c_str());
    }
    void handle(const ouro::initiator::PeerInitialized& up) {
        std::printf("up %s\n", std::string(up.peer.text()).c_str());
    }
    void handle(const ouro::initiator::PeerDisconnected& gone) {
        std::printf("lost %s: %s (%zu notifications)\n", std::string(gone.peer.text()).c_str(),
                    reason_of(gone.reason, gone.violation).c_str(), notifications_);
    }
    template <class E>
    void handle(const E&) {}

  private:
    ouro::Initiator& node_;
    std::size_t notifications_ = 0;
};

}  // namespace

int leios_node(std::size_t budget, const std::vector<ouro::PeerId>& peers) {
    return ouro::run([&](ouro::Runtime& runtime) -> asio::awaitable<int> {
        ouro::initiator::Config config;
        config.rules = std::make_shared<support::TestRules>();
        config.leios = true;
        ouro::TcpOptions options;
        options.budget = budget;
        ouro::Initiator node(runtime.get_executor(), config, options);
        runtime.on_stop([&] { node.stop(); });
        for (const auto& peer : peers) (void)node.execute(ouro::initiator::IncludePeer{peer});
        EbWisher user(node);
        while (const auto event = co_await node.poll_next())
            std::visit([&](const auto& each) { user.handle(each); }, *event);
        co_return 0;
    });
}

}  // namespace prototypes
