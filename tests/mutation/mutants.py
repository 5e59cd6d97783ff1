"""Mutates C++ sources: all mutants of a file are compiled at once, and `ouro_mutation::on(number)` selects one.

Reads lines, not a syntax tree: it knows the layout of clang-format, and only mutates a statement that is on one line.
What does not compile is left out by the caller. A mutated file keeps its lines.
"""

import re
from dataclasses import dataclass

SWITCH = "::ouro_mutation::on({})"
WRAPPED = {"condition": "static_cast<bool>({})", "value": "({})", "effect": "static_cast<void>({})"}

OPERATORS = {" < ": [" <= "], " <= ": [" < "], " > ": [" >= "], " >= ": [" > "], " == ": [" != "], " != ": [" == "],
             " && ": [" || "], " || ": [" && "], " + ": [" - "], " - ": [" + "], " += ": [" -= "], " -= ": [" += "],
             "std::min": ["std::max"], "std::max": ["std::min"], "++": ["--"], "--": ["++"]}
OPERATOR = re.compile("|".join(re.escape(o) for o in sorted(OPERATORS, key=len, reverse=True)))
NUMBER = re.compile(r"(?<![\w.'])(\d[\d']*)(?![\w.'])")
TRUTH = re.compile(r"\b(true|false)\b")
NOT = re.compile(r"(?<![\w!])!(?=[\w(])")
CALL = re.compile(r"^(\(void\)|\+\+|--|::)?[A-Za-z_][\w.:\->\[\]]*(<[\w:, ]*>)?(\(|\[| [-+|&*/]?= |\+\+|--|\.|->)")
DECLARED = re.compile(r"^(const |static |constexpr |auto |using |namespace |struct |class |enum |template|typename |return\b|"
                      r"throw |break\b|continue\b|case |default|co_|goto |delete |else\b|if\b|for\b|while\b|switch\b|do\b|"
                      r"public|private|protected|friend |explicit |virtual |inline |extern |assert\(|static_assert\(|"
                      r"[\w.\->]*reserve\()")
INITIALISED = re.compile(r"^(?:const )?(?:[A-Za-z_][\w:]*(?:<[^=;]*>)?[&*]?) ?[&*]?[a-z_]\w* = (.*);$")


@dataclass
class Mutant:
    path: str
    line: int  # from 1
    before: str
    after: str
    number: int = 0


@dataclass
class Choice:
    """An expression with its mutants, at a place in a line."""
    start: int
    end: int
    kind: str  # condition, value or effect
    mutants: list  # (expression or None, what is shown instead of the whole)


def masked(text):
    """The text with comments and the contents of literals blanked."""
    def blank(match):
        token = match.group(0)
        if token.startswith(("/*", "//")):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + "_" * (len(token) - 2) + token[-1]
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', blank, text, flags=re.S)


def closing(text, at):
    """The index of the parenthesis that closes the one at `at`; -1 if it is not on the line."""
    depth = 0
    for i in range(at, len(text)):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if depth == 0:
            return i
    return -1


def parts(text, separator):
    """The places of the separator outside of brackets."""
    depth, found = 0, []
    for i, c in enumerate(text):
        depth += c in "([{"
        depth -= c in ")]}"
        if c == separator and depth == 0:
            found.append(i)
    return found


def balanced(text):
    return closing("(" + text + ")", 0) == len(text) + 1


def edits(text, mask):
    """Variants of an expression, each with one change."""
    found = []
    for m in OPERATOR.finditer(mask):
        found += [text[:m.start()] + o + text[m.end():] for o in OPERATORS[m.group(0)]]
    for m in NUMBER.finditer(mask):
        value = int(m.group(1).replace("'", ""))
        for other in (value + 1, value - 1):
            if other >= 0:
                found.append(text[:m.start()] + str(other) + text[m.end():])
    for m in TRUTH.finditer(mask):
        found.append(text[:m.start()] + ("false" if m.group(1) == "true" else "true") + text[m.end():])
    for m in NOT.finditer(mask):
        found.append(text[:m.start()] + text[m.end():])
    return found


