#include <ouro/base/types.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <memory>
#include <mutex>
#include <unordered_set>

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

/// A text, which follows the entry in its block of memory, and where its host or its path is.
struct PeerId::Entry {
    std::atomic<std::size_t> handles{1};
    std::uint32_t size;          // of the text
    std::uint32_t from, length;  // of the host or path
    std::uint16_t port;
    bool path;

    [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(this + 1), size}; }
    [[nodiscard]] std::string_view part() const noexcept { return text().substr(from, length); }

    static void* operator new(std::size_t size, std::size_t text) { return ::operator new(size + text); }
    static void operator delete(void* entry, std::size_t) noexcept { ::operator delete(entry); }
    static void operator delete(void* entry) noexcept { ::operator delete(entry); }
};

/// All texts with a handle. A count rises from or falls to zero only under the lock, so every entry in the table is
/// alive.
struct PeerId::Table {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
        std::size_t operator()(const std::unique_ptr<Entry>& entry) const { return (*this)(entry->text()); }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(std::string_view text, const std::unique_ptr<Entry>& entry) const {
            return text == entry->text();
        }
        bool operator()(const std::unique_ptr<Entry>& entry, std::string_view text) const {
            return text == entry->text();
        }
        bool operator()(const std::unique_ptr<Entry>& a, const std::unique_ptr<Entry>& b) const { return a == b; }
    };

    std::mutex mutex;
    std::unordered_set<std::unique_ptr<Entry>, Hash, Equal> entries;

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
    last = std::move(table.entries.extract(table.entries.find(entry_->text())).value());
}

Result<PeerId> PeerId::parse(std::string_view text) {
    constexpr std::string_view scheme = "unix:";
    const bool named = lower(text.substr(0, scheme.size())) == scheme;
    if (named || text.starts_with('/') || text.starts_with("./") || text.starts_with("../")) {
        std::string path(named ? text.substr(scheme.size()) : text);
        const bool plain = path.starts_with('/') || path.starts_with("./") || path.starts_with("../");
        if (!path.empty() && !plain) path.insert(0, "./");
        if (!good_path(path)) return Errc::bad_address;
        return intern(path, path, 0, true);
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
    std::string text;
    if (v6) text += '[';
    text += lower(host);
    text += v6 ? "]:" : ":";
    text += std::to_string(port);
    return intern(text, std::string_view(text).substr(v6 ? 1 : 0, host.size()), port);
}

PeerId PeerId::visitor_at(std::string_view path, std::uint64_t number) {
    std::string text = std::to_string(number) + '@';
    text += path;
    return intern(text, std::string_view(text).substr(text.size() - path.size()), 0, true);
}

// `part`: the host or path, inside `text`.
PeerId PeerId::intern(std::string_view text, std::string_view part, std::uint16_t port, bool path) {
    Table& table = Table::instance();
    const std::lock_guard lock(table.mutex);
    if (const auto known = table.entries.find(text); known != table.entries.end()) {
        (*known)->handles.fetch_add(1, std::memory_order_relaxed);
        return PeerId(known->get());
    }
    const auto size = [](auto bytes) { return static_cast<std::uint32_t>(bytes); };
    std::unique_ptr<Entry> made(
        new (text.size()) Entry{1, size(text.size()), size(part.data() - text.data()), size(part.size()), port, path});
    text.copy(reinterpret_cast<char*>(made.get() + 1), text.size());
    return PeerId(table.entries.insert(std::move(made)).first->get());
}

std::string_view PeerId::host() const noexcept { return entry_ && !entry_->path ? entry_->part() : std::string_view(); }
std::string_view PeerId::path() const noexcept { return entry_ && entry_->path ? entry_->part() : std::string_view(); }
std::uint16_t PeerId::port() const noexcept { return entry_ ? entry_->port : std::uint16_t{0}; }
std::string_view PeerId::text() const noexcept { return entry_ ? entry_->text() : std::string_view(); }

}  // namespace ouro
