#pragma once

// Only this file depends on the version of Catch2: 2.13 has a single header, 3 has one of this name.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
