// A byte for the cuts, one for who gets credit when, and segments: the same items and the same end whatever the cuts.

#include <vector>

#include <ouro/base/random.hpp>
#include <ouro/mux/ingress.hpp>
#include <ouro/n2n/message.hpp>

#include "fuzz.hpp"

using namespace ouro;
using fuzz::promise;

namespace {

constexpr std::size_t most_bytes = 300;
constexpr std::uint16_t most_channel = 63;  // no protocol has a higher number

struct Item {
    Channel channel{};
    Role role{};
    std::vector<std::uint8_t> bytes;
    friend bool operator==(const Item&, const Item&) = default;
};

struct Outcome {
    std::vector<Item> items;
    Errc end = Errc::need_more;
    Channel channel{};
    Role role{};
    bool inside = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::size_t limit_of(Channel channel) noexcept {
    return std::min<std::size_t>(n2n::Message::ingress_limit(channel), 1'000);
}

/// Bytes into a connection's ingress, in runs of at most `longest`.
class Run {
  public:
    Run(std::uint8_t plan, std::size_t longest) : plan_(plan), longest_(longest) {
        ingress_.expect(Channel{0}, Role::responder, 1, most_bytes);
    }

    Outcome operator()(BytesView bytes, std::uint64_t seed) {
        while (!bytes.empty() && ingress_.want() != 0 && outcome_.end == Errc::need_more) {
            const std::size_t run = std::min({bytes.size(), ingress_.want(), 1 + detail::next_random(seed) % longest_});
            drain(bytes.first(run));
            bytes = bytes.subspan(run);
        }
        if (outcome_.end == Errc::need_more) {
            outcome_.inside = ingress_.inside_item();
            // How much room is taken for cut items depends on the cuts; that it is bounded does not.
            promise(ingress_.held().total() <= 2 * (most_channel + 1U) * (1'000 + 2 * most_bytes));
        }
        // What waited unread is given at the end.
        if (agreed_ && outcome_.end == Errc::need_more) {
            each([this](Channel channel, Role role) {
                if (later(channel)) ingress_.expect(channel, role, 1'000'000, most_bytes);
            });
            drain({});
        }
        if (outcome_.end != Errc::need_more) {
            outcome_.channel = ingress_.failed_at().channel;
            outcome_.role = ingress_.failed_at().role;
        }
        return outcome_;
    }

  private:
    void drain(BytesView input) {
        mux::Ingress::Taken taken;
        for (;;) {
            const Errc status = ingress_.next(input, taken);
            if (status == Errc::need_more) {
                promise(input.empty() || ingress_.want() == 0);
                return;
            }
            if (status != Errc::none) {
                // An item that is wrong in two ways is refused for what is seen first, and the cuts decide that.
                const bool bad_item = status == Errc::malformed || status == Errc::depth_exceeded;
                outcome_.end = bad_item ? Errc::message_too_large : status;
                return;
            }
            promise(!taken.bytes.empty() && taken.bytes.size() <= most_bytes);
            if (taken.owner != nullptr) promise(taken.owner->share(taken.bytes).size() == taken.bytes.size());
            outcome_.items.push_back({taken.channel, taken.role, {taken.bytes.begin(), taken.bytes.end()}});
            if (!agreed_) {
                agreed_ = true;
                each([this](Channel channel, Role role) {
                    ingress_.expect(channel, role, later(channel) ? 0 : 1, most_bytes);
                });
            } else if (!later(taken.channel)) {
                ingress_.expect(taken.channel, taken.role, 1, most_bytes);
            }
        }
    }
    template <class F>
    void each(F&& f) {
        for (std::uint16_t number = 1; number <= most_channel; ++number) {
            if (limit_of(Channel{number}) == 0) continue;
            f(Channel{number}, Role::responder);
            if ((plan_ & 0x80U) != 0) f(Channel{number}, Role::initiator);
        }
    }
    /// It is not read before the end.
    [[nodiscard]] bool later(Channel channel) const noexcept {
        return (plan_ >> static_cast<unsigned>(channel) % 7 & 1U) != 0;
    }

    mux::Ingress ingress_{Direction::inbound, &limit_of};
    Outcome outcome_;
    std::uint8_t plan_;
    std::size_t longest_;
    bool agreed_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t seed = input.byte();
    const std::uint8_t plan = input.byte();
    const Outcome whole = Run(plan, SIZE_MAX)(input.rest(), 1);
    const Outcome cut = Run(plan, 1 + seed % 16U)(input.rest(), seed);
    promise(whole == cut);
    return 0;
}
