#pragma once

// The options of programs that use a feed in NATS.

#include <string>

#include <ouro/feed/nats.hpp>

#include "cli.hpp"

namespace cli {

inline void nats_options(CLI::App& app, ouro::feed::NatsOptions& nats) {
    app.add_option("--nats", nats.url, "the NATS server, nats://HOST:PORT or tls://HOST:PORT; several with commas")
        ->capture_default_str();
    app.add_option("--stream", nats.stream, "the stream's name (default: CARDANO_ and the network)");
    app.add_option("--subject", nats.subject,
                   "what the subjects begin with, before .apply and so on (default: cardano. and the network)");
    app.add_option("--nats-user", nats.user, "the user's name at the server");
    app.add_option("--nats-password", nats.password, "the user's password (Env:NATS_PASSWORD)")
        ->envname("NATS_PASSWORD");
    app.add_option("--nats-token", nats.token, "a token instead of a user (Env:NATS_TOKEN)")->envname("NATS_TOKEN");
    app.add_option("--nats-credentials", nats.credentials, "a file with a user's JWT and seed");
    app.add_option("--nats-ca", nats.ca,
                   "a PEM file with the authorities that may have signed the server's certificate");
    auto* certificate = app.add_option("--nats-cert", nats.certificate, "a PEM file with our own certificate");
    app.add_option("--nats-key", nats.key, "a PEM file with its key")->needs(certificate);
    certificate->needs("--nats-key");
}

}  // namespace cli
