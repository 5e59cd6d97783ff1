#!/usr/bin/env python3
"""pages.py VERSION OUT NAME=PROGRAM...   writes what a shell and man know of programs, read from their --help.

OUT/man has a page for each program, OUT/bash and OUT/zsh have completions. NAME is the name after installation."""
import os
import re
import subprocess
import sys

ITEM = re.compile(r"^ {2,6}(\S.*?)(?: {2,}(\S.*))?$")


def help_of(program, *arguments):
    done = subprocess.run([program, *arguments, "--help"], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.splitlines()


def parse(lines):
    """The summary, the usage, and the sections of a help text: a title, and items of a name and a text."""
    before, usage, sections = [], "", []
    for line in lines:
        if line.startswith("Usage: "):
            usage = line.removeprefix("Usage: ")
        elif not usage:
            before.append(line.strip())
        elif group := re.match(r"^\[Option Group: (.*)\]$", line):
            sections.append((group[1].capitalize(), []))
        elif re.match(r"^\S.*:$", line):
            sections.append((line[:-1], []))
        elif not line.strip() or not sections or line.strip() in ("Options:", "Positionals:"):
            continue
        elif line.startswith(" " * 20) and sections[-1][1]:
            name, text = sections[-1][1].pop()
            sections[-1][1].append((name, f"{text} {line.strip()}".strip()))
        elif (item := ITEM.match(line)) and (item[2] or item[1].startswith("-") or line.startswith("    ")):
            sections[-1][1].append((item[1], item[2] or ""))
    return " ".join(before).strip(), usage, [section for section in sections if section[1]]


def options(sections):
    """Each option's spellings."""
    for _, items in sections:
        for name, _ in items:
            if name.startswith("-"):
                yield from name.split()[0].split("=")[0].split(",")


def commands(sections):
    return [name for title, items in sections if title == "Subcommands" for name, _ in items]


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def man(name, version, summary, usage, sections):
    first = summary.split(". ")[0].rstrip(".")
    arguments = usage.partition(" ")[2]
    yield f'.TH "{name.upper()}" 1 "" "ouro {version}" "Ouroboros network protocols"'
    yield f".SH NAME\n{roff(name)} \\- {roff(first[:1].lower() + first[1:])}"
    yield f".SH SYNOPSIS\n.B {roff(name)}\n{roff(arguments)}"
    yield f".SH DESCRIPTION\n{roff(summary)}"
    for title, items in sections:
        yield f".SH {roff(title.upper())}"
        for item, text in items:
            yield f".TP\n.B {roff(item)}\n{roff(text)}"


def bash(name, words, by_command):
    cases = "".join(f"            {command}) words='{' '.join(found)}' ;;\n" for command, found in by_command.items())
    function = "_" + name.replace("-", "_")
    return f"""# Completions of {name} for bash.
{function}() {{
    local word words='{' '.join([*by_command, *words])}'
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in
{cases}            *) ;;
        esac
    done
    COMPREPLY=()
    case ${{COMP_WORDS[COMP_CWORD]}} in
        -*) COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}")) ;;
        *) COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}") $(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}")) ;;
    esac
}}
complete -o filenames -F {function} {name}
"""


def zsh(name, words, by_command):
    cases = "".join(f"        {command}) offered=({' '.join(found)}) ;;\n" for command, found in by_command.items())
    return f"""#compdef {name}
local word
local -a offered=({' '.join([*by_command, *words])})
for word in ${{words[2,CURRENT-1]}}; do
    case $word in
{cases}        *) ;;
    esac
done
compadd -- $offered
[[ $PREFIX == -* ]] || _files
"""


def main(version, out, *programs):
    for folder in ("man", "bash", "zsh"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)

    def write(path, text):
        with open(os.path.join(out, path), "w", encoding="utf-8") as file:
            file.write(text)

    for pair in programs:
        name, program = pair.split("=", 1)
        summary, usage, sections = parse(help_of(program))
        if not summary or not usage or not sections:
            sys.exit(f"pages.py: the help of {program} has no summary, no usage or no options")
        words = list(options(sections))
        by_command = {command: list(options(parse(help_of(program, command))[2])) for command in commands(sections)}
        write(f"man/{name}.1", "\n".join(man(name, version, summary, usage, sections)) + "\n")
        write(f"bash/{name}", bash(name, words, by_command))
        write(f"zsh/_{name}", zsh(name, words, by_command))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
