#pragma once

#include <cassert>
#include <optional>
#include <utility>

#include <ouro/error.hpp>

namespace ouro {

/// A value, or the reason why there is none. One type in every language mode.
template <class T>
class Result {
  public:
    Result(T value) : value_(std::move(value)) {}
    Result(Errc error) noexcept : error_(error) { assert(error != Errc::none); }

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    /// `Errc::none` where there is a value.
    [[nodiscard]] Errc error() const noexcept { return error_; }

    T& operator*() & noexcept { return *value_; }
    const T& operator*() const& noexcept { return *value_; }
    T&& operator*() && noexcept { return *std::move(value_); }
    T* operator->() noexcept { return &*value_; }
    const T* operator->() const noexcept { return &*value_; }

    template <class U>
    T value_or(U&& other) && {
        return std::move(value_).value_or(std::forward<U>(other));
    }

    friend bool operator==(const Result&, const Result&) = default;

  private:
    std::optional<T> value_;
    Errc error_ = Errc::none;
};

}  // namespace ouro
