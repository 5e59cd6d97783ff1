#pragma once

// The one place that knows which Catch2 is there: 2.13 has a single header, 3 has one of this name.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
