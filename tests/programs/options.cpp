#include <algorithm>
#include <fstream>
#include <sstream>

#include "programs/program.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace programs;

namespace {

using Arguments = std::vector<std::string>;

Arguments operator+(Arguments a, const Arguments& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Each program with the arguments that it needs, but for the network.
struct Row {
    const char* program;
    Arguments needed;
};
const std::vector<Row>& rows() {
    static const std::string point = "5." + std::string(64, 'a'), later = "9." + std::string(64, 'b');
    static const std::vector<Row> all{
        {"follow", {"127.0.0.1:1"}},
        {"fetch", {"--from", point, "--to", later, "127.0.0.1:1"}},
        {"node", {"--listen", "127.0.0.1:0"}},
        {"relay", {"--listen", "127.0.0.1:0", "--synthetic", "5"}},
#ifdef OURO_CRAWL
        {"crawl", {"127.0.0.1:1"}},
#endif
        {"ping", {"127.0.0.1:1"}},
        {"tip", {"127.0.0.1:1"}},
        {"submit-n2n", {"127.0.0.1:1", "--tx", "84a0a0f5f6"}},
        {"query", {"--socket", "/nowhere/socket", "tip"}},
        {"submit", {"--socket", "/nowhere/socket", "84a0a0f5f6"}},
        {"mempool", {"--socket", "/nowhere/socket"}},
        {"mock-node", {"--listen", "/nowhere/socket"}},
    };
    return all;
}

/// Numeric options, with what the program needs beside them.
struct Number {
    const char* program;
    const char* option;
    const char* most;  // as a test may give it
    Arguments beside;
};
const std::vector<Number> numbers{
    {"follow", "--count", "18446744073709551616", {}},
    {"follow", "--timeout", "1000001", {}},
    {"fetch", "--timeout", "1e400", {}},
#ifdef OURO_CRAWL
    {"crawl", "--at-once", "257", {}},
    {"crawl", "--max-known", "1000001", {}},
    {"crawl", "--max-visits", "1000001", {}},
    {"crawl", "--range-pause", "3601", {}},
    {"crawl", "--seconds", "1000001", {}},
    {"crawl", "--timeout", "1000001", {}},
#endif
    {"ping", "--count", "18446744073709551616", {}},
    {"ping", "--interval", "91", {}},
    {"ping", "--timeout", "1000001", {}},
    {"tip", "--count", "18446744073709551616", {"--watch"}},
    {"tip", "--interval", "601", {"--watch"}},
    {"tip", "--timeout", "1000001", {}},
    {"relay", "--max-peers", "18446744073709551616", {}},
    {"relay", "--max-per-address", "18446744073709551616", {}},
    {"relay", "--threads", "65", {}},
    {"node", "--synthetic", "1001", {}},
    {"submit-n2n", "--timeout", "1000001", {}},
    {"query", "--timeout", "1000001", {}},
    {"submit", "--timeout", "1000001", {}},
    {"mempool", "--count", "18446744073709551616", {"--watch"}},
    {"mock-node", "--synthetic", "18446744073709551616", {}},
};

Arguments needed_by(const std::string& program) {
    for (const Row& row : rows())
        if (row.program == program) return row.needed;
    return {};
}

}  // namespace

TEST_CASE("Every program accepts the same magics and no other text for a number", "[programs][options]") {
    const std::string bad =
        GENERATE(as<std::string>(), "", " ", "0x2a", "42 ", "+1", "-1", "4294967296", "nan", "1.5", "4\n2");
    for (const Row& row : rows()) {
        Program program(row.program, Arguments{"--magic", bad} + row.needed);
        program.end_input();
        INFO(row.program << " with --magic '" << bad << "'");
        CHECK(program.wait() == 1);
        CHECK(contains(program.err, "--magic"));
        CHECK(program.out.empty());
    }
}

TEST_CASE("a magic with leading zeros is decimal", "[programs][options]") {
    const Relay relay({"--synthetic", "3"}, "042");
    Program follow("follow", {"--magic", "42", "--count", "3", relay.address()});
    CHECK(follow.wait() == 0);
}

TEST_CASE("Every numeric option refuses text that is no number or out of range", "[programs][options]") {
    for (const Number& row : numbers)
        for (const std::string& bad : {std::string(row.most), std::string(), std::string("nan"), std::string("inf"),
                                       std::string("0x5"), std::string("5x"), std::string("-5")}) {
            Program program(row.program, Arguments{"--magic", "1", std::string(row.option) + "=" + bad} + row.beside +
                                             needed_by(row.program));
            program.end_input();
            INFO(row.program << " " << row.option << " '" << bad << "' says " << program.err);
            CHECK(program.wait() == 1);
            CHECK(contains(program.err, row.option));
            CHECK(program.err.size() < 400);  // no range of hundreds of digits
        }
}

TEST_CASE("No numeric option accepts an empty text", "[programs][options]") {
    for (const Row& row : rows()) {
        Program help(row.program, {"--help"});
        CHECK(help.wait() == 0);
        std::istringstream words(help.out);
        std::size_t found = 0;
        for (std::string word, option; words >> word; option = word) {
            if (word != "NUMBER" || !option.starts_with("--")) continue;
            ++found;
            Program program(row.program, Arguments{option, "", "--network", "preview"} + row.needed);
            program.end_input();
            INFO(row.program << " " << option << " says " << program.err);
            CHECK(program.wait() == 1);
            CHECK(contains(program.err, option));
        }
        CHECK(found > 0);  // --magic at least
    }
}

TEST_CASE("No option for a name accepts an empty text", "[programs][options]") {
    const Arguments network{"--magic", "1"};
    const std::vector<std::pair<const char*, Arguments>> runs{
        {"follow", {"--socket", ""}},
        {"follow", {"--topology", ""}},
        {"fetch", {"--from", "origin", "--to", "5." + std::string(64, 'a'), "127.0.0.1:1", "--out", ""}},
        {"node", {"--listen", "127.0.0.1:0", "--store", ""}},
        {"node", {"--listen", "127.0.0.1:0", "--topology", ""}},
        {"node", {"--listen", ""}},
        {"relay", {"--listen", "127.0.0.1:0", "--synthetic", ""}},
        {"relay", {"--listen", "127.0.0.1:0", "--immutable", ""}},
        {"relay", {"--synthetic", "5", "--listen", ""}},
        {"submit", {"--socket", "/nowhere/socket", "--file", ""}},
        {"submit-n2n", {"127.0.0.1:1", "--file", ""}},
        {"mempool", {"--socket", ""}},
        {"mock-node", {"--listen", ""}},
        {"mock-node", {"--listen", "/nowhere/socket", "--script", ""}},
    };
    for (const auto& [name, arguments] : runs) {
        Program program(name, network + arguments);
        program.end_input();
        const std::string option = *(arguments.end() - 2);
        const int code = program.wait();
        INFO(name << " " << option << " says " << program.err);
        CHECK(code == 1);
        CHECK(contains(program.err, option));
    }
}

TEST_CASE("a usage error is an object under --json", "[programs][options]") {
    for (const Row& row : rows()) {
        for (const Arguments& bad : {Arguments{"--magic", "x"}, Arguments{"--magic", "1", "--surprise"}}) {
            Program program(row.program, bad + row.needed + Arguments{"--json"});
            program.end_input();
            INFO(row.program);
            CHECK(program.wait() == 1);
            const auto lines = json_lines(program.out);
            REQUIRE(lines.size() == 1);
            CHECK(lines[0]["event"] == "error");
            CHECK(lines[0]["code"] == "usage");
            CHECK(contains(lines[0]["message"], bad.back() == "x" ? "--magic" : "--surprise"));
            CHECK(!program.err.empty());
        }
    }
}

TEST_CASE("Every program prints its version", "[programs][options]") {
    for (const Row& row : rows()) {
        Program program(row.program, {"--version"});
        program.end_input();
        INFO(row.program);
        CHECK(program.wait() == 0);
        CHECK(program.out.starts_with(std::string(row.program) + " "));
        CHECK(program.out.find_first_of("0123456789") != std::string::npos);
    }
}

TEST_CASE("A URL is neither a relay nor a socket path", "[programs][options]") {
    for (const char* name : {"follow", "fetch", "submit-n2n"}) {
        Arguments arguments = needed_by(name);
        for (std::string& argument : arguments)
            if (argument == "127.0.0.1:1") argument = "tcp://127.0.0.1:1";
        Program program(name, Arguments{"--magic", "1"} + arguments);
        program.end_input();
        INFO(name << " says " << program.err);
        CHECK(program.wait() == 1);
        CHECK(contains(program.err, "tcp://127.0.0.1:1 is a URL"));
    }
    for (const Arguments& arguments : {Arguments{"tip"}, Arguments{}}) {
        Program program(arguments.empty() ? "mempool" : "query",
                        Arguments{"--magic", "1", "--socket", "tcp://127.0.0.1:1"} + arguments);
        CHECK(program.wait() == 1);
        CHECK(contains(program.err, "tcp://127.0.0.1:1 is a URL"));
    }
}

TEST_CASE("Every option of every program refuses an empty value and is named in the error", "[programs][options]") {
    std::size_t options = 0;
    const auto is_refused = [&](const std::string& program, const std::string& option, const Arguments& arguments) {
        Program run(program, arguments);
        run.end_input();
        INFO(program << " " << option << " '' says " << run.err);
        CHECK(run.wait() == 1);
        CHECK(contains(run.err, option + ": an empty value"));
        ++options;
    };
    for (const Row& row : rows()) {
        Program help(row.program, {"--help"});
        help.end_input();
        REQUIRE(help.wait() == 0);
        std::istringstream lines(help.out);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string option, type;
            words >> option >> type;
            if (!option.starts_with("--") || (!type.starts_with("TEXT") && !type.starts_with("NUMBER"))) continue;
            Arguments needed = row.needed;
            if (const auto given = std::find(needed.begin(), needed.end(), option); given != needed.end())
                needed.erase(given, given + 2);
            if (type.starts_with("TEXT")) is_refused(row.program, option, Arguments{option, ""} + needed);
        }
    }
    CHECK(options > 30);
    const std::string point = "5." + std::string(64, 'a');
    for (const char* program : {"follow", "node", "submit-n2n"}) is_refused(program, "HOST:PORT", {"--magic", "1", ""});
    is_refused("fetch", "HOST:PORT", {"--magic", "1", "--from", point, "--to", point, ""});
    is_refused("submit", "TX", {"--magic", "1", ""});
    is_refused("query", "--address", {"--magic", "1", "--socket", "/nowhere/socket", "utxo", "--address", ""});
}

