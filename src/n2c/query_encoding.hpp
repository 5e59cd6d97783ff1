#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include <ouro/n2c/credential.hpp>
#include <ouro/n2c/query.hpp>

#include "cbor/tags.hpp"

/// How queries are written: a list of a tag and the arguments.
namespace ouro::n2c::query {

/// The output of `write`, as one slice.
template <class Write>
Bytes item(Write write) {
    ByteQueue bytes;
    cbor::Writer out(bytes);
    write(out);
    return bytes.take();
}

/// A query without arguments.
inline InEra plain(Era era, std::uint64_t tag) {
    return {era, item([&](cbor::Writer& out) { out.array(1).uint(tag); })};
}

/// A query with one argument, which `write` writes.
template <class Write>
InEra about(Era era, std::uint64_t tag, Write write) {
    return {era, item([&](cbor::Writer& out) {
                out.array(2).uint(tag);
                write(out);
            })};
}

/// Whether a set has its tag. Two decoders of the reference differ: the older one always requires the tag and an
/// ascending order, the newer one accepts the tag only from Conway on.
enum class SetTag : std::uint8_t { always, from_conway };

/// A set: sorted, each element once.
template <class T, class Write, class Less = std::less<>>
void write_set(cbor::Writer& out, Era era, SetTag tagged, std::vector<T> all, Write write, Less less = {}) {
    std::sort(all.begin(), all.end(), less);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    if (tagged == SetTag::always || era >= Era::conway) out.tag(cbor::set_tag);
    out.array(all.size());
    for (const T& each : all) write(out, each);
}

/// A query with a single argument, a set.
template <class T, class Write, class Less = std::less<>>
InEra about_set(Era era, std::uint64_t tag, SetTag tagged, List<T> all, Write write, Less less = {}) {
    return about(era, tag,
                 [&](cbor::Writer& out) { write_set(out, era, tagged, std::move(all).vector(), write, less); });
}

/// A query with a single argument, `[]` or `[set]`.
template <class T, class Write>
InEra about_maybe_set(Era era, std::uint64_t tag, std::optional<List<T>> all, Write write) {
    return about(era, tag, [&](cbor::Writer& out) {
        out.array(all ? 1 : 0);
        if (all) write_set(out, era, SetTag::always, std::move(*all).vector(), write);
    });
}

inline void write(cbor::Writer& out, const KeyHash& hash) { out.bytes(BytesView(hash)); }

inline void write(cbor::Writer& out, const Credential& credential) {
    out.array(2).uint(credential.kind == Credential::Kind::script ? 1 : 0).bytes(BytesView(credential.hash));
}

inline void write(cbor::Writer& out, const DRep& drep) {
    const bool predefined = drep.kind >= DRep::Kind::abstain;
    out.array(predefined ? 1 : 2).uint(static_cast<std::uint64_t>(drep.kind));
    if (!predefined) out.bytes(BytesView(drep.hash));
}

/// `write` as a function object.
inline constexpr auto written = [](cbor::Writer& out, const auto& value) { write(out, value); };

}  // namespace ouro::n2c::query
