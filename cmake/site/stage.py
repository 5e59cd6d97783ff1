#!/usr/bin/env python3
"""stage.py OUT   writes the pages of the site: docs/, the README, a list of the decisions, the sources that pages link to,
a page before the reference, and the menu. Links between them become those of the site."""
import pathlib
import posixpath
import re
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REFERENCE = ROOT / "build/site/reference"
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?\)")
# The menu: a title for each part, and its pages.
MENU = {
    "Start": ["What it is <readme>", "install", "programs", "coroutines"],
    "Tutorial": ["tutorial"],
    "How to": ["following", "fetching", "serving", "submitting", "queries", "watching", "blocks", "discovering", "tools",
               "emulation", "mock-node", "monitoring", "embedding", "threads", "feed", "behaviors", "own-protocol",
               "own-behavior", "own-interface"],
    "Concepts": ["concepts", "glossary"],
    "When something goes wrong": ["errors", "limits", "protocols", "security"],
    "Measured": ["performance", "interop", "conformance", "scenarios"],
    "Design": ["design", "decisions/index"],
    "Reference": ["reference"],
    "Coming from": ["other-libraries", "pallas-network2", "old-names", "changelog"],
}
# What most programs use of the reference.
NAMES = ["Node", "Client", "Follower", "Headers", "Blocks", "News", "Transactions", "Cursor", "NodeOptions", "ClientOptions", "FollowOptions", "Runtime",
         "Errc", "Result", "ChainView", "chain::StoredChain", "chain::Block", "chain::Address", "Manager"]


def page_of(path):
    """The page of a file in the tree."""
    if path == "README.md":
        return "readme.md"
    if path == "docs/decisions":
        return "decisions/index.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else f"source/{path}.md"


def source_page(name):
    """A page that shows a file or lists a folder."""
    path = ROOT / name
    if path.is_dir():
        return f"# {name}\n\n" + "".join(f"- [{each.name}]({path.name}/{each.name})\n" for each in sorted(path.glob("*.*")))
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    language = {".cpp": "cpp", ".hpp": "cpp", ".py": "python", ".sh": "bash"}.get(path.suffix, "text")
    return f"# {name}\n\n`````{language}\n{text}\n`````\n"


def decisions():
    rows = []
    for path in sorted((ROOT / "docs/decisions").glob("*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        rows.append(f"| {path.name[:4]} | [{title}]({path.name}) |\n")
    return ("# Decisions\n\nDesign decisions that deviate from the reference or are not obvious, with their reasons.\n\n"
            "| number | decision |\n|---|---|\n" + "".join(rows))


def reference():
    """The page before the reference. It is made with Doxygen's list of what there is."""
    places = {}
    for compound in xml.parse(REFERENCE / "tags.xml").getroot().iter("compound"):
        name = compound.findtext("name").removeprefix("ouro::")
        places[name] = compound.findtext("filename")
        for member in compound.iter("member"):
            if name == "ouro" and member.get("kind") == "enumeration":
                places[member.findtext("name")] = f"{member.findtext('anchorfile')}#{member.findtext('anchor')}"
    link = '<a href="reference/{}">{}</a>'.format
    names = "".join(f"- {link(places[each], f'<code>{each}</code>')}\n" for each in NAMES)
    return f"""# Reference

Doxygen makes it from the headers: {link("annotated.html", "all classes")}, {link("files.html", "all headers")},
{link("namespacemembers.html", "all names")}. It covers what programs use: nodes, clients and what belongs to them, the
contents of blocks, chains, and managers. The messages, commands, events and settings of behaviors are described in
their headers.

## Names to begin with

{names}"""


def menu():
    parts = "".join(f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"
                    for title, pages in MENU.items())
    return parts


def main(out):
    waiting = {path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]}
    texts = {"decisions/index.md": decisions(), "reference.md": reference()}
    done = set()
    while waiting:
        name = waiting.pop()
        done.add(name)
        page = page_of(name)
        text = source_page(name) if page.startswith("source/") else (ROOT / name).read_text(encoding="utf-8")
        folder = name if (ROOT / name).is_dir() else posixpath.dirname(name)

        def link(match):
            if re.match(r"[a-z]+:", match[2]):
                return match[0]
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name) if folder == name else folder, match[2]))
            if not (ROOT / path).exists():
                sys.exit(f"stage.py: {name} links to {match[2]}, which does not exist")
            if path.startswith("docs/") and path.endswith(".json"):
                path = page_of(path)
            elif path != "docs/decisions" and path not in done:
                waiting.add(path)
            to = path if path.endswith(".json") else page_of(path)
            return f"{match[1]}{posixpath.relpath(to, posixpath.dirname(page) or '.')}{match[3] or ''})"

        text = LINK.sub(link, text)
        if page.startswith("source/"):
            text = "---\norphan: true\nnosearch: true\n---\n" + text
        elif page.startswith("decisions/"):  # in no menu, but in their list; any other page must be in the menu
            text = "---\norphan: true\n---\n" + text
        texts[page] = text
    linked = {match[2] for match in LINK.finditer(texts["index.md"])}
    for page in sum(MENU.values(), []):
        name = page.split("<")[-1].rstrip(">") + ".md"
        if name not in linked and name != "reference.md":
            sys.exit(f"stage.py: docs/index.md has no link to {name}")
    texts["index.md"] += menu()
    for page, text in texts.items():
        path = pathlib.Path(out, page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (ROOT / "docs").glob("*.json"):
        pathlib.Path(out, path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
