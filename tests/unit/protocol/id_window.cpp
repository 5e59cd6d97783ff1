#include <ouro/protocol/id_window.hpp>

#include <string>

#include "support/catch.hpp"

using namespace ouro;

namespace {

using Window = IdWindow<std::string>;
using Ids = std::vector<std::string>;
using Given = std::vector<Named<std::string>>;

/// Ids that are announced with 100 bytes each.
Given named(const Ids& ids) {
    Given all;
    for (const std::string& id : ids) all.push_back({id, 100});
    return all;
}
Errc reply_ids(Window& window, const Ids& ids) { return window.reply_ids(named(ids)); }
Errc request(Window& window, const Ids& ids) { return window.request(ids); }
Errc reply(Window& window, const Ids& ids) { return window.reply(named(ids)); }

/// A window for ten in which these are announced.
Window announced(const Ids& ids, Again again = Again::refused) {
    Window window(10, again);
    REQUIRE(window.request_ids(true, 0, 10) == Errc::none);
    REQUIRE(reply_ids(window, ids) == Errc::none);
    return window;
}

}  // namespace

TEST_CASE("Ids are announced, requested, delivered and acknowledged, oldest first", "[unit][protocol][id_window]") {
    Window window(10);
    CHECK(window.room() == 10);
    REQUIRE(window.request_ids(true, 0, 3) == Errc::none);
    CHECK(window.room() == 7);
    REQUIRE(reply_ids(window, {"a", "b"}) == Errc::none);
    CHECK(window.room() == 8);
    REQUIRE(request(window, {"b", "a"}) == Errc::none);
    REQUIRE(reply(window, {"a"}) == Errc::none);  // the other one is gone
    REQUIRE(window.request_ids(false, 1, 9) == Errc::none);
    CHECK(window.room() == 0);
    CHECK(window.unacknowledged() == Ids{"b"});
    REQUIRE(reply_ids(window, {}) == Errc::none);
    REQUIRE(window.request_ids(true, 1, 1) == Errc::none);
    REQUIRE(reply_ids(window, {"a"}) == Errc::none);  // acknowledged: it may be announced again
    CHECK(window.unacknowledged() == Ids{"a"});
    REQUIRE(request(window, {"a"}) == Errc::none);
    REQUIRE(reply(window, {"a"}) == Errc::none);
}

