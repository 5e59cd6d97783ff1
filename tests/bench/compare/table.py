"""The medians of a run as the table of docs/performance.md: table.py [COMPARE.JSON]"""

import json
import statistics
import sys
from pathlib import Path

from programs import CLIENTS

OURS = ("ouro > ouro", "ouro > ouro again")
NOTHING = "—"


def number(value):
    """Three digits of it, however large it is."""
    digits = f"{float(f'{value:.3g}'):,.10f}".rstrip("0").rstrip(".")
    return digits if digits != "0" or value == 0 else f"{value:.1e}"


def spread(values):
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"


def of(rows, name, figure):
    """The values of a row of this name, which may say more behind a comma, without the rounds that failed."""
    found = (row.get(figure, []) for row_name, row in rows.items() if row_name.split(",")[0] == name)
    return [value for value in next(found, []) if value is not None]


def peer_cell(rows, peer, figure):
    sides = [of(rows, name, figure) for name in (f"{peer} > {peer}", f"{peer} > ouro", f"ouro > {peer}")]
    return ", ".join(number(statistics.median(side)) if side else NOTHING for side in sides) if any(sides) else ""


def lines(case):
    """A line for what the case measures, and one for each further figure."""
    rows = case["rows"]
    figures = [name for name in rows[OURS[0]] if name not in ("values", "failures")]
    for figure in ["values", *figures]:
        ours, again, plain = (of(rows, name, figure) for name in (*OURS, "plain socket"))
        if not ours:
            continue
        noise = spread([b / a for a, b in zip(ours, again)]) if again and len(ours) == len(again) else ""
        what = f"{case['title']}, {case['unit']}" if figure == "values" else f"… {figure}"
        yield [what, spread(ours) if len(ours) > 1 else number(ours[0]), noise,
               number(statistics.median(plain)) if plain else "", *(peer_cell(rows, peer, figure) for peer in CLIENTS)]


def markdown(result):
    head = ["what", "this library", "noise", "plain socket", *(f"`{peer}`" for peer in CLIENTS)]
    table = [head, ["---"] * len(head), *(line for case in result["cases"].values() for line in lines(case))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in table)


if __name__ == "__main__":
    default = Path(__file__).resolve().parents[3] / "build/compare/compare.json"
    print(markdown(json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else default).read_text())))
