#!/usr/bin/env python3
"""limits.py [PAGE]   prints docs/limits.md from the headers: every numeric setting with its default and its comment, and
the states of peers and connections. With PAGE it fails where that page is another one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRUCTS = [
    ("Nodes", "`NodeOptions`", "program/node.hpp", "NodeOptions"),
    ("Followers", "`FollowOptions`", "program/follower.hpp", "FollowOptions"),
    ("Clients of a node", "`ClientOptions`", "program/client.hpp", "ClientOptions"),
    ("Using peers", "`initiator::Config`", "behavior/initiator/config.hpp", "Config"),
    ("Targets", "`initiator::Config::targets`", "behavior/peer_selection.hpp", "Targets"),
    ("Discovery", "`initiator::Config::discovery`", "behavior/peer_selection.hpp", "Discovery"),
    ("Churn", "`initiator::Config::churn`, off by default", "behavior/peer_selection.hpp", "Churn"),
    ("Serving peers", "`responder::Config`", "behavior/responder_types.hpp", "Config"),
    ("Both over one connection", "`node::Config`", "behavior/node_types.hpp", "Config"),
    ("The client's side of a node's socket", "`local_initiator::Config`", "behavior/local_initiator_types.hpp", "Config"),
    ("Its reconnection", "`local_initiator::Config::reconnect`", "behavior/local_initiator_types.hpp", "Reconnect"),
    ("The node's side of its socket", "`local_responder::Config`", "behavior/local_responder_types.hpp", "Config"),
    ("TCP", "`TcpOptions`", "interface/tcp.hpp", "TcpOptions"),
    ("Unix sockets", "`UnixOptions`", "interface/unix.hpp", "UnixOptions"),
    ("Accepting", "`TcpOptions::accept`", "interface/stream.hpp", "AcceptLimits"),
    ("Writing a feed", "`feed::Writer::Options`", "feed/writer.hpp", "Options"),
    ("Feeding", "`feed::Feeder::Options`", "feed/feeder.hpp", "Options"),
    ("Verifying a feed", "`feed::Verifier::Options`", "feed/verifier.hpp", "Options"),
    ("A stream of NATS", "`feed::NatsOptions`", "feed/nats.hpp", "NatsOptions"),
    ("Stored chains", "`chain::StoredChain::Options`", "chain/stored_chain.hpp", "Options"),
]
ENUMS = [
    ("A peer", "`Temperature`", "behavior/visitor.hpp", "Temperature"),
    ("The connection to a peer", "`initiator::Stage`", "behavior/initiator_types.hpp", "Stage"),
    ("The users of a connection", "`node::ConnectionState`", "behavior/node_types.hpp", "ConnectionState"),
    ("The connection to a node", "`local_initiator::Stage`", "behavior/local_initiator/outcomes.hpp", "Stage"),
    ("News of a peer", "`PeerNews::Kind`", "program/news.hpp", "Kind"),
    ("A feed", "`feed::State`", "feed/feeder.hpp", "State"),
]
MEMBER = re.compile(r"(?P<type>[\w:]+) (?P<name>\w+)(?: = (?P<value>[^;]+)|\{(?P<braces>[^;]*)\})?;(?: *///< (?P<text>.*))?$")
NUMBERS = ("std::size_t", "std::uint16_t", "std::uint32_t", "std::uint64_t", "int", "unsigned", "Duration")


def body(header, kind, name):
    """The lines of a struct or enum, without its indentation."""
    text = (ROOT / "include/ouro" / header).read_text(encoding="utf-8")
    found = re.search(rf"^( *){kind} {name}(?: : [\w:]+)? {{\n(.*?)\n\1}};", text, re.M | re.S)
    if not found:
        sys.exit(f"limits.py: include/ouro/{header} has no {kind} {name}")
    indent = len(found[1]) + 4
    return [line[indent:] for line in found[2].splitlines()]


def commented(lines, pattern):
    """Each line that matches, with its comment: the lines of `///` above it, or what stands after `///<`."""
    above, last = [], None
    for line in lines:
        if line.startswith("///"):
            above.append(line[3:].strip())
        elif last and re.match(r" +///< ", line):
            last[1] += " " + line.strip()[5:]
        else:
            last = None
            if found := pattern.match(line):
                last = [found, found["text"] or " ".join(above).split("  Source", 1)[0].strip()]
                yield last
            above = []


def value(text):
    """A default as people write it."""
    if not text:
        return "0"
    text = re.sub(r"std::(?:size_t|uint32_t)\{(\d+)\}", r"\1", text)
    text = re.sub(r"std::chrono::(m?)(?:illi)?(s)econds\((\d+)\)", r"\3\1\2", text)
    text = re.sub(r"\b(\d+)(h|min|s|ms)\b", r"\1 \2", text.replace("'", ","))
    text = re.sub(r"\b(\d+)U?\b", r"\1", text)
    if power := re.fullmatch(r"(\d+) << (\d+)", text):
        amount, bits = int(power[1]), int(power[2])
        return f"{amount << (bits - 20)} MiB" if bits >= 20 else f"{amount << bits:,}"
    if text == "256 * 1024 * 1024":
        return "256 MiB"
    if text == "256 * 1024":
        return "256 KiB"
    if re.fullmatch(r"\d{4,}", text):
        return f"{int(text):,}"
    return text if re.fullmatch(r"[\d,]+( \w+)?|0x\w+", text) else f"`{text}`"


def cell(text):
    text = text[:1].upper() + text[1:]
    return text.replace("|", "\\|") + ("" if not text or text.endswith((".", ":")) else ".")


def page():
    yield """# Limits and states

Printed by `cmake/limits.py` from the headers; a test compares. The limits of each mini-protocol (time, bytes of a
message, unread bytes) are in [Mini-protocols](protocols.md). What bounds the memory and the time that strangers can
take is explained in [Security](security.md).

## Limits

Every number has a default. A value out of range is an error at construction, which names the member. `NodeOptions` and
`ClientOptions` reach the others through `configure`.
"""
    for title, where, header, name in STRUCTS:
        rows = [(m, text) for m, text in commented(body(header, "struct", name), MEMBER) if m["type"] in NUMBERS]
        if not rows:
            sys.exit(f"limits.py: {name} in include/ouro/{header} has no numbers")
        yield f"### {title}\n\n{where}, in `ouro/{header}`\n\n| member | default | meaning |\n|---|---|---|"
        for member, text in rows:
            if member["name"] == "seed":
                continue
            if not text:
                sys.exit(f"limits.py: {name}::{member['name']} in include/ouro/{header} has no comment")
            yield f"| `{member['name']}` | {value(member['value'] or member['braces'])} | {cell(text)} |"
        yield ""
    yield "## States\n\nThe states of each mini-protocol are in [Mini-protocols](protocols.md).\n"
    entry = re.compile(r"(?P<name>[a-z_]+),?(?: *///< (?P<text>.*))?$")
    for title, where, header, name in ENUMS:
        yield f"### {title}\n\n{where}, in `ouro/{header}`\n\n| state | meaning |\n|---|---|"
        for member, text in commented(body(header, "enum class", name), entry):
            if not text:
                sys.exit(f"limits.py: {name}::{member['name']} in include/ouro/{header} has no comment")
            yield f"| `{member['name']}` | {cell(text)} |"
        yield ""


printed = "\n".join(page())
if len(sys.argv) == 1:
    print(printed, end="")
elif pathlib.Path(sys.argv[1]).read_text(encoding="utf-8") != printed:
    sys.exit(f"{sys.argv[1]} is out of date. Print it anew:\n    cmake/limits.py > {sys.argv[1]}")
