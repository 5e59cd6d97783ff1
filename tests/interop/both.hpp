#pragma once

#include <cstdint>
#include <string>

#include <ouro/program/run.hpp>

#include "interop/listed_chain.hpp"

namespace interop {

/// This library in a cell where both sides use one connection: serves the chain of a file, and follows and fetches the
/// same one from the peer that connects. Ends when the peer has gone.
asio::awaitable<int> run_both(ouro::Runtime& runtime, const std::string& chain, std::uint32_t magic);

}  // namespace interop
