#pragma once

#include <ouro/n2c/proposals.hpp>

#include "n2c/parse.hpp"

namespace ouro::n2c {

ActionId read_action_id(cbor::Reader& in) noexcept;
/// `item` is the whole result, whose bytes the value shares.
Proposal read_proposal(cbor::Reader& in, const Bytes& item);
std::vector<Proposal> read_proposals(cbor::Reader& in, const Bytes& item);

}  // namespace ouro::n2c
