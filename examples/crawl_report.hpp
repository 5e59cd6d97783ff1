#pragma once

// The report of a history of crawls: one HTML page that needs no other file and no network.

#include <string>

#include "sqlite.hpp"

namespace crawl {

/// The page. `network`: its name, for the title. The size is bounded: the newest crawls, the peers that answer best,
/// and the most shared of the graph.
[[nodiscard]] std::string report(sqlite::Database& history, const std::string& network);

}  // namespace crawl
