// Prints messages of every kind, many of each: the mini-protocol, the bytes in hexadecimal, and the values that were
// written, in JSON. `check.py` reads them with somebody else's decoder and compares.

#include "draw.hpp"

int main() {
    ouro::Draw draw;
    for (int i = 0; i < 50; ++i) {
        ouro::print_node_to_node(draw);
        ouro::print_node_to_client(draw);
        ouro::print_dmq(draw);
    }
}
