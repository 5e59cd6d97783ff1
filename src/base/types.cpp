#include <ouro/base/types.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <ouro/base/networks.hpp>

#include "base/ascii.hpp"

namespace ouro {

Result<NetworkMagic> network_by_name(std::string_view name) {
    for (const KnownNetwork& network : known_networks)
        if (network.name == name) return network.magic;
    return Errc::bad_argument;
}

namespace {

using detail::is_digit;
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) noexcept { return is_upper(c) || (c >= 'a' && c <= 'z'); }
constexpr bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_name(char c) noexcept { return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.'; }

bool good_name(std::string_view host) noexcept {
    constexpr std::size_t longest = 253;  // RFC 1035, without the length bytes
    return !host.empty() && host.size() <= longest && std::all_of(host.begin(), host.end(), is_name);
}

bool good_v6(std::string_view host) noexcept {
    constexpr std::size_t longest = 45;  // eight groups, the last two as a dotted quad
    constexpr std::size_t longest_zone = 64;
    const std::size_t percent = host.find('%');
    const std::string_view address = host.substr(0, percent);
    if (percent != std::string_view::npos) {
        const std::string_view zone = host.substr(percent + 1);
        if (zone.empty() || zone.size() > longest_zone || !std::all_of(zone.begin(), zone.end(), is_name)) return false;
    }
    return address.size() <= longest && std::count(address.begin(), address.end(), ':') >= 2 &&
           std::all_of(address.begin(), address.end(), [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; });
}

bool good_path(std::string_view path) noexcept {
    constexpr std::size_t longest = 107;  // unix(7): sun_path, without the final NUL
    return !path.empty() && path.size() <= longest && path.find('\0') == std::string_view::npos;
}

// A zone is the name of an interface, which keeps its case.
std::string lower(std::string_view host) {
    std::string result(host);
    for (char& c : result) {
        if (c == '%') break;
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

}  // namespace

struct PeerId::Entry {
    std::string text;
    std::string_view host;  // part of the text
    std::string_view path;  // the same
    std::uint16_t port = 0;
    std::atomic<std::size_t> handles{1};
};

/// All texts with a handle. A count rises from or falls to zero only under the lock, so every entry in the table is
/// alive.
struct PeerId::Table {
    std::mutex mutex;
    std::unordered_map<std::string_view, std::unique_ptr<Entry>> entries;  // keyed by the entry's own text

    /// Never destroyed, because handles in static objects may outlive everything else.
    static Table& instance() {
        static Table& table = *new Table;
        return table;
    }
};

PeerId::PeerId(const PeerId& other) noexcept : entry_(other.entry_) {
    if (entry_) entry_->handles.fetch_add(1, std::memory_order_relaxed);
}

PeerId::~PeerId() {
    if (!entry_) return;
    std::size_t handles = entry_->handles.load(std::memory_order_relaxed);
    while (handles > 1) {
        if (entry_->handles.compare_exchange_weak(handles, handles - 1, std::memory_order_release,
                                                  std::memory_order_relaxed)) {
            return;
        }
    }
    // This may be the last handle, but another one may be made from the text before the lock is taken.
    Table& table = Table::instance();
    std::unique_ptr<Entry> last;
    const std::lock_guard lock(table.mutex);
    if (entry_->handles.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const auto found = table.entries.find(entry_->text);
    last = std::move(found->second);
    table.entries.erase(found);
}

Result<PeerId> PeerId::parse(std::string_view text) {
    constexpr std::string_view scheme = "unix:";
    const bool named = lower(text.substr(0, scheme.size())) == scheme;
    if (named || text.starts_with('/') || text.starts_with("./") || text.starts_with("../")) {
        std::string path(named ? text.substr(scheme.size()) : text);
        const bool plain = path.starts_with('/') || path.starts_with("./") || path.starts_with("../");
        if (!path.empty() && !plain) path.insert(0, "./");
        if (!good_path(path)) return Errc::bad_address;
        auto made = std::make_unique<Entry>();
        made->text = std::move(path);
        made->path = made->text;
        return intern(std::move(made));
    }

    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return Errc::bad_address;

    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) return Errc::bad_address;

    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (!good_v6(host)) return Errc::bad_address;
    } else if (!good_name(host)) {
        return Errc::bad_address;
    }
    return from_parts(host, port);
}

PeerId PeerId::from_parts(std::string_view host, std::uint16_t port) {
    const bool v6 = host.find(':') != std::string_view::npos;
    auto made = std::make_unique<Entry>();
    if (v6) made->text += '[';
    made->text += lower(host);
    made->text += v6 ? "]:" : ":";
    made->text += std::to_string(port);
    made->host = std::string_view(made->text).substr(v6 ? 1 : 0, host.size());
    made->port = port;
    return intern(std::move(made));
}

PeerId PeerId::visitor_at(std::string_view path, std::uint64_t number) {
    auto made = std::make_unique<Entry>();
    made->text = std::to_string(number) + '@';
    made->text += path;
    made->path = std::string_view(made->text).substr(made->text.size() - path.size());
    return intern(std::move(made));
}

PeerId PeerId::intern(std::unique_ptr<Entry> made) {
    Table& table = Table::instance();
    const std::lock_guard lock(table.mutex);
    const auto [place, fresh] = table.entries.try_emplace(made->text, std::move(made));
    if (!fresh) place->second->handles.fetch_add(1, std::memory_order_relaxed);
    return PeerId(place->second.get());
}

std::string_view PeerId::host() const noexcept { return entry_ ? entry_->host : std::string_view(); }
std::string_view PeerId::path() const noexcept { return entry_ ? entry_->path : std::string_view(); }
std::uint16_t PeerId::port() const noexcept { return entry_ ? entry_->port : std::uint16_t{0}; }
std::string_view PeerId::text() const noexcept { return entry_ ? std::string_view(entry_->text) : std::string_view(); }

}  // namespace ouro
