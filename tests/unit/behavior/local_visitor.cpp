#include <ouro/behavior/metrics.hpp>
#include <ouro/behavior/tracer.hpp>

#include "unit/behavior/local_cast.hpp"

using namespace cast;

namespace {

/// Both sides of a connection, with visitors.
struct Watched {
    Watched() {
        loc_res::Config serving;
        serving.visitors = {served, nullptr};
        loc::Config config;
        config.visitors = {used,
                           std::make_shared<LocalTracer>([this](const Trace& trace) { traces.push_back(trace); })};
        pair.emplace(serving, config);
    }

    std::shared_ptr<LocalMetrics> used = std::make_shared<LocalMetrics>(), served = std::make_shared<LocalMetrics>();
    std::vector<Trace> traces;
    std::optional<ServerPair> pair;
};

}  // namespace

TEST_CASE("Visitors of a node and its client see connections, messages and ends", "[unit][behavior][visitor]") {
    Watched w;
    w.pair->call(loc::AcquireState{});
    w.pair->net.run_for(1s);
    CHECK(w.used->figures().connections == 1);
    CHECK(w.used->figures().open.size() == 1);
    CHECK(w.used->figures().agreements == 1);
    CHECK(w.used->figures().sent.at({"local-state-query", "Acquire"}).messages == 1);
    CHECK(w.served->figures().connections == 1);
    CHECK(w.served->figures().agreements == 1);
    CHECK(w.served->figures().received.at({"local-state-query", "Acquire"}).messages == 1);
    CHECK(w.served->figures().received.at({"local-state-query", "Acquire"}).bytes == 2);
    CHECK(w.served->figures().sent.at({"handshake", "AcceptVersion"}).messages == 1);

    w.pair->call(loc::Disconnect{});
    w.pair->net.run_for(10s);
    CHECK(w.used->figures().open.empty());
    CHECK(w.used->figures().ends == std::map<Errc, std::uint64_t>{{Errc::disconnected, 1}});
    CHECK(w.served->figures().open.empty());
    CHECK(w.served->figures().ends == std::map<Errc, std::uint64_t>{{Errc::closed_by_peer, 1}});
    REQUIRE(w.traces.size() >= 6);
    CHECK(w.traces[0].what == "connected");
    CHECK(to_string(w.traces[1]) == "sending relay.example:3002 handshake ProposeVersions");
    CHECK(w.traces[2].message == "AcceptVersion");
    CHECK(w.traces.back().what == "disconnected");
}

TEST_CASE("A trace is one object of JSON", "[unit][behavior][visitor]") {
    Trace trace;
    trace.what = "received";
    trace.peer = PeerId::from_parts("relay.example", 3001);
    trace.connection = make_connection_id(Direction::outbound, 3);
    trace.protocol = "chain-sync";
    trace.message = "RollForward";
    trace.bytes = 912;
    CHECK(to_json(trace) == R"({"event":"received","peer":"relay.example:3001","connection":6,"protocol":"chain-sync",)"
                            R"("message":"RollForward","bytes":912})");
    Trace end;
    end.what = "disconnected";
    end.peer = trace.peer;
    end.reason = Errc::cookie_mismatch;
    end.violation = {"keep-alive", "Server", "KeepAliveResponse", Errc::cookie_mismatch};
    CHECK(to_json(end) == R"({"event":"disconnected","peer":"relay.example:3001","reason":"cookie_mismatch",)"
                          R"("violation":")" +
                              to_string(end.violation) + R"("})");
    Trace moved;
    moved.what = "moved";
    moved.from = Temperature::warm;
    moved.to = Temperature::hot;
    CHECK(to_json(moved) == R"({"event":"moved","from":"warm","to":"hot"})");
}
