// Selects the mutant of the environment variable OURO_MUTANT. With OURO_MUTATION_RECORD, writes which mutants each test
// case reaches to that file: a line with its name, its seconds and their numbers.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "switch.hpp"

#if __has_include(<catch2/catch.hpp>)
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
using ListenerBase = Catch::TestEventListenerBase;
#else
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using ListenerBase = Catch::EventListenerBase;
#endif

namespace ouro_mutation {

namespace {

unsigned number_of_environment() {
    const char* number = std::getenv("OURO_MUTANT");
    return number ? static_cast<unsigned>(std::atoi(number)) : 0;
}
const bool recording = std::getenv("OURO_MUTATION_RECORD") != nullptr;
const unsigned active = number_of_environment();
std::array<std::atomic<bool>, 100'000> reached{};

class Recorder : public ListenerBase {
  public:
    using ListenerBase::ListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo&) override {
        if (!recording) return;
        for (auto& one : reached) one.store(false, std::memory_order_relaxed);
        start_ = std::clock();
    }
    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        if (!recording) return;
        std::FILE* file = std::fopen(std::getenv("OURO_MUTATION_RECORD"), "a");
        if (!file) std::abort();
        const double seconds = static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC;
#if __has_include(<catch2/catch.hpp>)
        const std::string& name = stats.testInfo.name;
#else
        const std::string& name = stats.testInfo->name;
#endif
        std::fprintf(file, "%s\t%.4f\t", name.c_str(), seconds);
        for (std::size_t number = 0; number < reached.size(); ++number)
            if (reached[number].load(std::memory_order_relaxed)) std::fprintf(file, "%zu ", number);
        std::fputc('\n', file);
        std::fclose(file);
    }

  private:
    std::clock_t start_ = 0;
};

CATCH_REGISTER_LISTENER(Recorder)

}  // namespace

bool selected(unsigned number) noexcept {
    if (recording && number < reached.size()) reached[number].store(true, std::memory_order_relaxed);
    return number == active;
}

}  // namespace ouro_mutation
