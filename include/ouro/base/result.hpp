#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include <ouro/base/error.hpp>

namespace ouro {

/// A value or an error. The same type in every language mode.
template <class T>
class Result {
  public:
    /// Constructs the value in place: from anything that converts to `T`, or from any arguments after `std::in_place`.
    template <class U = T>
        requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Result> &&
                 !std::same_as<std::remove_cvref_t<U>, Errc>)
    Result(U&& value) : value_(std::forward<U>(value)) {}
    /// A value that is made in place.
    template <class... Args>
    explicit Result(std::in_place_t, Args&&... args) : value_(std::in_place, std::forward<Args>(args)...) {}
    /// An error.
    Result(Errc error) noexcept : Result(error, 0) {}
    /// Errc::cancelled: Asio makes such a result beside an exception that leaves a coroutine.
    explicit Result() noexcept : Result(Errc::cancelled) {}
    /// `offset`: bytes read before the error.
    Result(Errc error, std::size_t offset) noexcept : offset_(offset), error_(error) { assert(error != Errc::none); }

    /// Whether it is a value.
    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    /// Whether it is a value.
    explicit operator bool() const noexcept { return has_value(); }
    /// `Errc::none` if there is a value.
    [[nodiscard]] Errc error() const noexcept { return error_; }
    /// For input that was read and refused: the number of bytes before the error. Otherwise zero.
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

    /// The value, which must exist: builds without NDEBUG check it.
    T& operator*() & noexcept { return assert(has_value()), *value_; }
    /// The value, which must be there.
    const T& operator*() const& noexcept { return assert(has_value()), *value_; }
    T&& operator*() && noexcept { return assert(has_value()), *std::move(value_); }
    T* operator->() noexcept { return assert(has_value()), &*value_; }
    /// The value, which must be there.
    const T* operator->() const noexcept { return assert(has_value()), &*value_; }

    /// The value, or `other`.
    template <class U>
    T value_or(U&& other) && {
        return std::move(value_).value_or(std::forward<U>(other));
    }

    friend bool operator==(const Result&, const Result&) = default;

  private:
    std::optional<T> value_;
    std::size_t offset_ = 0;
    Errc error_ = Errc::none;
};

/// A value makes a result of its type.
template <class T>
Result(T) -> Result<T>;

}  // namespace ouro
