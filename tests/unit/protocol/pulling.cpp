#include <ouro/protocol/object_diffusion.hpp>
#include <ouro/protocol/sig_submission.hpp>
#include <ouro/protocol/tx_submission.hpp>

#include "unit/protocol/wire.hpp"

using namespace ouro;
using namespace std::chrono_literals;

namespace {

// What each protocol calls the steps of a window. A transaction, a signature or an object here ends with its own id.

Hash last_hash(const Bytes& bytes) {
    Hash hash{};
    REQUIRE(bytes.size() >= hash.size());
    std::copy_n(bytes.data() + bytes.size() - hash.size(), hash.size(), hash.begin());
    return hash;
}

struct Transactions {
    using Protocol = TxSubmission;
    using Id = TxId;
    using P = TxSubmission;
    static constexpr std::uint16_t window = TxSubmission::window;
    static constexpr Again again = Again::allowed;

    static Errc step(IdWindow<Id>& w, const P::RequestTxIdsBlocking& m) {
        return w.request_ids(true, m.acknowledged, m.requested);
    }
    static Errc step(IdWindow<Id>& w, const P::RequestTxIdsNonBlocking& m) {
        return w.request_ids(false, m.acknowledged, m.requested);
    }
    static Errc step(IdWindow<Id>& w, const P::ReplyTxIds& m) { return w.reply_ids(m.ids); }
    static Errc step(IdWindow<Id>& w, const P::RequestTxs& m) { return w.request(m.ids); }
    static Errc step(IdWindow<Id>& w, const P::ReplyTxs& m) {
        std::vector<Named<Id>> given;
        for (const Tx& tx : m.txs)
            given.push_back({{tx.era, tx.byron, last_hash(tx.cbor)}, static_cast<std::uint32_t>(wire_size(tx))});
        return w.reply(given);
    }
    static Errc step(IdWindow<Id>&, const P::Init&) { return Errc::none; }
    static Errc step(IdWindow<Id>&, const P::Done&) { return Errc::none; }
};

struct Objects {
    using Protocol = PerasCertDiffusion;
    using Id = Bytes;
    using P = ObjectDiffusion;
    static constexpr std::uint16_t window = PerasCertDiffusion::window;
    static constexpr Again again = Again::refused;

    static std::vector<Named<Id>> named(const std::vector<Bytes>& ids) {
        std::vector<Named<Id>> all;
        for (const Bytes& id : ids) all.push_back({id, 0});
        return all;
    }
    static Errc step(IdWindow<Id>& w, const P::RequestObjectIdsBlocking& m) {
        return w.request_ids(true, m.acknowledged, m.requested);
    }
    static Errc step(IdWindow<Id>& w, const P::RequestObjectIdsNonBlocking& m) {
        return w.request_ids(false, m.acknowledged, m.requested);
    }
    static Errc step(IdWindow<Id>& w, const P::ReplyObjectIds& m) { return w.reply_ids(named(m.ids)); }
    static Errc step(IdWindow<Id>& w, const P::RequestObjects& m) { return w.request(m.ids); }
    static Errc step(IdWindow<Id>& w, const P::ReplyObjects& m) { return w.reply(named(m.objects)); }
    static Errc step(IdWindow<Id>&, const P::Init&) { return Errc::none; }
    static Errc step(IdWindow<Id>&, const P::Done&) { return Errc::none; }
};

struct Signatures {
    using Protocol = SigSubmission;
    using Id = Hash;
    using P = SigSubmission;
    static constexpr std::uint16_t window = SigSubmission::window;
    static constexpr Again again = Again::refused;

    static Errc step(IdWindow<Id>& w, const P::RequestSigIdsBlocking& m) {
        return w.request_ids(true, m.acknowledged, m.requested);
    }
    static Errc step(IdWindow<Id>& w, const P::RequestSigIdsNonBlocking& m) {
        return w.request_ids(false, m.acknowledged, m.requested);
    }
    static Errc step(IdWindow<Id>& w, const P::ReplySigIds& m) { return w.reply_ids(m.ids); }
    static Errc step(IdWindow<Id>& w, const P::ReplyNoSigIds&) {
        w.reply_no_ids();
        return Errc::none;
    }
    static Errc step(IdWindow<Id>& w, const P::RequestSigs& m) { return w.request(m.ids); }
    static Errc step(IdWindow<Id>& w, const P::ReplySigs& m) {
        std::vector<Named<Id>> given;
        for (const Bytes& each : m.signatures)
            given.push_back({last_hash(each), static_cast<std::uint32_t>(each.size())});
        return w.reply(given);
    }
    static Errc step(IdWindow<Id>&, const P::Done&) { return Errc::none; }
};

/// Two peers that send only messages legal in their state, and the window that one of them keeps.
template <class Kind>
class Talk {
  public:
    /// Sends this message from the side with agency. Returns the rule that it breaks.
    Errc say(const std::string& digits) {
        using P = typename Kind::Protocol;
        INFO(digits);
        const auto message = wire::decode<P>(digits);
        REQUIRE(message);
        const bool by_initiator = initiator_.ours();
        REQUIRE((by_initiator ? initiator_.send(*message, now_) : responder_.send(*message, now_)) == Errc::none);
        const std::size_t bytes = digits.size() / 2;
        REQUIRE((by_initiator ? responder_.receive(*message, bytes, now_)
                              : initiator_.receive(*message, bytes, now_)) == Errc::none);
        return std::visit([&](const auto& m) { return Kind::step(window_, m); }, *message);
    }

