#include <ouro/emulation/socket.hpp>

#include <algorithm>

#include <ouro/emulation/world.hpp>

#include "emulation/second.hpp"

namespace ouro::emulation {

Socket::Socket(World& world, std::uint64_t number, const PeerId& peer, const PeerId& home, const PeerId& other)
    : world_(world),
      number_(number),
      peer_(peer),
      home_(home),
      other_(other),
      way_(world.link(home, other)),
      capacity_(&world.capacity(home)) {}

Socket::~Socket() {
    drop();
    if (twin_ != nullptr) twin_->twin_ = nullptr;
    world_.forget(*this);
}

void Socket::join(Socket& twin) noexcept {
    twin_ = &twin;
    twin.twin_ = this;
}

std::size_t Socket::space() noexcept {
    if (state_ != State::open) return 0;
    const std::size_t used = std::min(sent_, capacity_->send_buffer);
    full_ = used == capacity_->send_buffer;
    return capacity_->send_buffer - used;
}

void Socket::write(std::span<const BytesView> buffers, std::size_t most) {
    if (state_ != State::open || shut_) return;
    std::vector<std::uint8_t>& bytes = world_.scratch_;
    bytes.clear();
    for (const BytesView buffer : buffers) {
        const BytesView fits = buffer.first(std::min(buffer.size(), most - bytes.size()));
        bytes.insert(bytes.end(), fits.begin(), fits.end());
    }
    if (bytes.empty()) return;
    ++world_.figures_.writes;
    world_.figures_.bytes += bytes.size();
    sent_ += bytes.size();
    if (silent_) {
        stuck_ += bytes.size();
        world_.held_ += bytes.size();
        return;
    }
    if (twin_ == nullptr || twin_->state_ == State::closed) return;
    twin_->flying_ += bytes.size();
    world_.held_ += bytes.size();
    world_.send(way_, *twin_, twin_->epoch_);
}

std::size_t Socket::available() const noexcept {
    return capacity_->reads != 0 && world_.now() < next_read_ ? 0 : unread();
}

void Socket::read(std::size_t most, std::vector<std::uint8_t>& into) {
    std::size_t count = std::min(most, available());
    if (capacity_->reads != 0) count = std::min(count, std::max<std::size_t>(1, capacity_->reads / 20));
    into.clear();
    if (count == 0) return;
    if (count == arrived_.size()) {
        into.swap(arrived_);
    } else {
        const auto from = arrived_.begin() + static_cast<std::ptrdiff_t>(read_);
        into.assign(from, from + static_cast<std::ptrdiff_t>(count));
        read_ += count;
        if (unread() == 0) {
            arrived_.clear();
            read_ = 0;
        }
    }
    world_.held_ -= count;
    if (capacity_->reads != 0) {
        next_read_ = std::max(next_read_, world_.now()) +
                     Duration(static_cast<Duration::rep>(count * second / capacity_->reads));
        if (unread() != 0) wait_to_read();
    }
    if (twin_ == nullptr || silent_) return;
    twin_->sent_ -= std::min(twin_->sent_, count);
    if (!std::exchange(twin_->full_, false)) return;
    world_.ready_at(world_.now(), *twin_);
}

void Socket::shut_down() {
    if (state_ != State::open || std::exchange(shut_, true) || twin_ == nullptr || silent_) return;
    world_.end_at(way_.behind_all(world_.now(), world_.random_), *twin_, twin_->epoch_);
}

void Socket::close() {
    if (state_ == State::open && !shut_) return reset();
    handler_ = nullptr;
    leave();
}

void Socket::reset() {
    handler_ = nullptr;
    if (state_ == State::closed) return;
    send_reset();
    leave();
}

void Socket::lose(Loss loss) {
    if (state_ != State::open) return;
    world_.lost(*this, loss);
    switch (loss) {
        case Loss::reset: send_reset(); break;
        case Loss::half_open:
        case Loss::silent:
            if (twin_ != nullptr) twin_->fall_silent();
            fall_silent();
            break;
    }
    if (loss != Loss::silent) fail(Errc::connection_reset, std::make_error_code(std::errc::connection_reset));
}

void Socket::opened() {
    if (state_ != State::dialling) return;
    state_ = State::open;
    notify();
}

void Socket::fail(Errc error, std::error_code system) {
    if (state_ == State::closed) return;
    error_ = error;
    system_ = system;
    leave();
    notify();
}

void Socket::arrive(std::uint32_t epoch, std::vector<std::uint8_t>& bytes) {
    if (epoch != epoch_ || state_ == State::closed) return;
    flying_ -= bytes.size();
    if (unread() == 0) {
        arrived_.swap(bytes);
        read_ = 0;
    } else {
        if (read_ > arrived_.size() / 2) {
            arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(read_));
            read_ = 0;
        }
        arrived_.insert(arrived_.end(), bytes.begin(), bytes.end());
    }
    if (available() != 0)
        notify();
    else
        wait_to_read();
}

void Socket::end_arrives(std::uint32_t epoch) {
    if (epoch != epoch_ || state_ == State::closed) return;
    ended_ = true;
    notify();
}

// Drops the bytes in flight to the other end; it sees the reset after the latency.
void Socket::send_reset() {
    if (twin_ == nullptr || silent_) return;
    world_.held_ -= std::exchange(twin_->flying_, 0);
    ++twin_->epoch_;
    world_.at(world_.now() + way_.delay(world_.random_), [twin = SocketPtr(twin_)] {
        twin->fail(Errc::connection_reset, std::make_error_code(std::errc::connection_reset));
    });
}

// Bytes in flight to this end remain counted at the end that wrote them.
void Socket::fall_silent() {
    silent_ = true;
    ++epoch_;
    const std::size_t bytes = std::exchange(flying_, 0);
    if (twin_ != nullptr && twin_->state_ != State::closed)
        twin_->stuck_ += bytes;
    else
        world_.held_ -= bytes;
}

void Socket::leave() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    drop();
    sent_ = 0;
    if (twin_ != nullptr) twin_->orphan_ = true;
    world_.left(*this);
}

void Socket::drop() noexcept {
    world_.held_ -= held();
    arrived_ = {};
    read_ = flying_ = stuck_ = 0;
    ++epoch_;
}

// The host reads slowly and may not read before `next_read_`.
void Socket::wait_to_read() {
    if (!std::exchange(waiting_to_read_, true)) world_.ready_at(next_read_, *this);
}

void Socket::notify() {
    waiting_to_read_ = waiting_to_read_ && world_.now() < next_read_;
    if (handler_) handler_->ready();
}

}  // namespace ouro::emulation
