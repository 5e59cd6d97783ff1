// A relay that agrees, if the first byte says so, answers pings, if it says so, and else says what it likes to a node
// that follows it from the origin or from its tip, wants blocks, has transactions and speaks Leios. Every request has
// one outcome, and nothing is left at the end.

#include <ouro/behavior/initiator.hpp>

#include "session.hpp"
#include "support/rules.hpp"
#include "support/tx.hpp"

using namespace ouro;
using namespace ouro::emulation;
using namespace std::chrono_literals;
using fuzz::promise;
using support::TestChain;
namespace ini = ouro::initiator;

namespace {

ini::Config config() {
    ini::Config config;
    config.rules = support::test_rules();
    config.sync_window = 10;
    config.leios = true;
    return config;
}

CommandId command_of(const ini::Event& event) {
    if (const auto* done = std::get_if<ini::RangeDone>(&event)) return done->command;
    if (const auto* none = std::get_if<ini::NoBlocks>(&event)) return none->command;
    if (const auto* failed = std::get_if<ini::RangeFailed>(&event)) return failed->command;
    if (const auto* eb = std::get_if<ini::EbFetched>(&event)) return eb->command;
    if (const auto* txs = std::get_if<ini::EbTxsFetched>(&event)) return txs->command;
    if (const auto* failed = std::get_if<ini::EbFailed>(&event)) return failed->command;
    if (const auto* submitted = std::get_if<ini::TxSubmitted>(&event)) return submitted->command;
    if (const auto* failed = std::get_if<ini::TxFailed>(&event)) return failed->command;
    if (const auto* ended = std::get_if<ini::SyncEnded>(&event)) return ended->command;
    if (const auto* none = std::get_if<ini::NoIntersection>(&event)) return none->command;
    return {};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t plan = input.byte();

    SimulatedNetwork net;
    ScriptedPeer& relay = net.script(fuzz::raw_id);
    std::size_t agreed = 0, pongs = 0;
    relay.react([&](RawConnection& c) {
        if (&c != &relay.connections().back()) return;
        if ((plan & 1U) != 0 && agreed < relay.connections().size() && !c.received(0, false).empty()) {
            agreed = relay.connections().size();
            pongs = 0;
            c.send(0, true, raw::accept());
        }
        const auto cookies = raw::cookies(c.received(8, false));
        for (; (plan & 2U) != 0 && pongs < cookies.size(); ++pongs) c.send(8, true, raw::pong(cookies[pongs]));
    });
    auto& node = net.add<InitiatorBehavior>(fuzz::node_id, config());
    promise(node.execute(ini::IncludePeer{fuzz::raw_id}).has_value());
    net.run_for(1s);
    std::vector<CommandId> commands;
    for (const bool from_tip : {(plan & 8U) != 0, (plan & 8U) == 0})  // the second one waits
        commands.push_back(*node.execute(ini::StartSync{{}, from_tip}));
    for (const ChainView::Position last : {1U, 2U, 30U})
        commands.push_back(*node.execute(ini::RequestBlocks{TestChain::made_up(1), TestChain::made_up(last)}));
    for (const bool in_order : {true, false}) {
        ini::RequestPoints wish;
        wish.in_order = in_order;
        for (ChainView::Position p = 1; p <= 5; ++p) wish.points.push_back(TestChain::made_up(p));
        commands.push_back(*node.execute(std::move(wish)));
    }
    LeiosBitmap wanted;
    wanted.add(0);
    commands.push_back(*node.execute(ini::FetchEb{TestChain::made_up(1)}));
    commands.push_back(*node.execute(ini::FetchEbTxs{TestChain::made_up(1), wanted}));
    for (const support::TestTx& tx : support::test_txs(1, 4))
        commands.push_back(*node.execute(ini::SubmitTx{tx.id, tx.tx}));
    node.attend((plan & 4U) == 0);
    net.run_for(1s);

    fuzz::speak(net, relay, true, input);
    net.run_for(1s);
    node.attend(true);
    node.stop();
    net.run_for(10s);
    promise(node.behavior().idle());
    promise(net.connections() == 0 && net.held() == 0);
    for (const CommandId command : commands) {
        const auto ends = [&](const ini::Event& event) { return command_of(event) == command; };
        promise(std::count_if(node.events().begin(), node.events().end(), ends) == 1);
    }
    return 0;
}
