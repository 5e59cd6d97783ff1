#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/writer.hpp>

namespace ouro {

/// The longest list anybody can ask for: counts on the wire have 16 bits.
inline constexpr std::size_t longest_list = 65'535;

/// How a list may stand on the wire. Which it is differs from message to message, and is what the reference reads.
enum class ListForm : std::uint8_t { definite, indefinite, either };

/// A list whose elements `read` reads.
template <class Read>
auto read_list(cbor::Reader& in, ListForm form, Read read) {
    std::vector<std::invoke_result_t<Read&>> all;
    const std::size_t start = in.offset();
    const std::optional<std::uint64_t> size = in.array_of_any();
    if (form != ListForm::either && size.has_value() != (form == ListForm::definite)) in.fail_at(start);
    while (in.ok() && (size ? all.size() < *size : !in.at_break())) {
        if (all.size() == longest_list) in.fail();
        all.push_back(read());
    }
    return all;
}

/// Lists as the reference writes most of them: indefinite, also where nothing is in them.
template <class T, class Write>
void write_indefinite(cbor::Writer& out, const std::vector<T>& all, Write write) {
    out.begin_array();
    for (const T& each : all) write(each);
    out.end();
}

/// Lists that the reference writes as definite where nothing is in them, and else as indefinite.
template <class T, class Write>
void write_either(cbor::Writer& out, const std::vector<T>& all, Write write) {
    if (all.empty())
        out.array(0);
    else
        write_indefinite(out, all, write);
}

}  // namespace ouro
