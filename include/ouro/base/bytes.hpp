#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ouro/base/result.hpp>

namespace ouro {

/// Bytes owned elsewhere.
using BytesView = std::span<const std::uint8_t>;

/// Whether both have the same bytes.
inline bool equal(BytesView a, BytesView b) noexcept {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

namespace detail {

/// Owner of the bytes of a `Bytes`: a reference count and a destroy function.
struct Owner {
    std::atomic<std::uint32_t> references{1};
    void (*destroy)(Owner*) noexcept = nullptr;
};

}  // namespace detail

/// An immutable slice of bytes with an atomic reference count: cheap to copy, safe to pass to another thread.
///
/// Lifetimes  The bytes live as long as any slice of them. `adopt` accepts any owner, such as a mapped file.
class Bytes {
  public:
    Bytes() noexcept = default;
    Bytes(const Bytes& other) noexcept : data_(other.data_), size_(other.size_), owner_(other.owner_) { retain(); }
    Bytes(Bytes&& other) noexcept { swap(other); }
    Bytes& operator=(Bytes other) noexcept {
        swap(other);
        return *this;
    }
    ~Bytes() { release(); }

    /// A copy of `bytes` in one allocation.
    static Bytes copy(BytesView bytes);

    /// A slice of `bytes`, kept alive by `owner`.
    template <class T>
    static Bytes adopt(std::shared_ptr<T> owner, BytesView bytes);

    /// The part [offset, offset + size) of this slice, with the same owner. The range must lie inside.
    [[nodiscard]] Bytes slice(std::size_t offset, std::size_t size) const noexcept {
        return share(view().subspan(offset, size));
    }
    /// A slice of `part`, which must lie inside this slice, with the same owner.
    [[nodiscard]] Bytes share(BytesView part) const noexcept {
        Bytes result;
        result.data_ = part.data();
        result.size_ = part.size();
        result.owner_ = owner_;
        result.retain();
        return result;
    }

    /// The first byte, if there is one.
    [[nodiscard]] const std::uint8_t* data() const noexcept { return data_; }
    /// Number of bytes.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The bytes, which end with the last slice that shares them.
    [[nodiscard]] BytesView view() const noexcept { return {data_, size_}; }
    /// The same as `view`.
    operator BytesView() const noexcept { return view(); }

    friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return equal(a.view(), b.view()); }

    void swap(Bytes& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(owner_, other.owner_);
    }

  private:
    friend class BytesBuilder;

    void retain() const noexcept {
        if (owner_) owner_->references.fetch_add(1, std::memory_order_relaxed);
    }
    void release() noexcept {
        if (owner_ && owner_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) owner_->destroy(owner_);
    }

    const std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
    detail::Owner* owner_ = nullptr;
};

/// A buffer that grows by appending and is then frozen into a `Bytes` without a copy.
class BytesBuilder {
  public:
    BytesBuilder() noexcept = default;
    BytesBuilder(BytesBuilder&& other) noexcept { swap(other); }
    BytesBuilder& operator=(BytesBuilder other) noexcept {
        swap(other);
        return *this;
    }
    ~BytesBuilder();

    /// Reserves room for `capacity` bytes in total.
    void reserve(std::size_t capacity);
    /// Adds bytes at the end.
    void append(BytesView bytes);
    /// Number of bytes so far.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Number of bytes that fit without another allocation.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The bytes so far.
    [[nodiscard]] BytesView view() const noexcept;
    /// The bytes, immutable from now on. The builder is empty afterwards and holds no memory.
    [[nodiscard]] Bytes freeze() noexcept;

  private:
    void swap(BytesBuilder& other) noexcept {
        std::swap(owner_, other.owner_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    detail::Owner* owner_ = nullptr;  // the bytes follow it in the same allocation
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

template <class T>
Bytes Bytes::adopt(std::shared_ptr<T> owner, BytesView bytes) {
    struct Foreign : detail::Owner {
        explicit Foreign(std::shared_ptr<T> foreign) : kept(std::move(foreign)) {
            destroy = [](detail::Owner* self) noexcept { delete static_cast<Foreign*>(self); };
        }
        std::shared_ptr<T> kept;
    };
    Bytes result;
    result.owner_ = new Foreign(std::move(owner));
    result.data_ = bytes.data();
    result.size_ = bytes.size();
    return result;
}

/// Reads a big-endian integer.
inline std::uint16_t load_be16(const std::uint8_t* p) noexcept { return static_cast<std::uint16_t>(p[0] << 8 | p[1]); }
/// Reads a big-endian integer.
inline std::uint32_t load_be32(const std::uint8_t* p) noexcept {
    return std::uint32_t{load_be16(p)} << 16 | load_be16(p + 2);
}
/// Reads a big-endian integer.
inline std::uint64_t load_be64(const std::uint8_t* p) noexcept {
    return std::uint64_t{load_be32(p)} << 32 | load_be32(p + 4);
}
/// Writes a big-endian integer.
inline void store_be16(std::uint8_t* p, std::uint16_t v) noexcept {
    p[0] = static_cast<std::uint8_t>(v >> 8);
    p[1] = static_cast<std::uint8_t>(v);
}
/// Writes a big-endian integer.
inline void store_be32(std::uint8_t* p, std::uint32_t v) noexcept {
    store_be16(p, static_cast<std::uint16_t>(v >> 16));
    store_be16(p + 2, static_cast<std::uint16_t>(v));
}
/// Writes a big-endian integer.
inline void store_be64(std::uint8_t* p, std::uint64_t v) noexcept {
    store_be32(p, static_cast<std::uint32_t>(v >> 32));
    store_be32(p + 4, static_cast<std::uint32_t>(v));
}

/// Lower-case hexadecimal, two digits per byte.
std::string to_hex(BytesView bytes);
/// Errors  Errc::malformed  an odd number of digits, or a character that is not a digit
[[nodiscard]] Result<Bytes> from_hex(std::string_view digits);

/// Text from a peer, made safe for a log or a terminal: invalid UTF-8 and control characters are escaped as `\xNN`, and
/// text longer than `limit` bytes ends in "…".
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace ouro
