// Where the peers of a node come from: addresses, groups, a topology, connections of the program, and listeners.

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>

#include "node_core.hpp"

namespace ouro::detail {

namespace {

std::invalid_argument cannot_use(std::string_view what, Errc reason) {
    return std::invalid_argument("Node::use: " + std::string(what) + ": " + std::string(message(reason)));
}

bool failed(Errc error) noexcept { return error != Errc::none && error != Errc::stopped; }

}  // namespace

NodeCore::Names::Names(const Topology& topology)
    : roots(topology, std::chrono::steady_clock::now(), std::random_device()()) {}

void NodeCore::use(const PeerId& peer) {
    if (const Errc error = execute(initiator::IncludePeer(peer)); failed(error)) throw cannot_use(peer.text(), error);
    used_[peer].alone = true;
}

void NodeCore::use(initiator::SetLocalRoots roots) {
    std::vector<PeerId> peers;
    for (const initiator::LocalRoots& group : roots.groups)
        peers.insert(peers.end(), group.peers.begin(), group.peers.end());
    if (const Errc error = execute(std::move(roots)); failed(error)) throw cannot_use("the groups", error);
    names_.reset();
    note_grouped(peers, true);
}

void NodeCore::use(const Topology& topology) {
    check_thread();
    const auto has_peers = [](const auto& group) { return !group.access_points.empty(); };
    if (!served_ && topology.bootstrap_peers.empty() &&
        std::none_of(topology.local_roots.begin(), topology.local_roots.end(), has_peers) &&
        std::none_of(topology.public_roots.begin(), topology.public_roots.end(), has_peers) &&
        !topology.uses_ledger_peers())
        throw std::invalid_argument("Node::use: the topology names no peers");
    if (!topology.fits(network_.magic))
        throw std::invalid_argument("Node::use: the snapshot of ledger peers is of another network");
    if (stopping_ || closed_) return;
    if (names_) {
        names_->roots.set(topology, std::chrono::steady_clock::now());
    } else {
        names_.emplace(topology);
        note_grouped({}, true);
    }
    if (const Errc error = use_names(); failed(error)) throw cannot_use("the topology", error);
    if (driver_) look_up_names();
}

Errc NodeCore::use_names() {
    Errc result = Errc::none;
    for (initiator::Command& command : names_->roots.commands()) {
        if (const auto* roots = std::get_if<initiator::SetLocalRoots>(&command)) {
            for (const initiator::LocalRoots& group : roots->groups) note_grouped(group.peers, false);
        } else if (const auto* known = std::get_if<initiator::KnowPeers>(&command)) {
            note_grouped(known->peers, false);
        }
        node::Command any = std::visit([](auto& one) { return node::Command(std::move(one)); }, command);
        if (const Errc error = execute(std::move(any)); result == Errc::none) result = error;
    }
    return result;
}

void NodeCore::look_up_names() {
    NameBook& book = names_->roots.names();
    if (names_->lookups) return names_->lookups->look_again();
    if (!drivers_.emulated()) {
        names_->lookups.emplace(executor_, resolver_, book, [this] { (void)use_names(); });
        return;
    }
    // An emulated network has no resolver: its peers have names.
    const Instant now = std::chrono::steady_clock::now();
    while (const auto lookup = book.poll_lookup(now)) {
        NameAnswer answer;
        answer.ttl = NameBook::longest;
        if (lookup->name.port()) {
            answer.outcome = NameAnswer::Outcome::found;
            answer.peers.push_back(PeerId::from_parts(lookup->name.host(), *lookup->name.port()));
        }
        book.answered(lookup->number, answer, now);
    }
    (void)use_names();
}

void NodeCore::note_grouped(const std::vector<PeerId>& peers, bool replace) {
    if (replace) {
        for (auto& [peer, used] : used_) used.grouped = false;
        std::erase_if(used_, [](const auto& one) { return !one.second.alone; });
    }
    for (const PeerId& peer : peers) used_[peer].grouped = true;
}

PeerId NodeCore::use(ConnectedSocket socket) {
    check_thread();
    if (drivers_.emulated())
        throw std::system_error(std::make_error_code(std::errc::operation_not_supported),
                                "Node::use: an emulated network has no sockets");
    const PeerId peer = socket.peer();
    if (stopping_ || closed_) return peer;
    if (driver_)
        (void)driver_->connect_with(std::move(socket));
    else
        sockets_.push_back(std::move(socket));
    use(peer);
    socket_peers_.emplace(peer, false);
    return peer;
}

bool NodeCore::lost_socket(const PeerId& peer) {
    const auto found = socket_peers_.find(peer);
    if (found == socket_peers_.end()) return false;
    const bool again = std::exchange(found->second, true);
    // Leaving reports another end, of a peer that is not connected.
    used_.erase(peer);
    if (again || execute(initiator::DemotePeer(peer)) != Errc::none) socket_peers_.erase(found);
    return again;
}

void NodeCore::leave_peer(const PeerId& peer) {
    used_.erase(peer);
    (void)execute(initiator::DemotePeer(peer));
}

void NodeCore::begin_serving(std::string_view call, std::shared_ptr<ChainView> chain) {
    check_thread();
    if (!chain) throw std::invalid_argument(std::string(call) + ": there is no chain to serve");
    if (driver_ && chain != served_)
        throw std::logic_error(std::string(call) + ": the node has started without this chain");
    served_ = std::move(chain);
    start();
    if (!driver_) throw std::logic_error(std::string(call) + ": the node was stopped");
}

Listening NodeCore::listen(const PeerId& where, std::shared_ptr<ChainView> chain) {
    begin_serving("Node::listen", std::move(chain));
    const Listening at = driver_->accept_at(where);
    if (!at) throw std::system_error(at.error, "Node::listen: " + std::string(where.text()));
    own_.push_back(at.address);
    (void)driver_->execute(initiator::SetOwnAddresses(own_));
    return at;
}

void NodeCore::serve(ConnectedSocket socket, std::shared_ptr<ChainView> chain) {
    begin_serving("Node::serve", std::move(chain));
    const std::string peer(socket.peer().text());
    if (const auto error = driver_->accept(std::move(socket))) throw std::system_error(error, "Node::serve: " + peer);
}

}  // namespace ouro::detail