  private:
    Instant now_{};
    Machine<typename Kind::Protocol, Role::initiator> initiator_{{}};
    Machine<typename Kind::Protocol, Role::responder> responder_{{}};
    IdWindow<typename Kind::Id> window_{Kind::window, Kind::again};
};

/// All but the last message are good; the last one breaks a rule, and no other.
struct Story {
    const char* what;
    std::vector<std::string> messages;
    Errc rule;
};

template <class Kind>
void check(const std::vector<Story>& stories) {
    for (const Story& story : stories) {
        INFO(Kind::Protocol::name << ": " << story.what);
        Talk<Kind> talk;
        for (std::size_t i = 0; i + 1 < story.messages.size(); ++i) REQUIRE(talk.say(story.messages[i]) == Errc::none);
        CHECK(talk.say(story.messages.back()) == story.rule);
    }
}

std::string hash(unsigned digit) { return std::string(63, '0') + std::to_string(digit); }
template <class... Parts>
std::string list(const Parts&... parts) {
    return "9f" + (std::string() + ... + parts) + "ff";
}

}  // namespace

TEST_CASE("A violation names the broken rule of pulling transactions", "[unit][protocol][pulling]") {
    const auto id = [](unsigned n) { return "82065820" + hash(n); };
    // A transaction of a string that is its id: 2 for the era, 3 for tag and head, 34 for the rest.
    const auto tx = [](unsigned n) { return "8206d81858225820" + hash(n); };
    const auto named = [&](unsigned n, const char* bytes = "1828") { return "82" + id(n) + bytes; };
    const auto ask = [](bool blocking, const char* counts) {
        return "8400" + std::string(blocking ? "f5" : "f4") + counts;
    };
    const std::string init = "8106", wait = ask(true, "0003"), two = "8201" + list(named(1), named(2));
    const std::string want_one = "8202" + list(id(1));
    check<Transactions>({
        {"nothing at all", {init, wait, two, want_one, "8203" + list(tx(1)), ask(false, "0101")}, Errc::none},
        {"over-acknowledging", {init, wait, two, ask(false, "0301")}, Errc::over_acknowledged},
        {"over-acknowledging at first", {init, ask(true, "0101")}, Errc::over_acknowledged},
        {"a wait with an id unacknowledged", {init, wait, two, ask(true, "0101")}, Errc::blocking_too_early},
        {"no wait with all acknowledged", {init, wait, two, ask(false, "0201")}, Errc::blocking_too_late},
        {"a wait for none", {init, ask(true, "0000")}, Errc::nothing_requested},
        {"neither ids nor an acknowledgement", {init, wait, two, ask(false, "0000")}, Errc::nothing_requested},
        {"more than the window", {init, ask(true, "000b")}, Errc::window_overflow},
        {"more than what is left of it", {init, wait, two, ask(false, "0009")}, Errc::window_overflow},
        {"a body that was acknowledged",
         {init, wait, two, ask(false, "0101"), "8201" + list(), want_one},
         Errc::unannounced_id},
        {"a body that was never offered", {init, wait, two, "8202" + list(id(3))}, Errc::unannounced_id},
        {"more ids than asked for", {init, ask(true, "0001"), two}, Errc::too_many_ids},
        {"an empty end of a wait", {init, wait, "8201" + list()}, Errc::empty_reply},
        {"an id twice", {init, wait, "8201" + list(named(1), named(1))}, Errc::repeated_id},
        {"an id that is unacknowledged",
         {init, wait, two, ask(false, "0001"), "8201" + list(named(2))},
         Errc::repeated_id},
        {"a body that was not requested", {init, wait, two, want_one, "8203" + list(tx(2))}, Errc::unrequested},
        {"a body twice", {init, wait, two, want_one, "8203" + list(tx(1), tx(1))}, Errc::unrequested},
        // A body of 40 bytes.
        {"32 bytes more", {init, wait, "8201" + list(named(1, "08")), want_one, "8203" + list(tx(1))}, Errc::none},
        {"33 bytes more",
         {init, wait, "8201" + list(named(1, "07")), want_one, "8203" + list(tx(1))},
         Errc::wrong_size},
        {"32 bytes less", {init, wait, "8201" + list(named(1, "1848")), want_one, "8203" + list(tx(1))}, Errc::none},
        {"33 bytes less",
         {init, wait, "8201" + list(named(1, "1849")), want_one, "8203" + list(tx(1))},
         Errc::wrong_size},
        {"a body asked for twice, which the reference does not mind",
         {init, wait, two, "8202" + list(id(1), id(1))},
         Errc::none},
    });
}