def choices_of(line, mask, after):
    """The expressions of a line that have mutants. `after`: whether a statement may begin on this line."""
    at = len(mask) - len(mask.lstrip())
    found = []

    def add(start, end, kind, variants):
        if variants:
            found.append(Choice(start, end, kind, variants))

    def condition(start, end):
        if semicolons := parts(mask[start:end], ";"):  # behind the declaration
            start += semicolons[-1] + 1
        inner = mask[start:end]
        if re.match(r"\s*(const )?(auto|[\w:]+(<.*>)?)[&*]? [&*]?\w+ = ", inner):
            return
        text = line[start:end]
        add(start, end, "condition", edits(text, inner) + ["!(" + text.strip() + ")"])

    # A function on one line.
    if one := re.search(r"\{ return ([^;{}]+); \}$", mask.rstrip()):
        add(one.start(1), one.end(1), "value", edits(line[one.start(1):one.end(1)], one.group(1)))
        return found

    while after:
        head = re.match(r"(\} )?(else )?(if|while|for) (constexpr )?\(", mask[at:])
        if not head:
            plain = re.match(r"(\} )?else (?!\{)", mask[at:])
            if plain:
                at += plain.end()
            break
        opening = at + head.end() - 1
        end = closing(mask, opening)
        if end < 0:
            return found
        if not head.group(4):
            semicolons = parts(mask[opening + 1:end], ";")
            if head.group(3) == "for":
                if len(semicolons) == 2:
                    start = opening + 1 + semicolons[0] + 1
                    stop = opening + 1 + semicolons[1]
                    text, inner = line[start:stop], mask[start:stop]
                    if inner.strip():
                        add(start, stop, "condition", edits(text, inner))
            else:
                condition(opening + 1, end)
        at = end + 1
        while at < len(mask) and mask[at] == " ":
            at += 1
    rest = mask[at:].rstrip()
    if not after or not rest.endswith(";") or not balanced(rest) or len(parts(rest, ";")) != 1:
        return found
    end = at + len(rest) - 1
    text, inner = line[at:end], mask[at:end]
    if inner in ("return", "continue", "break"):
        add(at, end + 1, "jump", [None])
    elif value := re.match(r"return (?!\{)(.+)", inner):
        start = at + value.start(1)
        add(start, end, "value", edits(line[start:end], mask[start:end]))
    elif not DECLARED.match(inner) and CALL.match(inner):
        add(at, end, "effect", [None] + edits(text, inner))
    elif not re.match(r"(static|constexpr|using)\b", inner) and (value := INITIALISED.match(inner + ";")):
        start = at + value.start(1)
        if not mask[start:end].startswith("{") and "[" != mask[start]:
            add(start, end, "value", edits(line[start:end], mask[start:end]))
    return found


PLACE = r"((?:[\w.]|->|\(\w*\))+?)"
WRITES = re.compile(rf"{PLACE}(?:\.|->)(?:insert|erase|emplace|emplace_back|push_back|clear|reset)\(|"
                    rf"{PLACE}(?: [-+|&]?= |\+\+|--)|(?:\+\+|--){PLACE}$")


def target(statement):
    """What an assignment or a container's function writes; empty for another call, which may write anything."""
    found = WRITES.match(statement)
    return found.group(found.lastindex) if found else ""


def worth_swapping(a, b):
    """Two assignments to different places that do not read each other have the same effect in both orders."""
    if a.startswith("std::swap(") and b.startswith("std::swap("):
        return False
    one, other = target(a), target(b)

    def named(place, statement):
        return re.search(rf"(?<![\w.>]){re.escape(place)}(?!\w)", statement)

    return not one or not other or bool(named(one, b) or named(other, a))


class Source:
    """A file, its mutants, and what is compiled."""

    def __init__(self, path, text):
        self.path, self.lines = path, text.split("\n")
        masks = masked(text).split("\n")
        self.choices = {}
        previous, effects = "", {}
        for i, (line, mask) in enumerate(zip(self.lines, masks)):
            code = mask.strip()
            if not code:
                continue
            following = next((m.strip() for m in masks[i + 1:] if m.strip()), "")
            # A statement begins here if the one before it has ended.
            begins = previous.endswith((";", "{", "}", ":", "else")) or previous == "" or bool(
                re.match(r"(\} )?(else )?(if|for|while) .*\)$", previous) and balanced(previous.lstrip("} ")))
            if not code.startswith("#"):
                found = choices_of(line, mask, begins)
                if following.startswith("else"):
                    found = [c for c in found if c.kind != "jump"]
                if found:
                    self.choices[i] = found
                if len(found) == 1 and found[0].kind == "effect" and code == mask[found[0].start:].rstrip():
                    effects[i] = found[0]
            previous = code
        self.mutants = []
        self.by_place = {}  # (line, choice) -> [(mutant, expression)]
        for i, found in self.choices.items():
            for c, choice in enumerate(found):
                for expression in choice.mutants:
                    shown = self.lines[i][:choice.start] + (expression or "") + self.lines[i][choice.end:]
                    self._add(i, c, expression, shown)
        for i, first in effects.items():
            second = effects.get(i + 1)
            if second is not None and second.start == first.start:
                a = self.lines[i][first.start:first.end]
                b = self.lines[i + 1][second.start:second.end]
                if not worth_swapping(a, b):
                    continue
                mutant = self._add(i, 0, b, f"{b}; {a};")
                self.by_place.setdefault((i + 1, 0), []).append((mutant, a))

    def _add(self, line, choice, expression, shown):
        mutant = Mutant(self.path, line + 1, self.lines[line].strip(), shown.strip())
        self.mutants.append(mutant)
        self.by_place.setdefault((line, choice), []).append((mutant, expression))
        return mutant

    def compiled(self, chosen):
        """The text with the chosen mutants, which have numbers."""
        numbers = {id(m) for m in chosen}
        lines = list(self.lines)
        for i, found in self.choices.items():
            for c in reversed(range(len(found))):
                choice = found[c]
                variants = [(m, e) for m, e in self.by_place.get((i, c), []) if id(m) in numbers]
                if not variants:
                    continue
                original = lines[i][choice.start:choice.end]
                if choice.kind == "jump":
                    new = f"if (!{SWITCH.format(variants[0][0].number)}) {original}"
                else:
                    wrap = WRAPPED[choice.kind]
                    new = wrap.format(original)
                    for m, expression in reversed(variants):
                        other = wrap.format(expression) if expression else "static_cast<void>(0)"
                        new = f"{SWITCH.format(m.number)} ? {other} : {new}"
                    if choice.kind == "effect":
                        new = f"({new})"
                lines[i] = lines[i][:choice.start] + new + lines[i][choice.end:]
        return "\n".join(lines)
