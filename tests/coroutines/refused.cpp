// Never built: forms that g++ 12 compiles wrongly, which cmake/coroutines.sh must find, each on the line that says so.

#include <coroutine>
#include <string>
#include <utility>

struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_value(std::string) {}
        void unhandled_exception() {}
    };
    bool await_ready() const { return true; }
    void await_suspend(std::coroutine_handle<>) const {}
    std::string await_resume() const { return {}; }
};

struct Pair {
    std::string text;
    int number;
};

struct Number : Task {
    int await_resume() const { return 0; }
};

Number of_number(int number);
Task of_pair(Pair pair);
Task of_text(std::string text);
template <class F>
Task of_function(F function) {
    co_return function();
}

Task refused(bool yes, std::string text) {
    co_await of_pair(Pair{text, 1});                                           // refused: braces
    co_await of_pair({text, 1});                                               // refused: braces
    Pair both{co_await of_text(text), 1};                                      // refused: braces
    co_await of_function([text] { return text; });                             // refused: lambda
    auto chosen = yes ? co_await of_text(text) : std::string{};                // refused: ternary
    co_await of_text(yes ? std::string{"longer than a small string"} : text);  // refused: ternary
    co_return chosen + both.text;
}

Task refused_loop() {
    while (co_await of_number(1)) {  // refused: loop
    }
}

Task refused_loops() {
    while ((co_await of_number(1)) != 0) co_await of_text("");  // refused: loop
    do {                                                        // refused: loop
    } while (co_await of_number(1));
    for (; co_await of_number(1);) {  // refused: loop
    }
    co_return "";
}

Task allowed(bool yes, std::string text) {
    Pair pair{text, 1};
    co_await of_pair(std::move(pair));
    auto function = [text] { return text; };
    co_await of_function(std::move(function));
    while (int number = co_await of_number(1)) yes = number == 1;
    for (;;) {
        const int number = co_await of_number(1);
        if (number == 0) break;
    }
    int number = yes ? 1 : 2;
    co_return text + std::to_string(number);
}
