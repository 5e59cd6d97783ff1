#pragma once

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include <ouro/emulation/network.hpp>

/// Writes conversations of the library with itself, in virtual time. The format is described in README.md.
namespace vectors {

using namespace ouro;

inline const PeerId client_id = PeerId::from_parts("192.0.2.1", 3001);
inline const PeerId server_id = PeerId::from_parts("192.0.2.2", 3001);
inline const PeerId recorder_id = PeerId::from_parts("192.0.2.3", 3001);
inline const PeerId recorder_out_id = PeerId::from_parts("192.0.2.4", 3001);

/// Stands between a client, which dials `recorder_id`, and a server at `server_id`: passes everything on and writes it
/// down.
class Recorder {
  public:
    explicit Recorder(emulation::SimulatedNetwork& net)
        : net_(net), front_(net.script(recorder_id)), back_(net.script(recorder_out_id)) {
        front_.react([this](emulation::RawConnection&) {
            if (back_.connections().empty()) back_.dial(server_id);
            pass_on();
        });
        back_.react([this](emulation::RawConnection&) { pass_on(); });
    }

    /// A server that accepts the connection and sends nothing.
    void silence_server() {
        front_.react([this](emulation::RawConnection& from) {
            start();
            note(from, client_);
        });
    }
    /// A client that opens the connection and sends nothing.
    void silence_client() {
        back_.react([this](emulation::RawConnection& from) {
            start();
            note(from, server_);
        });
        back_.dial(server_id);
    }

    void print(std::ostream& out) const {
        for (const std::string& line : lines_) out << line << '\n';
    }

  private:
    struct Side {
        char letter;
        std::size_t passed = 0;
        bool ended = false;
    };

    void start() {
        if (!started_) start_ = net_.now();
        started_ = true;
    }
    void line(const Side& side, const std::string& what) {
        const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(net_.now() - start_);
        lines_.push_back(std::to_string(at.count()) + ' ' + side.letter + ' ' + what);
    }
    // Writes down what has arrived. Returns it.
    BytesView note(emulation::RawConnection& from, Side& side) {
        const BytesView bytes = BytesView(from.received()).subspan(side.passed);
        side.passed += bytes.size();
        if (!bytes.empty()) line(side, to_hex(bytes));
        if (!side.ended && (from.ended() || from.error() != Errc::none)) {
            side.ended = true;
            line(side, from.error() == Errc::none ? "close" : "reset");
        }
        return bytes;
    }
    // Of the first connection only; a client may dial again. What comes before the server has accepted waits.
    void pass_on() {
        if (front_.connections().empty() || back_.connections().empty()) return;
        auto& front = front_.connections().front();
        auto& back = back_.connections().front();
        if (!started_ && !back.open()) return;
        start();
        pass(front, back, client_);
        pass(back, front, server_);
    }
    void pass(emulation::RawConnection& from, emulation::RawConnection& to, Side& side) {
        const bool ended = side.ended;
        if (const BytesView bytes = note(from, side); !bytes.empty()) to.send(bytes);
        if (ended || !side.ended) return;
        if (from.error() == Errc::none)
            to.close();
        else
            to.reset();
    }

    emulation::SimulatedNetwork& net_;
    emulation::ScriptedPeer& front_;
    emulation::ScriptedPeer& back_;
    Side client_{'C'}, server_{'S'};
    bool started_ = false;
    Instant start_{};
    std::vector<std::string> lines_;
};

}  // namespace vectors
