#include "soak/feed/feeder.hpp"

#include <csignal>

#include <nlohmann/json.hpp>

namespace feed_soak {

void Feeder::start() {
    state_ = State::starting;
    suspended_ = false;
    process_.start(arguments_);
}

void Feeder::suspend() {
    process_.signal(SIGSTOP);
    suspended_ = true;
}

void Feeder::resume() {
    process_.signal(SIGCONT);
    suspended_ = false;
}

void Feeder::look() {
    for (const std::string& text : process_.new_lines()) {
        const auto line = nlohmann::json::parse(text);
        const std::string event = line.at("event");
        if (event == "standby") {
            state_ = State::standby;
        } else if (event == "writing") {
            state_ = State::writing;
            ++writings_;
        } else if (event == "current") {
            state_ = State::current;
        }
    }
}

}  // namespace feed_soak
