#!/usr/bin/env python3
"""filter.py HEADER   prints the header for Doxygen, with comments on the members whose meaning is that of the language:
comparisons, copies and moves, iteration. A comment in the header is kept. Specializations of other libraries' templates
are left out, because Doxygen does not know those."""
import re
import sys

STANDARD = [
    (r"friend bool operator==\(", "Whether both are equal."),
    (r"friend auto operator<=>\(", "Compares in the order of the members."),
    (r"(\w+)\(const \1& ?\w*\)", "Copies."),
    (r"(\w+)\(\1&& ?\w*\)", "Moves."),
    (r"\w+& operator=\(const \w+& ?\w*\)", "Copies."),
    (r"\w+& operator=\(\w+(?:&&)? ?\w*\)", "Assigns."),
    (r"(?:\[\[nodiscard\]\] )?(?:auto|\S+) begin\(\) const", "The first element."),
    (r"(?:\[\[nodiscard\]\] )?(?:auto|\S+) end\(\) const", "Behind the last element."),
    (r"using (?:value_type|difference_type|reference|iterator_category|executor_type) =", "As the standard requires."),
    (r"(?:\[\[nodiscard\]\] )?(?:const )?\S+ operator(?:\*|->)\(\) ", "The element itself."),
    (r"(?:\w+&|\w+|void) operator\+\+\((?:int)?\)", "The next element."),
    (r"explicit operator bool\(\) const", "Whether it holds something."),
    (r"(?:\[\[nodiscard\]\] )?bool empty\(\) const", "Whether there is nothing in it."),
    (r"void swap\(", "Exchanges the contents."),
    (r"(?:\[\[nodiscard\]\] )?(?:executor_type|asio::any_io_executor) get_executor\(\) const",
     "The executor on which everything happens."),
]


FOREIGN = re.compile(r"^template <>\nstruct (?:std|fmt)::.*?\};$", re.M | re.S)


def main(path):
    text = open(path, encoding="utf-8").read()
    text = FOREIGN.sub(lambda match: "\n" * match[0].count("\n"), text)
    above = ""
    for line in text.splitlines():
        code = line.strip()
        if not above.startswith("///") and "///" not in line and not code.endswith("= delete;"):
            for pattern, comment in STANDARD:
                if re.match(pattern, code):
                    line = f"/** {comment} */ {line}"
                    break
        print(line)
        above = code


main(sys.argv[1])
