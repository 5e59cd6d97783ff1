// A feed whose server of NATS does not accept it, or has no room.

#include <cstdlib>

#include "programs/nats_server.hpp"

using namespace programs;

namespace {

using Words = std::vector<std::string>;

/// Two authorities, and certificates that they have signed: NAME.pem and NAME.key in a directory.
class Certificates {
  public:
    Certificates() {
        authority("ours");
        authority("other");
        sign("server", "ours");
        sign("client", "ours");
        sign("stranger", "other");
    }
    /// Whether the tool is installed that makes them; prints why a test is skipped.
    static bool possible() {
        if (std::system("openssl version > /dev/null 2>&1") == 0) return true;
        WARN("skipped, for there is no openssl");
        return false;
    }
    [[nodiscard]] std::string pem(const std::string& name) const { return file(name, ".pem"); }
    [[nodiscard]] std::string key(const std::string& name) const { return file(name, ".key"); }

  private:
    [[nodiscard]] std::string file(const std::string& name, const char* kind) const {
        return (directory_.path() / (name + kind)).string();
    }
    static void run(const std::string& arguments) {
        INFO(arguments);
        REQUIRE(std::system(("openssl " + arguments + " 2> /dev/null").c_str()) == 0);
    }
    void authority(const std::string& name) const {
        run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name + " -keyout " + key(name) + " -out " +
            pem(name));
    }
    void sign(const std::string& name, const std::string& by) const {
        const std::string request = file(name, ".csr"), extensions = file(name, ".ext");
        std::ofstream(extensions) << "subjectAltName=DNS:localhost\n";
        run("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout " + key(name) + " -out " + request);
        run("x509 -req -days 2 -CAcreateserial -in " + request + " -CA " + pem(by) + " -CAkey " + key(by) +
            " -extfile " + extensions + " -out " + pem(name));
    }

    support::TemporaryDirectory directory_;
};

/// A feed of a short chain into the server.
Words arguments(const NatsServer& server, const Relay& relay, const Words& more) {
    Words all{"--magic", "42", "--json", "--nats", server.url("localhost"), relay.address()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}
/// The message of the error with which it ends; "current" if it stores its chain.
std::string end_of(const NatsServer& server, const Words& more, const std::string& blocks = "5") {
    const Relay relay({"--synthetic", blocks}, "42");
    Program feed("feed", arguments(server, relay, more));
    for (;;) {
        const Json line = Json::parse(feed.line(), nullptr, false);
        REQUIRE(line.is_object());
        if (line["event"] == "current") return "current";
        if (line["event"] != "error") continue;
        CHECK(feed.wait() == 7);
        return line["message"];
    }
}

}  // namespace

TEST_CASE("A feed over TLS ends with the reason where a certificate is wrong", "[programs][feed][tls]") {
    if (!NatsServer::installed() || !Certificates::possible()) return;
    const Certificates made;
    const Words server{"--tlscert", made.pem("server"), "--tlskey", made.key("server")};
    const auto with = [](Words words, const Words& more) {
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    const Words ours{"--nats-ca", made.pem("ours")};
    SECTION("of the server") {
        const NatsServer broker(with(server, {"--tls"}));
        CHECK(end_of(broker, ours) == "current");
        CHECK(contains(end_of(broker, {"--nats-ca", made.pem("other")}), "issuer certificate"));
        CHECK(contains(end_of(broker, {}), "issuer certificate"));
        CHECK(contains(end_of(broker, {"--nats-ca", made.key("ours")}), made.key("ours")));
    }
    SECTION("of the feed") {
        const NatsServer broker(with(server, {"--tlsverify", "--tlscacert", made.pem("ours")}));
        const auto by = [&](const std::string& name, const std::string& key) {
            return with(ours, {"--nats-cert", made.pem(name), "--nats-key", made.key(key)});
        };
        CHECK(end_of(broker, by("client", "client")) == "current");
        CHECK(contains(end_of(broker, by("stranger", "stranger")), made.pem("stranger")));
        CHECK(contains(end_of(broker, by("client", "stranger")), made.key("stranger")));
        CHECK(contains(end_of(broker, ours), "requires a certificate"));
    }
    SECTION("or the server has none") {
        const NatsServer broker;
        CHECK(contains(end_of(broker, ours), "Secure Connection not available"));
    }
}

TEST_CASE("A feed whose server has a full store ends with the reason", "[programs][feed]") {
    if (!NatsServer::installed() || !NatsServer::may_have_disk()) return;
    const auto broker = NatsServer::on_small_disk("10m", "max_file_store: 300KB");
    const std::string text = end_of(broker, {}, "1000");
    INFO(text);
    CHECK(contains(text, "max_file_store"));
}

// Such a server answers nothing, and says nothing in its log.
TEST_CASE("A feed whose server has a full disk names it, and tries again", "[programs][feed]") {
    if (!NatsServer::installed() || !NatsServer::may_have_disk()) return;
    const auto broker = NatsServer::on_small_disk("300k", "max_file_store: 100MB");
    const Relay relay({"--synthetic", "1000"}, "42");
    Program feed("feed", arguments(broker, relay, {}));
    std::string note;
    for (int notes = 0; notes < 20 && !contains(note, "disk is full"); ++notes) note = feed.note();
    CHECK(contains(note, "disk is full"));
    CHECK(contains(note, "trying again"));
    feed.terminate();
    CHECK(feed.wait() == 130);
}
