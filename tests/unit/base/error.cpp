#include <ouro/base/error.hpp>

#include <set>
#include <string>
#include <vector>

#include <ouro/base/result.hpp>

#include "support/catch.hpp"

namespace ouro {

namespace {

std::vector<Errc> all_errors() {
    std::vector<Errc> errors;
    for (int i = 0; i <= static_cast<int>(Errc::beyond_horizon); ++i) errors.push_back(static_cast<Errc>(i));
    return errors;
}

}  // namespace

TEST_CASE("Every error has its own name and message", "[unit][error]") {
    std::set<std::string_view> names;
    std::set<std::string_view> messages;
    for (const Errc error : all_errors()) {
        INFO(static_cast<int>(error) << ' ' << name(error));
        CHECK(name(error) != "unknown");
        CHECK(names.insert(name(error)).second);
        CHECK(messages.insert(message(error)).second);
        CHECK(!message(error).empty());
        CHECK(message(error).back() != '.');
        CHECK(name(error).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    }
    CHECK(name(Errc::need_more) == "need_more");
    CHECK(name(Errc::beyond_horizon) == "beyond_horizon");
    CHECK(name(static_cast<Errc>(255)) == "unknown");
}

TEST_CASE("An error code equals the condition of its fault and no other", "[unit][error]") {
    for (const Errc error : all_errors()) {
        INFO(name(error));
        const std::error_code code = error;
        CHECK(&code.category() == &error_category());
        CHECK(code.message() == message(error));
        for (const Fault other : {Fault::none, Fault::ours, Fault::theirs, Fault::wire}) {
            CHECK((code == other) == (fault(error) == other));
        }
    }
    CHECK(!std::error_code(Errc::none));
    CHECK(std::error_code(Errc::malformed));
    CHECK(std::error_code(static_cast<int>(Errc::malformed), std::generic_category()) != Fault::theirs);
}

TEST_CASE("The fault of an error is the documented one", "[unit][error]") {
    struct Case {
        Errc error;
        Fault whose;
    };
    const auto [error, whose] =
        GENERATE(Case{Errc::none, Fault::none}, Case{Errc::need_more, Fault::none},
                 Case{Errc::query_answered, Fault::none}, Case{Errc::no_blocks, Fault::none},
                 Case{Errc::no_intersection, Fault::none}, Case{Errc::malformed, Fault::theirs},
                 Case{Errc::out_of_turn, Fault::theirs}, Case{Errc::state_timeout, Fault::theirs},
                 Case{Errc::ingress_overflow, Fault::theirs}, Case{Errc::connect_failed, Fault::wire},
                 Case{Errc::connection_reset, Fault::wire}, Case{Errc::closed_by_peer, Fault::wire},
                 Case{Errc::not_our_turn, Fault::ours}, Case{Errc::queue_full, Fault::ours},
                 Case{Errc::stopped, Fault::ours}, Case{Errc::file_unreadable, Fault::ours});
    INFO(name(error));
    CHECK(fault(error) == whose);
}

TEST_CASE("categories name themselves and every condition", "[unit][error]") {
    CHECK(std::string(error_category().name()) == "ouro");
    CHECK(std::string(fault_category().name()) == "ouro.fault");
    std::set<std::string> messages;
    for (const Fault fault : {Fault::none, Fault::ours, Fault::theirs, Fault::wire}) {
        CHECK(messages.insert(make_error_condition(fault).message()).second);
    }
    CHECK(error_category().message(-1) == error_category().message(1000));
}

TEST_CASE("A violation is printed as place, rule and message", "[unit][error]") {
    CHECK(to_string(Violation{"chain-sync", "MustReply", "AwaitReply", Errc::out_of_turn}) ==
          "chain-sync, MustReply: AwaitReply: a message that is not legal in the state of its protocol");
    CHECK(to_string(Violation{"chain-sync", "Idle", "", Errc::message_too_large}) ==
          "chain-sync, Idle: an item longer than the limit of the protocol's state");
    CHECK(to_string(Violation{"block-fetch", "Busy", "", Errc::malformed, 4}) ==
          "block-fetch, Busy, byte 4: bytes that are not the item the protocol requires");
    CHECK(to_string(Violation{"", "", "", Errc::empty_segment}) == "a segment without payload");
    CHECK(to_string(Violation{"", "", "", Errc::unknown_protocol, {}, std::uint16_t{42}}) ==
          "mini-protocol 42: " + std::string(message(Errc::unknown_protocol)));
}

TEST_CASE("A result is a value or an error", "[unit][error]") {
    const Result<std::string> good = std::string("yes");
    const Result<std::string> bad = Errc::bad_argument;
    CHECK(good.has_value());
    CHECK(*good == "yes");
    CHECK(good.error() == Errc::none);
    CHECK(!bad);
    CHECK(bad.error() == Errc::bad_argument);
    CHECK(!(good == bad));
    CHECK(Result<std::string>(bad).value_or("no") == "no");
    CHECK(bad.offset() == 0);
    CHECK(Result<std::string>(Errc::malformed, 7).offset() == 7);
    CHECK(Result<std::string>().error() == Errc::cancelled);
}

}  // namespace ouro
