#pragma once

// A small wrapper of SQLite: errors are exceptions, and what is opened is closed.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace sqlite {

/// A statement with its arguments, at its first row or before it.
class Statement {
  public:
    Statement(sqlite3* database, std::string_view sql) : database_(database) {
        sqlite3_stmt* made = nullptr;
        check(sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &made, nullptr));
        statement_.reset(made);
    }

    void bind(int at, std::uint64_t value) {
        check(sqlite3_bind_int64(statement_.get(), at, static_cast<sqlite3_int64>(value)));
    }
    void bind(int at, std::string_view text) {
        check(sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
    }
    template <std::size_t size>
    void bind(int at, const std::array<std::uint8_t, size>& bytes) {
        check(sqlite3_bind_blob(statement_.get(), at, bytes.data(), static_cast<int>(size), SQLITE_TRANSIENT));
    }
    /// Nothing is NULL.
    template <class T>
    void bind(int at, const std::optional<T>& value) {
        if (value) bind(at, *value);
    }
    /// Whether there is another row.
    bool next() {
        const int result = sqlite3_step(statement_.get());
        if (result != SQLITE_DONE && result != SQLITE_ROW) check(result);
        return result == SQLITE_ROW;
    }
    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
    }
    [[nodiscard]] std::uint64_t number(int column) const {
        return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
    }
    [[nodiscard]] std::string_view text(int column) const {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
        return text ? text : std::string_view();
    }

  private:
    void check(int result) const {
        if (result != SQLITE_OK) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_));
    }

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
  public:
    explicit Database(const char* path) {
        sqlite3* opened = nullptr;
        const int result = sqlite3_open(path, &opened);
        database_.reset(opened);
        if (result != SQLITE_OK)
            throw std::runtime_error(std::string("SQLite: ") + path + ": " + sqlite3_errmsg(opened));
    }

    /// Runs a statement without arguments to its end.
    void run(std::string_view sql) {
        Statement statement(database_.get(), sql);
        while (statement.next()) continue;
    }
    /// A statement with these arguments. Without a result it has run when this returns.
    template <class... Args>
    Statement query(std::string_view sql, const Args&... args) {
        Statement statement(database_.get(), sql);
        int at = 0;
        (statement.bind(++at, args), ...);
        if (!sql.starts_with("SELECT")) statement.next();
        return statement;
    }

  private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace sqlite
