#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/writer.hpp>

namespace ouro {

/// The longest list that can be requested: counts on the wire have 16 bits.
inline constexpr std::size_t longest_list = 65'535;

/// Accepted encoding of a list. It differs from message to message and follows the reference's decoder.
enum class ListForm : std::uint8_t { definite, indefinite, either };

/// Reads a list; `read` reads one element.
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

/// Writes a list as the reference usually does: indefinite, even if it is empty.
template <class T, class Write>
void write_indefinite(cbor::Writer& out, const std::vector<T>& all, Write write) {
    out.begin_array();
    for (const T& each : all) write(each);
    out.end();
}

/// Writes a list that the reference encodes as definite if it is empty, else as indefinite.
template <class T, class Write>
void write_either(cbor::Writer& out, const std::vector<T>& all, Write write) {
    if (all.empty())
        out.array(0);
    else
        write_indefinite(out, all, write);
}

}  // namespace ouro
