// The matrix: each peer on each side of each column, a test case a cell.

#include <cstdio>
#include <memory>

#include "interop/deviations.hpp"
#include "support/catch.hpp"

using namespace interop;

namespace {

constexpr std::array peers{
    ours,
    Peer{"pallas-network", true, true, 14, true, true, true, true, 23},
    Peer{"pallas-network2", true, true, 14, true, true, true},
    Peer{"gouroboros", true, true, 15, false, true, true, true, 20},
    Peer{"yaci", false, true, 14, true, false, true, true, 20},
    Peer{"ouroboros-miniprotocols-ts", false, true, 14, true, false, true},
};

struct Cell {
    const Peer* peer;
    Side side;
    const Column* column;
};

constexpr std::string_view to_string(Side side) { return side == Side::server ? "server" : "client"; }

/// Adds the outcome of a cell to the table.
void report(const Cell& cell, std::string_view outcome) {
    std::printf("cell|%s|%s|%s|%s\n", std::string(cell.peer->name).c_str(), std::string(to_string(cell.side)).c_str(),
                std::string(cell.column->name).c_str(), std::string(outcome).c_str());
    std::fflush(stdout);
}

void run(const Cell& cell) {
    if (!have(*cell.peer)) return report(cell, "skipped");
    report(cell, "FAIL");  // unless it comes to its end
    Exchange exchange(*cell.peer, cell.side);
    for (const Deviation& deviation : deviations) {
        if (deviation.peer != cell.peer->name || deviation.side != cell.side || deviation.column != cell.column->run)
            continue;
        deviation.run(exchange);
        return report(cell, deviation.name);
    }
    cell.column->run(exchange);
    report(cell, "pass");
}

constexpr Cell cell_at(std::size_t index) {
    return {&peers[index / columns.size() / 2], index / columns.size() % 2 == 0 ? Side::server : Side::client,
            &columns[index % columns.size()]};
}

/// A cell of this library with itself stands once; of a peer that has one side, on that side.
constexpr bool exists(const Cell& cell) {
    for (const Gap& gap : gaps)
        if (gap.peer == cell.peer->name && gap.side == cell.side && gap.column == cell.column->run) return false;
    if (cell.column->wanted != nullptr && !(cell.peer->*cell.column->wanted)) return false;
    if (cell.column->at_servers && cell.side == Side::client) return false;
    if (cell.side == Side::server) return cell.peer->serves;
    return cell.peer->dials && cell.peer->name != ours.name;
}

template <std::size_t index>
void run_cell() {
    run(cell_at(index));
}

template <std::size_t index>
void enter_cell() {
    constexpr Cell cell = cell_at(index);
    if constexpr (exists(cell)) {
        static const std::string name = std::string(cell.peer->name) + " as " + std::string(to_string(cell.side)) +
                                        ": " + std::string(cell.column->name);
        static const std::string tags = "[interop][" + std::string(cell.peer->name) + "]";
        REGISTER_TEST_CASE(run_cell<index>, name.c_str(), tags.c_str());
    }
}

template <std::size_t row, std::size_t... column>
void enter_row(std::index_sequence<column...>) {
    (enter_cell<row * columns.size() + column>(), ...);
}

/// Row by row: a compiler does not go through all of them at once.
template <std::size_t... row>
bool enter_rows(std::index_sequence<row...>) {
    (enter_row<row>(std::make_index_sequence<columns.size()>()), ...);
    return true;
}

const bool entered = enter_rows(std::make_index_sequence<peers.size() * 2>());

}  // namespace
