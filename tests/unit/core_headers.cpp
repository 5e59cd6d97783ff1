// Written by CMake from the targets' own lists: every public header of ouro::core and ouro::testing.
#include "core_headers.hpp"

#ifdef ASIO_VERSION
constexpr bool asio_came_in = true;
#else
constexpr bool asio_came_in = false;
#endif

#include "support/catch.hpp"

TEST_CASE("No header of the core includes Asio", "[unit][core]") { CHECK(!asio_came_in); }
