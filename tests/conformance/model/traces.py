#!/usr/bin/env python3
"""Prints every legal trace of each mini-protocol up to a length, and what is illegal after it: see README.md."""

import argparse
import string
import sys

sys.dont_write_bytecode = True
from protocols import ALL, CLIENT, DONE, SERVER  # noqa: E402

LETTERS = string.ascii_lowercase
AHEAD = 3  # messages that wait for their turn at most


class Model:
    def __init__(self, protocol):
        self.protocol = protocol
        self.first = next(iter(protocol.agency))
        self.letter = {message: LETTERS[i] for i, message in enumerate(protocol.messages)}
        self.next = {(state, message): to for state, message, to in protocol.steps}
        # The side that may send ahead: of tx-submission the server.
        self.asker = protocol.messages[protocol.ahead[0]][0] if protocol.ahead else None
        # Only behind a message that may itself be sent ahead: about others the specification is silent.
        self.behind = {to for state, message, to in protocol.steps if message in protocol.ahead}
        while more := {to for state, _, to in protocol.steps
                       if state in self.behind and protocol.agency[to] == protocol.agency[state]} - self.behind:
            self.behind |= more

    def start_of(self, state):
        """Where the next run begins if this one is over."""
        return self.first if state == DONE and self.protocol.restarts else state

    def legal(self, state, sender):
        state = self.start_of(state)
        if self.protocol.agency[state] != sender:
            return []
        return [m for m in self.protocol.messages if (state, m) in self.next]

    def illegal(self, state, sender):
        """Messages that `sender` must not send, whichever side they belong to. Two with the same bytes are one."""
        messages = self.protocol.messages
        legal = {messages[m][1] for m in self.legal(state, sender)}
        return [m for m in messages if messages[m][1] not in legal]

    def word(self, messages, sender):
        return sender + "".join(self.letter[m] for m in messages) if messages else ""

    def line(self, kind, trace, state, waiting):
        """What is rejected now, and what is only early: it is sent out of turn and waits unread."""
        rejected = early = ""
        turn = self.protocol.agency[self.start_of(state)]
        for side in (CLIENT, SERVER):
            illegal = self.illegal(state, side)
            if side != turn:
                if side == self.asker:  # legal, or behind a message about which the specification is silent
                    illegal = [m for m in illegal if m not in self.protocol.ahead]
                early += self.word(illegal, side)
            else:
                rejected += self.word(illegal, side)
        steps = "".join(self.letter[m] for m in trace) or "-"
        return f"{kind} {steps} {state.replace(' ', '_')} {waiting} {rejected or '-'} {early or '-'}"

    def walk(self, most, depth):
        """Traces in which each message is sent in its turn, shorter ones first."""
        level, printed = [((), self.first)], 0
        while level and depth >= 0 and printed + len(level) <= most:
            for trace, state in level:
                yield self.line("trace", trace, state, 0)
            printed += len(level)
            level = [(trace + (m,), self.next[self.start_of(state), m])
                     for trace, state in level
                     for side in (CLIENT, SERVER) for m in self.legal(state, side)]
            depth -= 1

    def walk_ahead(self, most, depth):
        """Traces in the order of the asking side, in which some of its messages are sent ahead. A run ends with Done."""
        level, printed = [((), self.first, (), False)], 0
        while level and depth >= 0:
            lines = [self.line("ahead", trace, state, len(queue))
                     for trace, state, queue, any_ahead in level if any_ahead]
            if printed + len(lines) > most:
                return
            yield from lines
            printed += len(lines)
            following = []
            for trace, state, queue, any_ahead in level:
                if state == DONE:
                    continue
                for side in (CLIENT, SERVER):
                    for m in self.legal(state, side):
                        to, rest = self.next[state, m], queue
                        while rest and self.protocol.agency[to] == self.asker:
                            to, rest = self.next[to, rest[0]], rest[1:]
                        following.append((trace + (m,), to, rest, any_ahead))
                if state in self.behind and len(queue) < AHEAD:
                    following += [(trace + (m,), state, queue + (m,), True) for m in self.protocol.ahead]
            level = following
            depth -= 1


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=2000, help="traces of each kind of a mini-protocol at most")
    options.add_argument("--depth", type=int, default=12, help="messages of a trace at most")
    options.add_argument("--output", help="a file instead of the standard output")
    options = options.parse_args()
    if options.output:
        sys.stdout = open(options.output, "w", encoding="ascii")
    print("ouro-traces 1")
    for protocol in ALL:
        model = Model(protocol)
        print(f"\nprotocol {protocol.family} {protocol.number} {protocol.name} {'again' if protocol.restarts else 'once'} "
              f"{model.asker or '-'}")
        for message, (sender, item) in protocol.messages.items():
            print(f"message {model.letter[message]} {sender} {item.hex()} {message}")
        for line in model.walk(options.most, options.depth):
            print(line)
        if protocol.ahead:
            for line in model.walk_ahead(options.most, options.depth):
                print(line)


if __name__ == "__main__":
    sys.exit(main())
