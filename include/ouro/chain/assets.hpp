#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <ouro/base/bytes.hpp>
#include <ouro/base/result.hpp>

namespace ouro::chain {

/// An amount of one native asset.
///
/// Lifetimes  The views are valid as long as the block's bytes.
struct Asset {
    BytesView policy;            ///< 28 bytes
    BytesView name;              ///< up to 32 bytes
    std::uint64_t quantity = 0;  ///< never negative
    bool burnt = false;          ///< whether the quantity is removed; only in the assets that a transaction mints
};

/// The native assets of an output, or those that a transaction mints: `{policy => {name => quantity}}`. They were
/// checked when this was made. An iterator reads them again, one at a time.
class Assets {
  public:
    /// Reads the assets in order.
    class Iterator {
      public:
        using value_type = Asset;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        const Asset& operator*() const noexcept { return asset_; }
        const Asset* operator->() const noexcept { return &asset_; }
        Iterator& operator++();
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.left_ == b.left_; }

      private:
        friend class Assets;
        Iterator(BytesView map, std::size_t left);
        void step();

        BytesView rest_;
        std::optional<std::uint64_t> of_policy_ = 0;  ///< assets of the policy that are left; empty: up to a break
        std::size_t left_ = 0;
        Asset asset_;
    };

    /// No assets.
    Assets() noexcept = default;

    /// Reads a whole map. Quantities below zero are allowed only if `minted`.
    /// Errors  Errc::malformed  another shape, or a quantity that does not fit; with the number of bytes before it
    [[nodiscard]] static Result<Assets> read(BytesView map, bool minted);

    /// Number of assets of all policies.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The map; empty if an output has coins only.
    [[nodiscard]] BytesView bytes() const noexcept { return map_; }
    [[nodiscard]] Iterator begin() const { return {map_, size_}; }
    [[nodiscard]] Iterator end() const noexcept { return {}; }

  private:
    BytesView map_;
    std::size_t size_ = 0;
};

}  // namespace ouro::chain
