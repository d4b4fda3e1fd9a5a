"""What was measured as Markdown and as a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.output.figure import save_figure
from trainers.output.files import replace_file

# Columns, each of the contenders whose names begin so, of which the fastest is shown.
GROUPS = {
    "fit default": "fit default",
    "fit best": "fit best",
    "torch eager": "torch eager",
    "torch compiled": "torch compiled",
    "jax": "jax",
}


def markdown(result: dict[str, Any]) -> str:
    """Return a row's ratios, peer's seconds over ours: median (range), above 1 we are faster."""
    heads = ["row", "updates/s", "of the peak", *GROUPS, "fastest turns", "loss apart"]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for row in result["rows"]:
        ours = sorted(row["contenders"]["ours"]["seconds"])
        middle = row["updates"] / ours[len(ours) // 2]
        cells = [row["name"], f"{middle:,.0f}", f"{row['share']:.0%}"]
        cells += [_cell(row, beginning) for beginning in GROUPS.values()]
        cells.append(f"{row['ratios'][row['best']]['fastest']:.2f}" if row["best"] else "-")
        cells.append(_apart(row))
        lines.append("| " + " | ".join(cells) + " |")
    means = [f"{name} {value:.2f}" for name, value in result["geometric_means"].items() if value]
    return "\n".join([*lines, "", f"geometric means: {', '.join(means) or 'none'}"])


def _cell(row: dict[str, Any], beginning: str) -> str:
    found = {name: each for name, each in row["ratios"].items() if name.startswith(beginning)}
    if not found:
        return "-"
    name = min(found, key=lambda each: found[each]["median"])
    each = found[name]
    mark = f" ({name.partition(', ')[2]})" if ", " in name else ""
    text = f"{each['median']:.2f} ({each['min']:.2f}-{each['max']:.2f}){mark}"
    return f"**{text}**" if each["median"] < 1 else text


def _apart(row: dict[str, Any]) -> str:
    if not row["differences"]:
        return "-"
    largest = f"{max(row['differences'].values()):.1e}"
    return f"{largest}, drawn" if row["tolerance"] is None else largest


def save(result: dict[str, Any], output: Path) -> list[Path]:
    """Write the table and its plot beside the JSON file; return where."""
    text, picture = output.with_suffix(".md"), output.with_suffix(".png")
    replace_file(text, (markdown(result) + "\n").encode())
    _plot(result, picture)
    return [text, picture]


def _plot(result: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib import ticker

    rows = result["rows"][::-1]
    figure, axes = plt.subplots(figsize=(8, 1.5 + 0.45 * len(rows)), layout="constrained")
    for number, (title, beginning) in enumerate(GROUPS.items()):
        heights, values, ranges = [], [], []
        for height, row in enumerate(rows):
            found = [each for name, each in row["ratios"].items() if name.startswith(beginning)]
            if found:
                each = min(found, key=lambda ratio: ratio["median"])
                heights.append(height + 0.12 * (2 - number))
                values.append(each["median"])
                ranges.append((each["median"] - each["min"], each["max"] - each["median"]))
        if values:
            axes.errorbar(
                values, heights, xerr=list(zip(*ranges, strict=True)), fmt="o", markersize=4,
                label=title,
            )  # fmt: skip
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set_xlabel("seconds of the peer / seconds of ours, median and range")
    if any(row["ratios"] for row in rows):
        figure.legend(fontsize="small", loc="outside upper center", ncols=len(GROUPS))
    save_figure(figure, path)
