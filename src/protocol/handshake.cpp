#include <ouro/protocol/handshake.hpp>

#include <algorithm>

#include "message_reader.hpp"

namespace ouro {

namespace {

using Known = std::span<const Version>;

constexpr Version first_with_peras{16};

void write(cbor::Writer& out, const VersionTable& table) {
    out.map(table.entries().size());
    for (const auto& entry : table.entries()) out.uint(static_cast<std::uint64_t>(entry.version)).raw(entry.data);
}

void write(cbor::Writer& out, const RefuseReason& reason) {
    if (const auto* mismatch = std::get_if<VersionMismatch>(&reason)) {
        out.array(2).uint(0).array(mismatch->versions.size());
        for (Version version : mismatch->versions) out.uint(static_cast<std::uint64_t>(version));
        return;
    }
    const auto write_text = [&](std::uint64_t tag, Version version, std::string_view text) {
        out.array(3).uint(tag).uint(static_cast<std::uint64_t>(version)).text(text);
    };
    if (const auto* undecoded = std::get_if<HandshakeDecodeError>(&reason))
        write_text(1, undecoded->version, undecoded->text);
    else if (const auto* refused = std::get_if<Refused>(&reason))
        write_text(2, refused->version, refused->text);
}

Version read_version(cbor::Reader& in) { return Version{in.uint()}; }

VersionTable read_table(cbor::Reader& in, const Item& item, Known known) {
    std::vector<VersionTable::Entry> entries;
    std::optional<Version> previous;
    const auto size = in.map();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
        const std::size_t start = in.offset();
        const Version version = read_version(in);
        const BytesView data = in.skip();
        // The reference checks the order of known versions and skips the others.
        if (std::find(known.begin(), known.end(), version) != known.end()) {
            if (previous && version <= *previous) in.fail_at(start);
            previous = version;
        }
        if (in.ok()) entries.push_back({version, item.keep(data)});
    }
    return VersionTable(std::move(entries));
}

RefuseReason read_reason(cbor::Reader& in) {
    const std::size_t start = in.offset();
    const auto size = in.array();
    const auto tag = in.uint(2);
    if (size != (tag == 0 ? 2U : 3U)) in.fail_at(start);
    switch (tag) {
        case 0: {
            VersionMismatch mismatch;
            const auto count = in.array();
            for (std::uint64_t i = 0; i < count && in.ok(); ++i) mismatch.versions.push_back(read_version(in));
            return mismatch;
        }
        case 1: return HandshakeDecodeError{read_version(in), std::string(in.text())};
        default: return Refused{read_version(in), std::string(in.text())};
    }
}

Handshake::AcceptVersion read_accept(cbor::Reader& in, const Item& item) {
    const Version version = read_version(in);
    return {version, item.keep(in.skip())};
}

Handshake::Message read_handshake(MessageReader& in, const Item& item, Known known) {
    switch (in.number()) {
        case 0: in.of(2); return Handshake::ProposeVersions{read_table(in, item, known)};
        case 1: in.of(3); return read_accept(in, item);
        case 2: in.of(2); return Handshake::Refuse{read_reason(in)};
        case 3: in.of(2); return Handshake::QueryReply{read_table(in, item, known)};
        default: in.unknown(); return Handshake::Refuse{};
    }
}

}  // namespace

Bytes encode(Version version, const VersionData& data) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    const auto magic = static_cast<std::uint32_t>(data.magic);
    if (node_to_client(version)) {
        out.array(2).uint(magic).boolean(data.query);
        return bytes.take();
    }
    const bool with_peras = version >= first_with_peras;
    out.array(with_peras ? 5 : 4)
        .uint(magic)
        .boolean(data.initiator_only)
        .uint(data.peer_sharing ? 1 : 0)
        .boolean(data.query);
    if (with_peras) out.boolean(data.peras);
    return bytes.take();
}

Result<VersionData> decode_version_data(Version version, BytesView data) noexcept {
    const bool local = node_to_client(version);
    const bool with_peras = !local && version >= first_with_peras;
    cbor::Reader in(data);
    in.array_of(local ? 2 : with_peras ? 5 : 4);
    VersionData result;
    result.magic = NetworkMagic{in.uint_as<std::uint32_t>()};
    result.initiator_only = local || in.boolean();
    result.peer_sharing = !local && in.uint(1) == 1;
    result.query = in.boolean();
    if (with_peras) result.peras = in.boolean();
    if (in.finish() != Errc::none) return {Errc::version_data, in.offset()};
    return result;
}

VersionData combine(const VersionData& ours, const VersionData& theirs) noexcept {
    return {ours.magic, ours.initiator_only || theirs.initiator_only, ours.peer_sharing && theirs.peer_sharing,
            ours.query || theirs.query, ours.peras && theirs.peras};
}

VersionTable::VersionTable(std::vector<Entry> entries) : entries_(std::move(entries)) {
    // A peer may repeat a number. Then the data decide, so that the order is deterministic.
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        if (a.version != b.version) return a.version < b.version;
        const BytesView left = a.data, right = b.data;
        return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
    });
}

