// Catch2 2.13 compiles its runner where this is defined: twelve seconds, once. Catch2 3 brings a library instead.
#define CATCH_CONFIG_MAIN
#include "support/catch.hpp"
