#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ouro/cbor/reader.hpp>
#include <ouro/cbor/writer.hpp>

namespace ouro::cbor {

/// A whole number, also a negative one or one of more than 64 bits: the reference's `Integer`.
class Integer {
  public:
    /// The most bytes of a bignum that is read. The reference has no limit; no number of a ledger needs more than 16.
    static constexpr std::size_t max_bytes = 64;

    Integer() noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor): nearly all numbers are small
    Integer(std::uint64_t value) noexcept : low_(value) {}
    /// As CBOR has it: `magnitude`, or if `negative` is set -1 - `magnitude`; most significant byte first.
    Integer(bool negative, BytesView magnitude);

    /// Empty for a negative number and for one of more than 64 bits.
    [[nodiscard]] std::optional<std::uint64_t> as_uint64() const noexcept;
    /// In decimal digits.
    [[nodiscard]] std::string to_string() const;

    /// Writes the shortest form, as the reference does: a bignum only beyond 64 bits.
    void encode(Writer& out) const;
    /// Reads an integer or a bignum, of any length up to `max_bytes`; the reader fails at anything else.
    static Integer read(Reader& in);

    friend bool operator==(const Integer&, const Integer&) = default;

  private:
    bool negative_ = false;
    std::uint64_t low_ = 0;            // the magnitude of up to 64 bits
    std::vector<std::uint8_t> large_;  // a larger magnitude, without leading zeros; `low_` is 0 then
};

}  // namespace ouro::cbor
