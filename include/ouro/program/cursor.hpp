#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ouro/base/list.hpp>
#include <ouro/protocol/chain.hpp>

namespace ouro {

/// A place on the chain of a network that survives the program: the point of the last delivered block and older ones,
/// fewer the further back they are. With it another follower continues where the last one stopped, also after the
/// block at its first point was rolled back.
class Cursor {
  public:
    static constexpr std::size_t most_points = 64;  ///< the sparse points of any chain are fewer

    /// `points`: newest first. Throws `std::invalid_argument` if there are none, or more than `most_points`.
    Cursor(NetworkMagic network, List<Point> points);

    /// The text that `to_string` returns.
    /// Errors  Errc::bad_argument, with the offset of the part that is not one of a cursor
    [[nodiscard]] static Result<Cursor> parse(std::string_view text);

    /// Magic of the network that it is a place of.
    [[nodiscard]] NetworkMagic network() const noexcept { return network_; }
    /// Newest first; at least one.
    [[nodiscard]] const std::vector<Point>& points() const& noexcept { return points_; }
    /// The same for a cursor that is no longer needed.
    [[nodiscard]] std::vector<Point> points() && noexcept { return std::move(points_); }
    /// The place itself.
    [[nodiscard]] Point point() const noexcept { return points_.front(); }

    friend bool operator==(const Cursor&, const Cursor&) = default;

  private:
    NetworkMagic network_;
    std::vector<Point> points_;
};

/// `ouro-cursor-1 MAGIC POINT POINT…`, in one line. Store it in the same transaction as the data that it stands for.
[[nodiscard]] std::string to_string(const Cursor& cursor);

/// A cursor in a file of its own. The file is replaced in one step, so it never holds a part of a cursor.
class CursorFile {
  public:
    /// The file need not exist.
    explicit CursorFile(std::filesystem::path path) : path_(std::move(path)) {}

    /// Empty if there is no such file.
    /// Errors  Errc::file_unreadable; Errc::file_foreign  it does not hold a cursor
    [[nodiscard]] Result<std::optional<Cursor>> load() const;
    /// Writes the cursor next to the file, waits until it is on the disk, and renames it. Blocks the thread meanwhile.
    /// Errors  of the system; the file then has its earlier content
    [[nodiscard]] std::error_code save(const Cursor& cursor) const;

    /// Where the file is.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace ouro
