// Catch2 2.13 compiles its runner in the file that defines this: twelve seconds, once. Catch2 3 has a library instead.
#define CATCH_CONFIG_MAIN
#include "support/catch.hpp"
