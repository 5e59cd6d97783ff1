#include <algorithm>
#include <fstream>
#include <sstream>

#include <ouro/emulation/mock_node.hpp>
#include <ouro/n2c/query.hpp>

#include "interop/listed_chain.hpp"
#include "interop/ours.hpp"

namespace interop {

namespace {

using Message = ouro::n2c::Message;

ouro::Bytes bytes_of(const std::string& hex) {
    const auto read = ouro::from_hex(hex);
    if (!read) throw std::runtime_error(hex + " is not hexadecimal");
    return *read;
}

// --- serving ---------------------------------------------------------------------------------------------------------

/// Reports each client that gets AwaitReply, for which there is no event.
class TellingInterface : public ouro::UnixInterface<Message> {
  public:
    using UnixInterface::UnixInterface;

    void dispatch(ouro::InterfaceCommand<Message> command) {
        const auto* send = std::get_if<ouro::io::Send<Message>>(&command);
        const auto* sync = send != nullptr ? send->message.as<ouro::LocalChainSync>() : nullptr;
        if (sync != nullptr && std::holds_alternative<ouro::LocalChainSync::AwaitReply>(*sync))
            tell({{"event", "waiting"}});
        UnixInterface::dispatch(std::move(command));
    }
};

/// From lines `query QUERY RESULT`, `reject TX REASON`, `pool ID TX`, `slot N` and `capacity N`.
ouro::emulation::MockScript script_of(const Options& options, std::shared_ptr<const ouro::ChainView> chain) {
    ouro::emulation::MockScript script;
    options.apply(script.offer);
    script.chain = std::move(chain);
    std::vector<std::pair<ouro::Bytes, ouro::Bytes>> rejections;
    std::ifstream file(options.script);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string kind, first, second;
        words >> kind >> first >> second;
        if (kind == "query") {
            script.answers.emplace_back(bytes_of(first), bytes_of(second));
        } else if (kind == "reject") {
            rejections.emplace_back(bytes_of(first), bytes_of(second));
        } else if (kind == "pool") {
            ouro::TxId id{ouro::Era::conway};
            const auto hash = bytes_of(first);
            std::copy_n(hash.view().begin(), std::min(hash.size(), id.hash.size()), id.hash.begin());
            script.mempool.entries.push_back({id, {ouro::Era::conway, {}, bytes_of(second)}});
        } else if (kind == "slot") {
            script.mempool.slot = ouro::Slot{std::stoull(first)};
        } else if (kind == "capacity") {
            script.mempool.capacity = static_cast<std::uint32_t>(std::stoul(first));
        }
    }
    script.reject = [rejections](const ouro::Tx& tx) -> std::optional<ouro::Bytes> {
        for (const auto& [rejected, reason] : rejections)
            if (rejected == tx.cbor) return reason;
        return std::nullopt;
    };
    return script;
}

}  // namespace

asio::awaitable<int> serve_local(ouro::Runtime& runtime, const Options& options) {
    const auto chain = std::make_shared<ListedChain>(options.chain);
    if (options.tip >= 0) chain->end_at(static_cast<std::uint64_t>(options.tip));
    ouro::Manager<TellingInterface, ouro::emulation::MockNode> node(
        TellingInterface(runtime.get_executor()), ouro::emulation::MockNode(script_of(options, chain)));
    const auto bound = node.interface().listen(options.socket);
    if (!bound) throw std::system_error(bound.error);
    tell({{"event", "listening"}, {"address", bound.address.text()}});
    const auto move_tip = [&](std::uint64_t position) {
        const auto common = std::min(position, chain->size());
        chain->end_at(position);
        (void)node.execute(ouro::local_responder::ChainChanged{common});
    };
    ouro::spawn(node.get_executor(), listen_to_stdin(runtime.get_executor(), move_tip, [&] { node.stop(); }));
    while (const auto event = co_await node.poll_next()) {
        if (const auto* left = std::get_if<ouro::local_responder::PeerDisconnected>(&*event)) {
            Json line{{"event", "left"}, {"reason", ouro::name(left->reason)}};
            if (left->violation.rule != ouro::Errc::none) line["protocol"] = left->violation.protocol;
            tell(line);
        }
    }
    co_return 0;
}

