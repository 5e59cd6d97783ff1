#pragma once

#include <string>
#include <vector>

namespace interop {

/// The arguments of all queries, which the peers' programs get as options, in hexadecimal.
struct QueryArguments {
    std::string credential = "13cf55d175ea848b87deb3e914febd7e028e2bf6534475d52fb9c3d0";
    std::string pool = std::string(56, 'a');
    std::string address = "60" + std::string(56, '2');
    std::string input = std::string(64, '1');  ///< the transaction; its first output

    [[nodiscard]] std::vector<std::string> options() const {
        return {"--credential", credential, "--pool", pool, "--address", address, "--input", input};
    }
};

/// A query, the subcommand of `query` that sends it, and its results in a script of `mock-node`.
struct QueryRow {
    std::string name;  ///< the reference's
    std::vector<std::string> subcommand;
    std::string newest;        ///< the result from version 21 on, as JSON; empty: no node of them has the query
    std::string before = "=";  ///< the result of version 20, or empty; "=" stands for the same as `newest`
};

/// The list of queries that every cell comes from. Results are the examples of the ledger and of consensus where they
/// have some.
[[nodiscard]] const std::vector<QueryRow>& query_list();

}  // namespace interop
