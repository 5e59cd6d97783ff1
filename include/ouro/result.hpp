#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include <ouro/error.hpp>

namespace ouro {

/// A value, or the reason why there is none. One type in every language mode.
template <class T>
class Result {
  public:
    /// Made in its place: of anything that a `T` can be made of silently, or, behind `std::in_place`, of anything.
    template <class U = T>
        requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Result> &&
                 !std::same_as<std::remove_cvref_t<U>, Errc>)
    Result(U&& value) : value_(std::forward<U>(value)) {}
    template <class... Args>
    explicit Result(std::in_place_t, Args&&... args) : value_(std::in_place, std::forward<Args>(args)...) {}
    Result(Errc error) noexcept : Result(error, 0) {}
    /// `offset`: how many octets into what was read.
    Result(Errc error, std::size_t offset) noexcept : offset_(offset), error_(error) { assert(error != Errc::none); }

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    /// `Errc::none` where there is a value.
    [[nodiscard]] Errc error() const noexcept { return error_; }
    /// Where something was read and refused: how many octets into it. Else zero.
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

    /// The value, which has to be there: builds without NDEBUG check it.
    T& operator*() & noexcept { return assert(has_value()), *value_; }
    const T& operator*() const& noexcept { return assert(has_value()), *value_; }
    T&& operator*() && noexcept { return assert(has_value()), *std::move(value_); }
    T* operator->() noexcept { return assert(has_value()), &*value_; }
    const T* operator->() const noexcept { return assert(has_value()), &*value_; }

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

template <class T>
Result(T) -> Result<T>;

}  // namespace ouro