TEST_CASE("No more ids are acknowledged than were announced", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b"});
    CHECK(window.request_ids(false, 3, 1) == Errc::over_acknowledged);
    CHECK(window.request_ids(true, 65'535, 1) == Errc::over_acknowledged);
    CHECK(Window(10).request_ids(true, 1, 1) == Errc::over_acknowledged);
    CHECK(window.request_ids(true, 2, 1) == Errc::none);
}

TEST_CASE("No more ids are requested than fit in the window", "[unit][protocol][id_window]") {
    CHECK(Window(10).request_ids(true, 0, 11) == Errc::window_overflow);
    CHECK(Window(10).request_ids(true, 0, 65'535) == Errc::window_overflow);
    CHECK(Window(10).request_ids(true, 0, 10) == Errc::none);
    CHECK(Window(50).request_ids(true, 0, 11) == Errc::none);
    Window window = announced({"a", "b", "c"});
    CHECK(window.request_ids(false, 0, 8) == Errc::window_overflow);
    CHECK(window.request_ids(false, 1, 9) == Errc::window_overflow);
    CHECK(window.request_ids(false, 1, 8) == Errc::none);
}

TEST_CASE("A blocking request acknowledges all ids", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b"});
    CHECK(window.request_ids(true, 0, 1) == Errc::blocking_too_early);
    CHECK(window.request_ids(true, 1, 1) == Errc::blocking_too_early);
    CHECK(window.request_ids(true, 2, 1) == Errc::none);
}

TEST_CASE("A request after acknowledging all ids is blocking", "[unit][protocol][id_window]") {
    CHECK(Window(10).request_ids(false, 0, 1) == Errc::blocking_too_late);
    Window window = announced({"a", "b"});
    CHECK(window.request_ids(false, 2, 1) == Errc::blocking_too_late);
    CHECK(window.request_ids(false, 2, 0) == Errc::blocking_too_late);
    CHECK(window.request_ids(false, 1, 0) == Errc::none);
}

TEST_CASE("A request for ids requests or acknowledges at least one", "[unit][protocol][id_window]") {
    CHECK(Window(10).request_ids(true, 0, 0) == Errc::nothing_requested);
    Window window = announced({"a", "b"});
    CHECK(window.request_ids(true, 2, 0) == Errc::nothing_requested);
    CHECK(window.request_ids(false, 0, 0) == Errc::nothing_requested);
    CHECK(window.request_ids(false, 0, 1) == Errc::none);
}

TEST_CASE("No more ids come than were requested", "[unit][protocol][id_window]") {
    Window window(10);
    REQUIRE(window.request_ids(true, 0, 2) == Errc::none);
    CHECK(reply_ids(window, {"a", "b", "c"}) == Errc::too_many_ids);
    CHECK(reply_ids(window, {"a", "b"}) == Errc::none);
}

TEST_CASE("A blocking request is answered with at least one id", "[unit][protocol][id_window]") {
    Window window(10);
    REQUIRE(window.request_ids(true, 0, 2) == Errc::none);
    CHECK(reply_ids(window, {}) == Errc::empty_reply);
    SECTION("or with a message of its own, if the protocol has one") {
        window.reply_no_ids();
        CHECK(window.room() == 10);
        CHECK(window.request_ids(true, 0, 10) == Errc::none);
    }
    SECTION("a non-blocking one may be answered with none") {
        REQUIRE(reply_ids(window, {"a"}) == Errc::none);
        REQUIRE(window.request_ids(false, 0, 2) == Errc::none);
        CHECK(reply_ids(window, {}) == Errc::none);
    }
}

TEST_CASE("An id is announced only once", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b"});
    REQUIRE(window.request_ids(false, 1, 3) == Errc::none);
    CHECK(reply_ids(window, {"b"}) == Errc::repeated_id);
    CHECK(reply_ids(window, {"c", "d", "c"}) == Errc::repeated_id);
    CHECK(window.unacknowledged() == Ids{"b"});
    CHECK(reply_ids(window, {"a", "c"}) == Errc::none);
    CHECK(window.unacknowledged() == Ids{"b", "a", "c"});
}

TEST_CASE("Only announced ids are requested", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b"});
    REQUIRE(window.request_ids(false, 1, 1) == Errc::none);
    REQUIRE(reply_ids(window, {}) == Errc::none);
    CHECK(request(window, {"c"}) == Errc::unannounced_id);
    CHECK(request(window, {"b", "a"}) == Errc::unannounced_id);
    CHECK(request(window, {"b"}) == Errc::none);
}

TEST_CASE("An object is requested only once, unless it is a transaction", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b"});
    CHECK(request(window, {"a", "a"}) == Errc::repeated_request);
    REQUIRE(request(window, {"a"}) == Errc::none);
    CHECK(request(window, {"b", "a"}) == Errc::repeated_request);
    REQUIRE(reply(window, {}) == Errc::none);
    CHECK(request(window, {"a"}) == Errc::repeated_request);
    CHECK(request(window, {"b"}) == Errc::none);

    Window lenient = announced({"a"}, Again::allowed);
    for (int i = 0; i < 2; ++i) {
        CHECK(request(lenient, {"a", "a"}) == Errc::none);
        CHECK(reply(lenient, {"a", "a"}) == Errc::none);
    }
}

TEST_CASE("Only requested objects come, each once", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b", "c"});
    REQUIRE(request(window, {"a", "b"}) == Errc::none);
    CHECK(reply(window, {"c"}) == Errc::unrequested);
    CHECK(reply(window, {"a", "d"}) == Errc::unrequested);
    CHECK(reply(window, {"a", "b", "a"}) == Errc::unrequested);
    CHECK(reply(window, {"b", "a"}) == Errc::none);
}

TEST_CASE("An object has the announced size, give or take 32 bytes", "[unit][protocol][id_window]") {
    const auto of_size = [](std::uint32_t bytes) {
        Window window = announced({"a"});
        REQUIRE(request(window, {"a"}) == Errc::none);
        return window.reply(Given{{"a", bytes}});
    };
    CHECK(of_size(67) == Errc::wrong_size);
    CHECK(of_size(68) == Errc::none);
    CHECK(of_size(100) == Errc::none);
    CHECK(of_size(132) == Errc::none);
    CHECK(of_size(133) == Errc::wrong_size);
    CHECK(of_size(0) == Errc::wrong_size);
    CHECK(of_size(UINT32_MAX) == Errc::wrong_size);
}

TEST_CASE("A consumer may send further requests within the window", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b", "c"});
    REQUIRE(request(window, {"b"}) == Errc::none);
    REQUIRE(window.request_ids(false, 1, 4) == Errc::none);
    REQUIRE(request(window, {"c"}) == Errc::none);
    CHECK(window.room() == 4);
    CHECK(window.request_ids(false, 0, 5) == Errc::window_overflow);  // the four may come
    CHECK(window.request_ids(false, 1, 4) == Errc::bad_argument);     // has not come
    REQUIRE(window.request_ids(false, 0, 4) == Errc::none);

    CHECK(reply(window, {"c"}) == Errc::unrequested);  // the older request comes first
    REQUIRE(reply(window, {"b"}) == Errc::none);
    REQUIRE(reply_ids(window, {"d", "e", "f", "g"}) == Errc::none);
    REQUIRE(reply(window, {"c"}) == Errc::none);
    CHECK(window.request_ids(true, 6, 1) == Errc::blocking_too_early);  // four may still come
    REQUIRE(reply_ids(window, {"h"}) == Errc::none);
    CHECK(window.unacknowledged() == Ids{"b", "c", "d", "e", "f", "g", "h"});
    CHECK(window.room() == 3);
    CHECK(window.request_ids(true, 7, 1) == Errc::none);
}

TEST_CASE("A message that breaks a rule changes nothing", "[unit][protocol][id_window]") {
    Window window = announced({"a", "b"});
    CHECK(window.request_ids(false, 1, 10) == Errc::window_overflow);
    CHECK(window.unacknowledged() == Ids{"a", "b"});
    CHECK(window.room() == 8);
    CHECK(request(window, {"a", "c"}) == Errc::unannounced_id);
    CHECK(request(window, {"a"}) == Errc::none);
    CHECK(reply(window, {"a", "b"}) == Errc::unrequested);
    CHECK(reply(window, {"a"}) == Errc::none);
}