// --- asking ----------------------------------------------------------------------------------------------------------

namespace {

class Asker {
  public:
    Asker(ouro::Runtime& runtime, const Options& options)
        : options_(options),
          client_(std::in_place_type<ouro::UnixInterface<Message>>, config(options), runtime.get_executor()) {}

    asio::awaitable<int> run() {
        const auto node = *ouro::PeerId::parse("unix:" + options_.socket);
        const auto agreed = co_await client_.connect(node);
        ouro::Errc error = agreed.error();
        if (!agreed && client_.last_end().refusal) {
            const bool version = std::holds_alternative<ouro::VersionMismatch>(*client_.last_end().refusal);
            tell({{"event", "refused"}, {"reason", version ? "version" : "data"}});
            error = ouro::Errc::none;
        } else if (agreed) {
            if (options_.job == "handshake") {
                const auto version = number_of(agreed->version);
                tell({{"event", "accepted"}, {"version", version}});
            } else if (options_.job == "sync") {
                error = co_await sync();
            } else if (options_.job == "query") {
                error = co_await query();
            } else if (options_.job == "submit") {
                error = co_await submit();
            } else if (options_.job == "mempool") {
                error = co_await mempool();
            }
        }
        if (error == ouro::Errc::none) {
            tell({{"event", "done"}});
        } else {
            tell({{"event", "lost"}, {"reason", ouro::name(error)}});
        }
        co_await client_.close();
        co_return error == ouro::Errc::none ? 0 : 1;
    }

  private:
    using Follower = ouro::UnixNode<ouro::LocalInitiatorBehavior>;

    static ouro::Client::Config config(const Options& options) {
        ouro::Client::Config config;
        options.apply(config.offer);
        config.call_timeout = std::chrono::seconds(5);
        if (options.window != 0) config.sync_window = options.window;
        return config;
    }
    /// `volatile`, `immutable` or a point.
    static ouro::LocalStateQuery::Target target(const std::string& text) {
        if (text == "immutable") return ouro::LocalStateQuery::ImmutableTip{};
        if (text.empty() || text == "volatile") return ouro::LocalStateQuery::VolatileTip{};
        return point(text);
    }

    asio::awaitable<ouro::Errc> sync() {
        using namespace ouro::local_initiator;
        Follower node(client_.get_executor(), config(options_));  // without rules: the blocks may be made up
        (void)node.execute(Connect(*ouro::PeerId::parse("unix:" + options_.socket)));
        (void)node.execute(Follow(point(options_.from)));
        std::uint64_t seen = 0;
        while (const auto event = co_await node.poll_next()) {
            if (const auto* at = std::get_if<Intersected>(&*event))
                tell({{"event", "intersected"}, {"point", to_string(at->point)}});
            if (const auto* forward = std::get_if<RollForward>(&*event)) {
                tell({{"event", "roll-forward"}, {"block", ouro::to_hex(forward->block.view())}});
                ++seen;
            }
            if (const auto* back = std::get_if<RollBackward>(&*event))
                tell({{"event", "roll-backward"}, {"point", to_string(back->point)}});
            if (std::holds_alternative<AtTip>(*event)) tell({{"event", "await"}});
            const bool nowhere = std::holds_alternative<NoIntersection>(*event);
            if (nowhere) tell({{"event", "not-found"}});
            if (nowhere || seen == options_.count) co_return ouro::Errc::none;
            if (const auto* failed = std::get_if<Failed>(&*event)) co_return failed->reason;
            if (const auto* ended = std::get_if<FollowEnded>(&*event)) co_return ended->reason;
        }
        co_return ouro::Errc::stopped;
    }