TEST_CASE("A violation names the broken rule of pulling objects", "[unit][protocol][pulling]") {
    const auto ask = [](bool blocking, const char* counts) {
        return "8401" + std::string(blocking ? "f5" : "f4") + counts;
    };
    const std::string init = "8100", wait = ask(true, "0003"), two = "8202" + list("01", "02"),
                      want_one = "8203" + list("01");
    check<Objects>({
        {"nothing at all", {init, wait, two, want_one, "8204" + list("01"), ask(true, "0201")}, Errc::none},
        {"over-acknowledging", {init, wait, two, ask(false, "0301")}, Errc::over_acknowledged},
        {"a wait with an id unacknowledged", {init, wait, two, ask(true, "0101")}, Errc::blocking_too_early},
        {"no wait with all acknowledged", {init, wait, two, ask(false, "0201")}, Errc::blocking_too_late},
        {"a wait for none", {init, ask(true, "0000")}, Errc::nothing_requested},
        {"more than the window", {init, ask(true, "000b")}, Errc::window_overflow},
        {"an object that was never offered", {init, wait, two, "8203" + list("03")}, Errc::unannounced_id},
        {"an object asked for twice", {init, wait, two, "8203" + list("01", "01")}, Errc::repeated_request},
        {"an object asked for again", {init, wait, two, want_one, "8204" + list(), want_one}, Errc::repeated_request},
        {"more ids than asked for", {init, ask(true, "0001"), two}, Errc::too_many_ids},
        {"an empty end of a wait", {init, wait, "8202" + list()}, Errc::empty_reply},
        {"an id twice", {init, wait, "8202" + list("01", "01")}, Errc::repeated_id},
        {"an object that was not requested", {init, wait, two, want_one, "8204" + list("02")}, Errc::unrequested},
    });
}

TEST_CASE("A violation names the broken rule of pulling signatures", "[unit][protocol][pulling]") {
    const auto id = [](unsigned n) { return "5820" + hash(n); };
    const auto named = [&](unsigned n, const char* bytes = "1822") { return "82" + id(n) + bytes; };
    const auto ask = [](bool blocking, const char* counts) {
        return "8401" + std::string(blocking ? "f5" : "f4") + counts;
    };
    const std::string wait = ask(true, "0003"), two = "8202" + list(named(1), named(2)),
                      want_one = "8204" + list(id(1));
    check<Signatures>({
        {"nothing at all", {wait, two, want_one, "8205" + list(id(1)), ask(true, "0203"), "8103", wait}, Errc::none},
        {"over-acknowledging", {wait, two, ask(false, "0301")}, Errc::over_acknowledged},
        {"a wait with an id unacknowledged", {wait, two, ask(true, "0101")}, Errc::blocking_too_early},
        {"no wait with all acknowledged", {wait, two, ask(false, "0201")}, Errc::blocking_too_late},
        {"an empty end of a wait that has a message of its own", {wait, "8202" + list()}, Errc::empty_reply},
        {"more ids than asked for", {ask(true, "0001"), two}, Errc::too_many_ids},
        {"more than the window", {ask(true, "0015")}, Errc::window_overflow},
        {"an id twice", {wait, "8202" + list(named(1), named(1))}, Errc::repeated_id},
        {"a signature that was never offered", {wait, two, "8204" + list(id(3))}, Errc::unannounced_id},
        {"a signature asked for twice", {wait, two, "8204" + list(id(1), id(1))}, Errc::repeated_request},
        {"a signature that was not requested", {wait, two, want_one, "8205" + list(id(2))}, Errc::unrequested},
        {"33 bytes less", {wait, "8202" + list(named(1, "1843")), want_one, "8205" + list(id(1))}, Errc::wrong_size},
    });
}
