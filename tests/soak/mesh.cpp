#include "mesh.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace soak {

namespace {

constexpr std::size_t upstreams = 3;
constexpr std::size_t down_at_once = 5;
constexpr std::size_t visitors_at_once = 40;

}  // namespace

Mesh::Mesh(World& world, std::size_t nodes) : world_(world) {
    // An address is known once a node listens there, and a node that starts has to know those of others.
    for (std::size_t i = 0; i < nodes; ++i) {
        nodes_.push_back(std::make_unique<Node>(world, i));
        nodes_.back()->start();
    }
    for (std::size_t i = 0; i < nodes; ++i) {
        std::vector<ouro::PeerId> peers{nodes_[(i + 1) % nodes]->address()};
        while (peers.size() < std::min(upstreams, nodes - 1)) {
            const std::size_t other = world.draw(nodes);
            const ouro::PeerId& address = nodes_[other]->address();
            if (other != i && std::find(peers.begin(), peers.end(), address) == peers.end()) peers.push_back(address);
        }
        connections_ += peers.size();
        nodes_[i]->upstreams(std::move(peers));
        nodes_[i]->include_all();
    }
}

void Mesh::disturb() {
    if (world_.chance(10)) grow();
    if (world_.chance(200)) fork();
    if (world_.chance(2)) any().request();
    if (world_.chance(2)) any().submit();
    if (world_.chance(10)) any().send_one_away();
    if (world_.chance(300)) any().ban_all();
    if (world_.chance(30)) any().drop_upstream();
    if (world_.chance(3)) any().take_back_upstreams();
    if (world_.chance(5)) visit();
    if (world_.chance(5)) leave();

    const auto stopped = std::count_if(nodes_.begin(), nodes_.end(), [](const auto& node) { return !node->running(); });
    if (Node& node = any(); node.running() && static_cast<std::size_t>(stopped) < down_at_once && world_.chance(50))
        node.stop();
    if (Node& node = any(); node.down()) {
        node.start();
        ++restarts_;
    }
}

void Mesh::calm() {
    visitors_.clear();
    for (const auto& node : nodes_) {
        if (node->down()) node->start();
        node->take_back_upstreams();
    }
}

bool Mesh::settled() const {
    std::size_t followers = 0;
    for (const auto& node : nodes_) {
        if (!node->settled()) return false;
        followers += node->followers();
    }
    return followers == connections_;
}

void Mesh::print_unsettled() const {
    std::size_t followers = 0;
    for (const auto& node : nodes_) {
        if (!node->settled()) std::fprintf(stderr, "  %s\n", node->state().c_str());
        followers += node->followers();
    }
    std::fprintf(stderr, "  %zu followers in all, of %zu\n", followers, connections_);
}

void Mesh::stop() {
    visitors_.clear();
    for (const auto& node : nodes_)
        if (node->running()) node->stop();
}

bool Mesh::down() const {
    return std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->down(); });
}

void Mesh::grow() {
    const auto common = world_.chain->size();
    world_.chain->extend(1 + world_.draw(3));
    changed(common);
}

void Mesh::fork() {
    const auto common = world_.chain->size() - 1 - world_.draw(20);
    world_.chain->roll_back(common);
    world_.chain->extend(world_.draw(30));
    changed(common);
}

void Mesh::changed(ouro::ChainView::Position common) {
    for (const auto& node : nodes_) node->changed(common);
}

/// A socket that says something, or nothing, of what a node says, and stays for a while.
void Mesh::visit() {
    Node& node = any();
    if (!node.running() || visitors_.size() >= visitors_at_once) return;
    const std::array<std::vector<std::uint8_t>, 5> words{{
        {},
        {0, 0, 0, 0, 0, 2, 0x10, 0, 0x82, 0x04},  // a segment that is never whole
        {0, 0, 0, 0, 0, 0, 0, 2, 0x82, 0x00},     // a proposal that is never whole
        {0, 0, 0, 0, 0, 0, 0, 13, 0x82, 0x00, 0xa1, 0x0f, 0x84, 0x1a, 0x2d, 0x96, 0x4a, 0x09, 0xf4, 0x00, 0xf4},
        {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc},  // another protocol's greeting
    }};
    asio::ip::tcp::socket socket(world_.executor);
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(std::string(node.address().host())),
                                           node.address().port());
    std::error_code error;
    socket.connect(endpoint, error);  // the system's queue answers at once
    if (error) return world_.fault("a visitor was not let in: " + error.message());
    socket.set_option(asio::socket_base::linger(true, 0), error);
    socket.non_blocking(true, error);
    const auto& said = words[world_.draw(words.size())];
    socket.write_some(asio::buffer(said), error);
    visitors_.push_back(std::move(socket));
    ++strangers_;
}

/// By a reset.
void Mesh::leave() {
    if (visitors_.empty()) return;
    std::swap(visitors_[world_.draw(visitors_.size())], visitors_.back());
    visitors_.pop_back();
}

}  // namespace soak
