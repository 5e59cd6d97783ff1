#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace ouro {

/// A list argument: `{a, b}`, one element, a vector, or anything that converts to a span.
///
/// Its constructor takes the elements one by one, because g++ 12 does not compile a `std::initializer_list`, and so no
/// `std::vector{a, b}`, in an expression with `co_await` (docs/coroutines.md).
template <class T>
class List {
  public:
    List() noexcept = default;
    /// Of a vector.
    List(std::vector<T> elements) noexcept : elements_(std::move(elements)) {}
    /// Of anything that is a span.
    List(std::span<const T> elements) : elements_(elements.begin(), elements.end()) {}
    /// Copies the elements of an array.
    template <class Array>
        requires(!std::same_as<Array, List> && !std::same_as<Array, std::span<const T>> &&
                 !std::same_as<Array, std::vector<T>> && std::convertible_to<const Array&, std::span<const T>>)
    List(const Array& elements) : List(std::span<const T>(elements)) {}
    /// Of the elements one by one.
    template <class... Elements>
        requires(sizeof...(Elements) > 0 && (std::convertible_to<Elements, T> && ...))
    List(Elements&&... elements) {
        elements_.reserve(sizeof...(Elements));
        (elements_.push_back(std::forward<Elements>(elements)), ...);
    }

    /// Number of elements.
    [[nodiscard]] std::size_t size() const noexcept { return elements_.size(); }
    [[nodiscard]] auto begin() const noexcept { return elements_.begin(); }
    [[nodiscard]] auto end() const noexcept { return elements_.end(); }
    /// Moves the elements out.
    [[nodiscard]] std::vector<T> vector() && noexcept { return std::move(elements_); }

  private:
    std::vector<T> elements_;
};

}  // namespace ouro
