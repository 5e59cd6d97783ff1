#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <ouro/base/bytes.hpp>
#include <ouro/cbor/item.hpp>

#include "support/wire.hpp"

/// Recorded conversations of two nodes, or of a node and its client. Nothing here uses the library's multiplexer or
/// scanner.
namespace conformance {

using Millis = std::chrono::milliseconds;

/// The two sides: the one that opened the connection, and the other.
enum class Side : char { client = 'C', server = 'S' };
[[nodiscard]] constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

/// One read of the recorder, or the end of one side.
struct Line {
    enum class Kind : std::uint8_t { bytes, close, reset };

    Millis at{};
    Side side{};
    Kind kind{};
    raw::ByteVector bytes;
};

/// The messages that one side sends in one role of one mini-protocol.
struct Stream {
    Side side{};
    std::uint16_t channel = 0;
    bool responder = false;  ///< the mode bit

    friend auto operator<=>(const Stream&, const Stream&) = default;
};

/// One message: a whole item.
struct Spoken {
    Stream stream;
    raw::ByteVector bytes;
    std::size_t line = 0;  ///< the line with its last byte

    /// Shares no bytes with the message.
    [[nodiscard]] ouro::Bytes copy() const { return ouro::Bytes::copy(bytes); }
    /// The number of its kind, the first element of the item.
    [[nodiscard]] unsigned tag() const;
};

/// Splits the bytes of one side into segments, and their payloads into messages.
class Splitter {
  public:
    struct Segment {
        std::uint16_t channel = 0;
        bool responder = false;
        raw::ByteVector payload;
    };

    void add(ouro::BytesView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    /// Takes the next whole segment. False if there is none.
    bool next(Segment& segment);
    /// Bytes that belong to no whole segment.
    [[nodiscard]] const raw::ByteVector& rest() const noexcept { return bytes_; }
    /// Takes the beginning of a segment that is not whole. False if there is none.
    bool next_cut(Segment& segment);

  private:
    raw::ByteVector bytes_;
};

/// Takes the first whole item from the front of `bytes`; empty if there is none.
[[nodiscard]] raw::ByteVector take_item(raw::ByteVector& bytes);

/// All messages of one side, with the number of the line that ends each: of those that follow each other.
class Reader {
  public:
    /// Adds the messages that `bytes` complete to `messages`.
    void read(Side side, ouro::BytesView bytes, std::size_t line, std::vector<Spoken>& messages);
    /// Adds the whole messages in the beginning of the last segment, if that is cut. Returns whether every segment and
    /// every item was whole.
    bool finish(Side side, std::size_t line, std::vector<Spoken>& messages);

  private:
    void read(Side side, const Splitter::Segment& segment, std::size_t line, std::vector<Spoken>& messages);

    struct Begun {
        Stream stream;
        raw::ByteVector bytes;
    };
    Splitter splitter_;
    std::vector<Begun> begun_;
};

/// One conversation, as its file has it.
struct Conversation {
    std::string name;
    std::string what, client, server, version;  ///< the lines of the head
    std::vector<Line> lines;
    std::vector<Spoken> messages;  ///< in the order of the lines that end them
    std::vector<Spoken> cut;       ///< the whole messages in a segment that is cut
    bool whole = false;            ///< no segment and no item is cut

    /// Between a node and its client.
    [[nodiscard]] bool local() const { return name.starts_with("n2c-"); }
    /// All messages of `stream`, in order.
    [[nodiscard]] std::vector<Spoken> of(const Stream& stream) const;
    /// The messages that end in line `line`.
    [[nodiscard]] std::vector<Spoken> in_line(std::size_t line) const;
};

/// Reads one file. Throws `std::runtime_error`, with the place, where it is not as the format says.
[[nodiscard]] Conversation read_conversation(const std::filesystem::path& file);
/// Reads all files of a folder, in the order of their names.
[[nodiscard]] std::vector<Conversation> read_conversations(const std::filesystem::path& folder);

}  // namespace conformance
