#include "interface/cares_services.hpp"

#include <algorithm>
#include <memory>
#include <optional>

// Newer versions of c-ares have other calls, which the versions of current systems lack.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

namespace ouro::detail {

namespace {

constexpr int internet = 1, srv = 33;  // class and type

std::uint16_t load_be16(const std::uint8_t* p) noexcept { return static_cast<std::uint16_t>(p[0] << 8 | p[1]); }

/// Returns the offset after the name at `at`, or nothing if there is no name.
std::optional<std::size_t> behind_name(BytesView answer, std::size_t at) {
    char* name = nullptr;
    long size = 0;
    if (at >= answer.size() || ares_expand_name(answer.data() + at, answer.data(), static_cast<int>(answer.size()),
                                                &name, &size) != ARES_SUCCESS)
        return std::nullopt;
    ares_free_string(name);
    return at + static_cast<std::size_t>(size);
}

/// The shortest time to live of the records; c-ares does not report it.
Duration shortest_ttl(BytesView answer) {
    constexpr std::size_t head = 12, question = 4, record = 10;
    if (answer.size() < head) return {};
    auto at = std::optional(head);
    for (int left = load_be16(answer.data() + 4); left > 0 && at; --left)
        if ((at = behind_name(answer, *at))) *at += question;
    std::optional<std::uint32_t> shortest;
    for (int left = load_be16(answer.data() + 6); left > 0 && at; --left) {
        at = behind_name(answer, *at);
        if (!at || *at + record > answer.size()) break;
        const std::uint8_t* const fields = answer.data() + *at;
        if (load_be16(fields) == srv) shortest = std::min(shortest.value_or(UINT32_MAX), load_be32(fields + 4));
        *at += record + load_be16(fields + 8);
    }
    return std::chrono::seconds(shortest.value_or(0));
}

}  // namespace

void query_services(ares_channel channel, const std::string& name, ares_callback done, void* argument) {
    ares_query(channel, name.c_str(), internet, srv, done, argument);
}

int read_services(BytesView answer, Services& services) {
    ares_srv_reply* first = nullptr;
    const int status = ares_parse_srv_reply(answer.data(), static_cast<int>(answer.size()), &first);
    const std::unique_ptr<void, decltype(&ares_free_data)> owned(first, &ares_free_data);
    if (status != ARES_SUCCESS) return status;
    for (const auto* one = first; one != nullptr; one = one->next)
        services.all.push_back({one->host, one->port, one->priority, one->weight});
    services.ttl = shortest_ttl(answer);
    return status;
}

}  // namespace ouro::detail