VersionTable::VersionTable(std::span<const Version> versions, const VersionData& data) {
    std::vector<Entry> entries;
    entries.reserve(versions.size());
    for (Version version : versions) entries.push_back({version, encode(version, data)});
    *this = VersionTable(std::move(entries));
}

std::vector<Version> VersionTable::versions() const {
    std::vector<Version> versions;
    for (const Entry& entry : entries_) versions.push_back(entry.version);
    return versions;
}

const VersionTable::Entry* VersionTable::find(Version version) const noexcept {
    const auto it =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.version == version; });
    return it == entries_.end() ? nullptr : &*it;
}

namespace {

/// The versions as text, truncated.
std::string numbers(const std::vector<Version>& versions) {
    constexpr std::size_t shown = 32;
    std::string text;
    for (std::size_t i = 0; i < versions.size() && i < shown; ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(number_of(versions[i]));
    if (versions.size() > shown) text += ", …";
    return versions.empty() ? "none" : text;
}

}  // namespace

Errc error_of(const RefuseReason& reason) noexcept {
    if (std::holds_alternative<VersionMismatch>(reason)) return Errc::version_mismatch;
    if (std::holds_alternative<HandshakeDecodeError>(reason)) return Errc::version_data;
    const bool magic = std::get<Refused>(reason).text.starts_with("version data mismatch");
    return magic ? Errc::magic_mismatch : Errc::handshake_refused;
}

std::string to_string(const RefuseReason& reason) {
    if (const auto* mismatch = std::get_if<VersionMismatch>(&reason))
        return "no common version; the peer knows " + numbers(mismatch->versions);
    const auto with = [](Version version, std::string_view what, std::string_view text) {
        return "version " + std::to_string(number_of(version)) + " " + std::string(what) + ": " + printable(text);
    };
    if (const auto* undecoded = std::get_if<HandshakeDecodeError>(&reason))
        return with(undecoded->version, "data not understood", undecoded->text);
    const auto& refused = std::get<Refused>(reason);
    return with(refused.version, "refused", refused.text);
}

std::string to_string(const RefuseReason& reason, const std::vector<Version>& offered) {
    const std::string offer = "the peer offers version " + numbers(offered);
    if (const auto* mismatch = std::get_if<VersionMismatch>(&reason))
        return "no common version: " + offer + "; we know " + numbers(mismatch->versions);
    return to_string(reason) + (offered.empty() ? "" : "; " + offer);
}

void Handshake::ProposeVersions::encode(cbor::Writer& out) const {
    out.array(2).uint(0);
    write(out, versions);
}

void Handshake::AcceptVersion::encode(cbor::Writer& out) const {
    out.array(3).uint(1).uint(static_cast<std::uint64_t>(version)).raw(data);
}

void Handshake::Refuse::encode(cbor::Writer& out) const {
    out.array(2).uint(2);
    write(out, reason);
}

void Handshake::QueryReply::encode(cbor::Writer& out) const {
    out.array(2).uint(3);
    write(out, versions);
}

Result<Handshake::Message> Handshake::decode(const Item& item, Known known) {
    return read_message<Message>(item, [&](MessageReader& in) { return read_handshake(in, item, known); });
}

namespace {

std::variant<Agreement, Disagreement> agree(const VersionOffer& ours, Version version, BytesView data) {
    const auto theirs = decode_version_data(version, data);
    if (!theirs)
        return Disagreement{Errc::version_data, HandshakeDecodeError{version, "version data not understood"}, {}, {}};
    if (theirs->magic != ours.data.magic) {
        const auto number = [](NetworkMagic magic) { return std::to_string(static_cast<std::uint32_t>(magic)); };
        return Disagreement{Errc::magic_mismatch,
                            Refused{version, "version data mismatch: expected network magic " +
                                                 number(ours.data.magic) + ", received " + number(theirs->magic)},
                            *theirs,
                            {}};
    }
    return Agreement{version, combine(ours.data, *theirs)};
}

}  // namespace

std::variant<Agreement, Disagreement> choose(const VersionOffer& ours, const VersionTable& theirs) {
    const VersionTable::Entry* best = nullptr;
    for (const auto& entry : theirs.entries())
        if (std::find(ours.versions.begin(), ours.versions.end(), entry.version) != ours.versions.end()) best = &entry;
    if (!best) {
        VersionMismatch mismatch{ours.versions};
        std::sort(mismatch.versions.begin(), mismatch.versions.end());
        return Disagreement{Errc::version_mismatch, std::move(mismatch), {}, theirs.versions()};
    }
    auto outcome = agree(ours, best->version, best->data);
    if (auto* failed = std::get_if<Disagreement>(&outcome)) failed->offered = theirs.versions();
    return outcome;
}

std::variant<Agreement, Disagreement> confirm(const VersionOffer& ours, const Handshake::AcceptVersion& answer) {
    if (std::find(ours.versions.begin(), ours.versions.end(), answer.version) == ours.versions.end())
        return Disagreement{Errc::version_unoffered, Refused{answer.version, "not proposed"}, {}, {}};
    return agree(ours, answer.version, answer.data);
}

}  // namespace ouro