    asio::awaitable<ouro::Errc> query() {
        const auto state = co_await client_.acquire(target(options_.at));
        if (!state) {
            if (state.error() == ouro::Errc::point_not_on_chain) {
                tell({{"event", "failure"}, {"reason", "not-on-chain"}});
            } else if (state.error() == ouro::Errc::point_too_old) {
                tell({{"event", "failure"}, {"reason", "too-old"}});
            } else {
                co_return state.error();
            }
            co_return ouro::Errc::none;
        }
        tell({{"event", "acquired"}});
        Json value;
        if (options_.query == "era") {
            const auto era = co_await state->era();
            if (!era) co_return era.error();
            value = static_cast<unsigned>(*era);
        } else if (options_.query == "tip") {
            const auto tip = co_await state->point();
            if (!tip) co_return tip.error();
            value = to_string(*tip);
        } else if (options_.query == "params") {
            const auto parameters = co_await state->protocol_parameters();
            if (!parameters) co_return parameters.error();
            value = parameters->min_fee_a;
        } else if (options_.query == "utxo") {
            const std::vector<ouro::Bytes> addresses(1, bytes_of(options_.address));
            const auto utxo = co_await state->utxo(addresses);
            if (!utxo) co_return utxo.error();
            value = utxo->size();
        } else if (options_.query == "raw") {
            const auto asked = bytes_of(options_.bytes);
            const auto result = co_await state->query(asked);
            if (!result) co_return result.error();
            value = ouro::to_hex(result->view());
        }
        if (!value.is_null()) tell({{"event", options_.query}, {"value", value}});
        if (!options_.again.empty()) {
            const auto error = co_await state->reacquire(target(options_.again));
            if (error != ouro::Errc::none) co_return error;
            tell({{"event", "acquired"}});
        }
        co_return ouro::Errc::none;
    }

    asio::awaitable<ouro::Errc> submit() {
        const ouro::Tx tx{ouro::Era::conway, {}, bytes_of(options_.tx)};
        const auto verdict = co_await client_.submit(tx);
        if (!verdict) co_return verdict.error();
        if (std::holds_alternative<ouro::local_initiator::TxAccepted>(*verdict)) {
            tell({{"event", "accepted-tx"}});
        } else if (const auto* rejected = std::get_if<ouro::local_initiator::TxRejected>(&*verdict)) {
            tell({{"event", "rejected-tx"}, {"reason", ouro::to_hex(rejected->reason.view())}});
        } else {
            co_return std::get<ouro::local_initiator::TxUnknown>(*verdict).reason;
        }
        co_return ouro::Errc::none;
    }

    asio::awaitable<ouro::Errc> mempool() {
        const auto snapshot = co_await client_.mempool();
        if (!snapshot) co_return snapshot.error();
        tell({{"event", "mempool"}, {"slot", static_cast<std::uint64_t>(snapshot->slot())}});
        const auto sizes = co_await snapshot->sizes();
        if (!sizes) co_return sizes.error();
        tell(
            {{"event", "sizes"}, {"capacity", sizes->capacity}, {"size", sizes->size}, {"count", sizes->transactions}});
        for (;;) {
            const auto next = co_await snapshot->next();
            if (!next) co_return next.error();
            if (!*next) break;
            tell({{"event", "tx"}, {"tx", ouro::to_hex((*next)->cbor.view())}});
        }
        if (!options_.id.empty()) {
            ouro::TxId id{ouro::Era::conway};
            const auto hash = bytes_of(options_.id);
            std::copy_n(hash.view().begin(), std::min(hash.size(), id.hash.size()), id.hash.begin());
            const auto has = co_await snapshot->has(id);
            if (!has) co_return has.error();
            tell({{"event", "has"}, {"value", *has}});
        }
        co_return ouro::Errc::none;
    }

    const Options& options_;
    ouro::Client client_;
};

}  // namespace

asio::awaitable<int> ask_local(ouro::Runtime& runtime, const Options& options) {
    Asker asker(runtime, options);
    co_return co_await asker.run();
}

}  // namespace interop
