"""What a network reaches on a data set, as words, CSV and rows of LaTeX."""

from __future__ import annotations

import csv
import io
from typing import Any

COLUMNS = ("n", "accuracy", "low", "high", "balanced", "macro_f1", "majority")
_LISTS = {"test": "test", "occlusion": "occlusion", "pose30": r"pose $>30^\circ$",
          "pose45": r"pose $>45^\circ$"}  # fmt: skip
_BESIDE = ("layout", "missing", "unread", "left_out", "against", "kinds", "controls")


def as_csv(found: dict[str, Any]) -> str:
    """Return a row a list, and below it a row a class and list: how many are answered rightly."""
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(("list", "class", *COLUMNS))
    for name, said in _lists(found).items():
        rows.writerow((name, "", *(said[column] for column in COLUMNS)))
        for label, counts in zip(said["classes"], said["confusion"], strict=True):
            total, right = sum(counts), counts[said["classes"].index(label)]
            rows.writerow((name, label, total, right / total if total else "", *[""] * 5))
    return file.getvalue()


def as_latex(found: dict[str, Any], network: str) -> str:
    """Return rows of a table: network, list, faces, accuracy with its interval, balanced, F1."""
    rows = []
    for name, said in _lists(found).items():
        interval = f"[{100 * said['low']:.1f}, {100 * said['high']:.1f}]"
        numbers = [f"{said['n']}", f"{100 * said['accuracy']:.2f} {interval}",
                   f"{100 * said['balanced']:.2f}", f"{100 * said['macro_f1']:.2f}"]  # fmt: skip
        rows.append(" & ".join((_escaped(network), _LISTS[name], *numbers)) + r" \\")
    return "\n".join(rows) + "\n"


def _escaped(text: str) -> str:
    signs = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(signs.get(c, f"\\{c}" if c in "&%$#_{}" else c) for c in text)


def _lists(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: said for name, said in found.items() if name not in _BESIDE}


def in_words(found: dict[str, Any], classes: tuple[str, ...]) -> str:
    """Return a line a list, and below it one a kind, a severity and a control."""
    lines = [f"{found['layout']}, judged among {', '.join(classes)}"]
    for name, said in _lists(found).items():
        line = (
            f"{name:<10} {said['n']:>6} pictures  accuracy {100 * said['accuracy']:.2f} % "
            f"({100 * said['low']:.2f} to {100 * said['high']:.2f})  balanced "
            f"{100 * said['balanced']:.2f} %  macro F1 {100 * said['macro_f1']:.2f} %  commonest "
            f"class {100 * said['majority']:.2f} %"
        )
        other = found.get("against", {}).get(name)
        if other is not None:
            line += f"  against the other {100 * other['difference']:+.2f}, p {other['p']:.2g}"
        lines.append(line)
        for kind, part in said.get("kinds", {}).items():
            lines.append(
                f"  {kind:<20} {part['n']:>4} pictures  accuracy {100 * part['accuracy']:.2f} % "
                f"({100 * part['low']:.2f} to {100 * part['high']:.2f})"
            )
    for kind, said in found.get("kinds", {}).items():
        share = 100 * said["accuracy"]
        lines.append(f"  {kind:<14} {said['n']:>6} pictures  accuracy {share:.2f} %")
    for name, row in found.get("controls", {}).items():
        lines.append(
            f"  {name:<22} {100 * row['accuracy']:.2f} %  {100 * row['difference']:+.2f}  p "
            f"{row['p']:.2g}"
        )
    for name, words in (
        ("missing", "pictures of the lists are not in the data set"),
        ("unread", "pictures cannot be read"),
        ("left_out", "pictures have a class that the network has not"),
    ):
        if found[name]:
            lines.append(f"{found[name]:,} {words}")
    return "\n".join(lines)
