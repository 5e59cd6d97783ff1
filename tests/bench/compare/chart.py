"""The table as a picture: a panel a case, a bar a pair, and its spread."""

import statistics

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402


def measured(row):
    return [value for value in row["values"] if value is not None]


def draw(result, file):
    cases = [case for case in result["cases"].values() if any(measured(row) for row in case["rows"].values())]
    figure, axes = pyplot.subplots(
        len(cases), 1, figsize=(9, sum(0.8 + 0.26 * len(case["rows"]) for case in cases)), layout="constrained",
        squeeze=False, height_ratios=[1 + len(case["rows"]) for case in cases])
    for axis, case in zip(axes[:, 0], cases):
        rows = [(name, measured(row)) for name, row in case["rows"].items() if measured(row)]
        middles = [statistics.median(values) for _, values in rows]
        spans = [[middle - min(values), max(values) - middle] for middle, (_, values) in zip(middles, rows)]
        colours = ["tab:blue" if "ouro" in name else "tab:gray" if name == "plain socket" else "tab:orange"
                   for name, _ in rows]
        axis.barh([name for name, _ in rows], middles, xerr=list(zip(*spans)), color=colours, height=0.7)
        axis.invert_yaxis()
        axis.set_xscale("log")
        axis.set_title(f"{case['title']} ({case['unit']})", fontsize=9, loc="left")
        axis.tick_params(labelsize=7)
    figure.savefig(file)
