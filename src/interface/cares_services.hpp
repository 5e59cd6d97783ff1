#pragma once

#include <ares.h>
#include <string>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/names/name_book.hpp>

namespace ouro::detail {

/// The services of a name, and the time they are good for.
struct Services {
    std::vector<Service> all;
    Duration ttl{};
};

void query_services(ares_channel channel, const std::string& name, ares_callback done, void* argument);

/// Reads the answer to a question for services; c-ares' status.
[[nodiscard]] int read_services(BytesView answer, Services& services);

}  // namespace ouro::detail
