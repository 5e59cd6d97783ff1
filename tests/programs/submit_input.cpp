#include "programs/mock_node.hpp"
#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;
using ouro::hex;

namespace {

// A transaction of the reference's own tests, and the hash of its body.
const std::string tx = "84a300d901028001800200a0f5f6";
const std::string id = "3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b";

std::string binary(const std::string& digits) {
    const ouro::Bytes bytes = hex(digits);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string envelope(const std::string& type, const std::string& cbor) {
    return R"({"type": ")" + type + R"(", "description": "", "cborHex": ")" + cbor + "\"}\n";
}

/// The transaction in every form that is read.
std::vector<std::string> good() {
    std::string upper = tx;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return {tx,
            upper,
            tx + "\n",
            "  \r\n\t" + tx + " \n",
            tx.substr(0, 10) + "\n" + tx.substr(10, 7) + "\r\n" + tx.substr(17) + "\n",  // as xxd -p wraps it
            "84 a3 00 d9 01 02 80 01 80 02 00 a0 f5 f6",
            "\"" + tx + "\"\n",
            "'" + tx + "'",
            "0x" + tx,
            "\"0x" + tx + "\"",
            "\\x" + tx,
            "\xef\xbb\xbf" + tx,
            binary(tx),
            envelope("Tx ConwayEra", tx),
            envelope("Witnessed Tx ConwayEra", tx),
            envelope("Unwitnessed Tx ConwayEra", tx),
            "\xef\xbb\xbf\n " + envelope("Tx ConwayEra", tx)};
}

/// What must not leave the machine, each with a part of what is said.
struct Bad {
    std::string text;
    const char* said;
};
std::vector<Bad> bad() {
    const std::string key = "5820" + std::string(64, '7'), extended = "5880" + std::string(256, '7');
    return {{"", "there is none"},
            {" \n", "there is none"},
            {key, "a string of 32 bytes, as keys are stored"},
            {binary(key), "a string of 32 bytes, as keys are stored"},
            {binary(extended), "a string of 128 bytes, as keys are stored"},
            {envelope("PaymentSigningKeyShelley_ed25519", key), "PaymentSigningKeyShelley_ed25519"},
            {envelope("PaymentVerificationKeyShelley_ed25519", key), "PaymentVerificationKeyShelley_ed25519"},
            {envelope("PaymentSigningKeyShelley_ed25519", tx), "PaymentSigningKeyShelley_ed25519"},
            {envelope("TxWitness ConwayEra", "82008258" + key), "TxWitness ConwayEra"},
            {envelope("Tx ConwayEra", key), "a string of 32 bytes"},
            {envelope("Tx ConwayEra", "zz"), "cborHex"},
            {envelope("Tx GoguenEra", tx), "GoguenEra"},
            {R"({"cborHex": ")" + tx + "\"}", "type"},
            {R"({"type": "Tx ConwayEra"})", "cborHex"},
            {R"({"type": 5, "cborHex": 5})", "cborHex"},
            {"{", "cborHex"},
            {"<!DOCTYPE html><html><body>404</body></html>", "neither a transaction"},
            {"ed25519_sk1zzzz", "neither a transaction"},
            {tx.substr(0, tx.size() - 2), "neither a transaction"},
            {tx + "00", "neither a transaction"},
            {binary(tx) + "\n", "neither a transaction"},
            {"83" + tx.substr(2), "neither a transaction"},
            {"a0", "neither a transaction"},
            {"8480a0f5f6", "neither a transaction"},
            {"84a080f5f6", "neither a transaction"},
            {"82a0a0", "neither a transaction"},
            {"85a0a0f5f6f6", "neither a transaction"},
            {"84a30", "neither a transaction"},
            {"00", "neither a transaction"}};
}

struct Scratch {
    support::TemporaryDirectory directory;
    std::string file(const std::string& text) const {
        directory.write("tx", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        return (directory.path() / "tx").string();
    }
};

}  // namespace

TEST_CASE("Both submit programs read transactions in the same forms", "[programs][submit]") {
    const Relay relay({"--synthetic", "5", "--pull-txs"});
    const MockNode node;
    const Scratch scratch;
    for (const std::string& text : good()) {
        INFO(text);
        const std::string file = scratch.file(text);
        Program submit("submit", node.arguments({"--file", file}));
        CHECK(submit.wait() == 0);
        Program to_relay("submit-n2n", {"--magic", "1", relay.address(), "--file", file});
        CHECK(to_relay.wait() == 0);
        CHECK(contains(to_relay.out, id));
    }
    Program from_stdin("submit", node.arguments({"-"}));
    from_stdin.say(tx);
    from_stdin.end_input();
    CHECK(from_stdin.wait() == 0);
}

TEST_CASE("Both submit programs refuse text that is not a transaction before dialling", "[programs][submit]") {
    const Scratch scratch;
    // An address that is dialled would end the run with 2.
    const std::string unused = unused_address(), nowhere = "/nowhere/node.socket";
    for (const Bad& row : bad()) {
        INFO(row.text);
        const std::string file = scratch.file(row.text);
        Program submit("submit", {"--magic", "42", "--socket", nowhere, "--file", file});
        CHECK(submit.wait() == 1);
        CHECK(contains(submit.err, row.said));
        CHECK(contains(submit.err, "transaction"));
        Program to_relay("submit-n2n", {"--magic", "1", unused, "--file", file});
        CHECK(to_relay.wait() == 1);
        CHECK(contains(to_relay.err, row.said));
    }
}

TEST_CASE("A run exits with 7 and the file's name if the file cannot be read", "[programs][submit]") {
    const support::TemporaryDirectory scratch;
    for (const std::string& path : {std::string("/nowhere/tx"), scratch.path().string()}) {
        Program submit("submit", {"--magic", "42", "--socket", "/nowhere/node.socket", "--file", path});
        CHECK(submit.wait() == 7);
        CHECK(contains(submit.err, path));
        Program to_relay("submit-n2n", {"--magic", "1", "127.0.0.1:1", "--file", path});
        CHECK(to_relay.wait() == 7);
        CHECK(contains(to_relay.err, path));
    }
}

TEST_CASE("The envelope's era is that of the transaction", "[programs][submit]") {
    const MockNode node(R"({"era": 6})");
    const Scratch scratch;
    Program submit("submit", node.arguments({"--file", scratch.file(envelope("Tx BabbageEra", tx))}));
    CHECK(submit.wait() == 0);
    Program mempool("mempool", node.arguments({}));
    CHECK(mempool.wait() == 0);
    CHECK(json_lines(mempool.out).at(1)["era"] == "babbage");
}
