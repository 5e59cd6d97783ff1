#include "network/node.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace network {

namespace {

using Json = nlohmann::json;

constexpr int done = 0;  // the exit code of a server that was asked to end

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out(file, std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

Node::Node(std::filesystem::path program, std::filesystem::path directory, std::string name)
    : process_(std::move(program), std::move(directory), std::move(name)) {
    write(topology(), R"({"localRoots": [], "publicRoots": []})");
}

void Node::start(const std::vector<std::string>& arguments) {
    listening_ = false;
    topologies_ = 0;
    std::vector<std::string> all{
        "--magic", std::to_string(magic), "--json",     "--listen",         address_.empty() ? "127.0.0.1:0" : address_,
        "--store", chain().string(),      "--topology", topology().string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    process_.start(std::move(all));
}

bool Node::end(Clock::duration at_most) { return process_.end(at_most) == done; }

void Node::use(const std::string& text) {
    write(topology(), text);
    process_.signal(SIGHUP);
}

void Node::look() {
    for (const std::string& line : process_.new_lines()) read(line);
}

void Node::read(const std::string& text) {
    const Json line = Json::parse(text);
    const std::string event = line.at("event");
    if (event == "listening") {
        listening_ = true;
        address_ = line.at("address");
        blocks_ = line.at("blocks");
        tip_ = line.at("hash").is_null() ? "" : line.at("hash");
    } else if (event == "block") {
        blocks_ = line.at("block").get<std::uint64_t>() + 1;
        tip_ = line.at("hash");
    } else if (event == "roll-backward") {
        ++taken_back_;
    } else if (event == "topology") {
        if (!line.at("error").is_null()) throw std::runtime_error(name() + ": " + line.at("error").get<std::string>());
        ++topologies_;
    }
}

}  // namespace network
