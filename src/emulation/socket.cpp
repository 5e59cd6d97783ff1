#include <ouro/emulation/socket.hpp>

#include <algorithm>

namespace ouro::emulation {

std::size_t Socket::space() noexcept {
    const auto twin = twin_.lock();
    if (!twin) return 0;
    const std::size_t used = std::min(twin->in_flight(), world_.options().send_buffer);
    full_ = used == world_.options().send_buffer;
    return world_.options().send_buffer - used;
}

void Socket::write(BytesView octets) {
    const auto twin = twin_.lock();
    if (!twin || state_ != State::open || shut_ || octets.empty()) return;
    twin->flying_ += octets.size();
    world_.at(twin->next_arrival(),
              [twin, epoch = twin->epoch_, copy = Bytes::copy(octets)] { twin->arrive(epoch, copy); });
}

std::vector<std::uint8_t> Socket::read(std::size_t most) {
    const auto from = arrived_.begin() + static_cast<std::ptrdiff_t>(read_);
    const std::size_t count = std::min(most, available());
    std::vector<std::uint8_t> octets(from, from + static_cast<std::ptrdiff_t>(count));
    read_ += count;
    if (available() == 0) {
        arrived_.clear();
        read_ = 0;
    }
    if (const auto twin = twin_.lock(); twin && twin->full_ && count != 0) {
        twin->full_ = false;
        world_.at(world_.now(), [twin] { twin->notify(); });
    }
    return octets;
}

void Socket::shut_down() {
    const auto twin = twin_.lock();
    if (!twin || state_ != State::open || shut_) return;
    shut_ = true;
    world_.at(twin->next_arrival(), [twin, epoch = twin->epoch_] { twin->end_arrives(epoch); });
}

void Socket::close() {
    if (state_ == State::open && !shut_) return reset();
    handler_ = nullptr;
    state_ = State::closed;
    drop();
}

void Socket::reset() {
    handler_ = nullptr;
    if (state_ == State::closed) return;
    state_ = State::closed;
    drop();
    const auto twin = twin_.lock();
    if (!twin) return;
    twin->flying_ = 0;
    ++twin->epoch_;
    world_.at(world_.now() + world_.delay(),
              [twin] { twin->fail(Errc::connection_reset, std::make_error_code(std::errc::connection_reset)); });
}

void Socket::opened() {
    if (state_ != State::dialling) return;
    state_ = State::open;
    notify();
}

void Socket::fail(Errc error, std::error_code system) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    error_ = error;
    system_ = system;
    drop();
    notify();
}

void Socket::arrive(std::uint32_t epoch, BytesView octets) {
    if (epoch != epoch_ || state_ == State::closed) return;
    flying_ -= octets.size();
    if (read_ > arrived_.size() / 2) {
        arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(read_));
        read_ = 0;
    }
    arrived_.insert(arrived_.end(), octets.begin(), octets.end());
    notify();
}

void Socket::end_arrives(std::uint32_t epoch) {
    if (epoch != epoch_ || state_ == State::closed) return;
    ended_ = true;
    notify();
}

void Socket::drop() noexcept {
    arrived_.clear();
    read_ = 0;
    flying_ = 0;
    ++epoch_;
}

void Socket::notify() {
    if (handler_) handler_->ready();
}

Instant Socket::next_arrival() { return last_arrival_ = std::max(last_arrival_, world_.now() + world_.delay()); }

}  // namespace ouro::emulation