TEST_CASE("An output error of --help or --version is reported", "[programs][options]") {
    const support::TemporaryDirectory scratch;
    scratch.write("full", {});
    const std::string full = (scratch.path() / "full").string();
    Program::Options options;
    options.out = full.c_str();
    options.largest_file = 1;
    for (const Row& row : rows())
        for (const char* wish : {"--help", "--version"}) {
            Program program(row.program, {wish}, options);
            program.end_input();
            INFO(row.program << " " << wish);
            CHECK(program.wait() == 7);
            CHECK(contains(program.err, "stdout"));
        }
}

TEST_CASE("A mock node names the key of its script that it does not know", "[programs][options][mock_node]") {
    const support::TemporaryDirectory scratch;
    const std::string path = (scratch.path() / "script.json").string(), socket = (scratch.path() / "socket").string();
    struct Script {
        const char* text;
        const char* said;
    };
    for (const auto& [text, said] : std::vector<Script>{{R"({"answer": {}})", "answer"},
                                                        {R"({"mempol": []})", "mempol"},
                                                        {"[]", "not a JSON object"},
                                                        {"{\n", "not JSON, at line 2"},
                                                        {R"({"era": "six"})", "era is not a whole number from 0 to 7"},
                                                        {R"({"era": 8})", "era is not a whole number from 0 to 7"},
                                                        {R"({"reject": 5})", "reject is not a text"},
                                                        {R"({"reject": "x"})", "reject is not a text"},
                                                        {R"({"slot": "x"})", "slot is not a whole number"},
                                                        {R"({"slot": -1})", "slot is not a whole number"},
                                                        {R"({"slot": 1e999})", "slot is not a whole number"},
                                                        {R"({"answers": []})", "answers is not an object"},
                                                        {R"({"answers": {"01": 2}})", "answers.01 is not a text"},
                                                        {R"({"answers": {"x": "02"}})", "answers has the key x"},
                                                        {R"({"mempool": {}})", "mempool is not an array"},
                                                        {R"({"mempool": ["00", 1]})", "mempool[1] is not a text"}}) {
        std::ofstream(path) << text;
        Program program("mock-node", {"--magic", "42", "--listen", socket, "--script", path});
        CHECK(program.wait() == 1);
        INFO(text << " says " << program.err);
        CHECK(contains(program.err, "--script"));
        CHECK(contains(program.err, said));
        CHECK(!contains(program.err, "json.exception"));
    }
    Program directory("mock-node", {"--magic", "42", "--listen", socket, "--script", scratch.path().string()});
    CHECK(directory.wait() == 7);
    CHECK(contains(directory.err, "Is a directory"));
}

TEST_CASE("a network without a name is refused", "[programs][options]") {
    Program follow("follow", {"--network", "", "--json", "127.0.0.1:1"});
    CHECK(follow.wait() == 1);
    CHECK(contains(follow.out, "--network"));
}
