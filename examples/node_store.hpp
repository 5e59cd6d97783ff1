#pragma once

// The file that keeps a node's chain.

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include <ouro/chain/stored_chain.hpp>

#include "cli.hpp"

namespace cli {

/// The file of `--store`, if there is one.
struct StoreFile {
    std::string path;
    std::filesystem::path made{};  ///< the file, if this run has made it

    /// Begins the message of an error of the chain.
    [[nodiscard]] std::string cannot_keep() const {
        return "the chain cannot be stored" + (path.empty() ? "" : " in " + ouro::printable(path, 4'096));
    }
    /// Leaves no file behind of a run that could not begin.
    void remove_new() const {
        std::error_code ignored;
        if (!made.empty()) std::filesystem::remove(made, ignored);
    }
};

/// Opens the file, or prints why it cannot be used.
inline std::shared_ptr<ouro::chain::StoredChain> open_store(StoreFile& store, const Common& options, bool repair) {
    const std::string& file = store.path;
    std::error_code ignored;
    const bool there = std::filesystem::exists(file, ignored);
    const Output out(options.json);
    ouro::chain::StoredChain::Options how;
    how.magic = options.magic();
    how.repair = repair;
    auto opened = ouro::chain::StoredChain::open(file, how);
    // Behind a link it is the file that was made.
    if (opened && !there) store.made = std::filesystem::canonical(file, ignored);
    if (!opened) {
        const auto code = opened.damage.code;
        const bool may_repair = code == ouro::Errc::file_damaged;
        out.error(code, "cannot keep the chain in " + ouro::printable(opened.damage.message, 1'000) +
                            (may_repair ? "; --repair cuts a damaged store" : ""));
    } else if (opened.dropped != 0) {
        out.note(ouro::printable(file) + ": cut off the last " + std::to_string(opened.dropped) + " bytes, with " +
                 std::to_string(opened.dropped_blocks) + " whole blocks; " + std::to_string(opened.chain->size()) +
                 " blocks are left");
    }
    return std::move(opened.chain);
}

}  // namespace cli
