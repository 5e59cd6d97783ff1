#include "interop/peers.hpp"

#include <fstream>

#include <ouro/chain/immutable_db.hpp>
#include <ouro/chain/synthetic.hpp>

#include "support/catch.hpp"
#include "support/test_data.hpp"

namespace interop {

namespace {

std::string path(const Peer& peer) {
    if (peer.name == ours.name) return OURO_INTEROP_OURS;
    return std::string(OURO_INTEROP_BIN) + "/" + std::string(peer.name);
}

}  // namespace

ListedChain listed(Exchange::Chain wanted) {
    constexpr ouro::ChainView::Position real_blocks = 864;
    const auto database = support::test_data("chain/immutable");
    if (wanted == Exchange::Chain::real && std::filesystem::exists(database)) {
        const auto opened = ouro::chain::ImmutableDb::open(database);
        REQUIRE(opened);
        return {*opened.chain, opened.chain->size()};
    }
    ouro::chain::SyntheticChain::Options options;
    options.blocks = wanted == Exchange::Chain::real ? real_blocks : 1'000;
    return {ouro::chain::SyntheticChain(options), options.blocks};
}

bool have(const Peer& peer) {
    if (std::filesystem::exists(path(peer))) return true;
    WARN("skipped, for there is no " << path(peer) << ": tests/interop/build.sh makes it");
    return false;
}

std::string Exchange::program(Side side) const { return path(side == side_ ? peer_ : ours); }

bool Exchange::is_ours(Side side) const { return peer_.name == ours.name ? side == Side::server : side != side_; }

void Exchange::serve(Chain chain, std::vector<std::string> arguments) {
    chain_ = listed(chain);
    start(std::move(arguments));
}

void Exchange::serve_local(std::string (*script)(const ListedChain&), std::vector<std::string> arguments) {
    chain_ = listed(Chain::real);
    std::ofstream(file("script")) << script(*chain_);
    meeting_ = "--socket";
    arguments.insert(arguments.end(), {"--script", file("script"), "--socket", file("socket")});
    start(std::move(arguments));
}

void Exchange::start(std::vector<std::string> arguments) {
    chain_->write(file("chain"));
    if (is_ours(Side::server)) arguments.insert(arguments.end(), our_arguments.begin(), our_arguments.end());
    arguments.insert(arguments.begin(), {"serve", "--magic", server_magic, "--chain", file("chain")});
    server_.emplace(program(Side::server), std::move(arguments));
    const Json first = Json::parse(server_->line(), nullptr, false);
    REQUIRE(first.is_object());
    REQUIRE(first.value("event", "") == "listening");
    address_ = first.value("address", "");
}

void Exchange::ask(const std::string& job, std::vector<std::string> arguments) {
    if (is_ours(Side::client)) arguments.insert(arguments.end(), our_arguments.begin(), our_arguments.end());
    arguments.insert(arguments.begin(), {"client", job, "--magic", client_magic, meeting_, address_});
    client_.emplace(program(Side::client), std::move(arguments));
}

std::vector<Json> Exchange::lines() {
    code_ = client_->wait();
    return programs::json_lines(client_->out);
}

std::vector<Json> Exchange::answers() {
    auto result = lines();
    const std::string& out = client_->out;
    INFO("the client's stderr: " << client_->err.substr(0, 4'000));
    INFO("the end of the client's stdout: " << out.substr(out.size() - std::min<std::size_t>(out.size(), 1'000)));
    REQUIRE(!result.empty());
    REQUIRE(result.back()["event"] == "done");
    REQUIRE(code_ == 0);
    return result;
}

Json Exchange::await(std::string_view event) {
    for (;;) {
        const std::string text = server_->line();
        INFO("the server's last line: " << text);
        REQUIRE(!text.empty());
        Json line = Json::parse(text, nullptr, false);
        if (line.value("event", "") == event) return line;
    }
}

void Exchange::move_tip(ouro::ChainView::Position position) { server_->say("tip " + std::to_string(position)); }

std::string Exchange::header(ouro::ChainView::Position position) const {
    return ouro::to_hex(chain_->header(position)->cbor.view());
}

std::string Exchange::block(ouro::ChainView::Position position) const {
    return ouro::to_hex(chain_->block(position)->view());
}

std::vector<std::string> values(const std::vector<Json>& lines, std::string_view event, std::string_view field) {
    std::vector<std::string> result;
    for (const Json& line : lines)
        if (line["event"] == event) result.push_back(line.value(std::string(field), ""));
    return result;
}

}  // namespace interop
