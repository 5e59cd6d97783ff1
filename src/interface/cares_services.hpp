#pragma once

#include <ares.h>
#include <string>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/names/name_book.hpp>

namespace ouro::detail {

/// The services of a name and their time to live.
struct Services {
    std::vector<Service> all;
    Duration ttl{};
};

void query_services(ares_channel channel, const std::string& name, ares_callback done, void* argument);

/// Reads the answer to a query for services. Returns the status of c-ares.
[[nodiscard]] int read_services(BytesView answer, Services& services);

}  // namespace ouro::detail
