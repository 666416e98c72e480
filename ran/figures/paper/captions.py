"""What a figure shows in words, and as LaTeX: its environment, and the numbers as rows."""

from __future__ import annotations

from collections.abc import Sequence

from ran.explain.maps.methods import METHODS
from ran.figures.numbers import plain
from ran.figures.paper.depicted import Depicted
from ran.figures.paper.faces_drawn import mapped
from ran.words import _

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
        "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "\N{MINUS SIGN}": "$-$", "\N{MULTIPLICATION SIGN}": r"$\times$", "μ": r"$\mu$",
        "ν": r"$\nu$", "α": r"$\alpha$", ">": "$>$", "<": "$<$",
    }
)  # fmt: skip


def caption(
    slots: Sequence[Depicted], what: Sequence[str], *, about: str, layout: str | None = None
) -> str:
    """Return a figure's caption: what each panel shows, of which faces, under which network.

    Args:
        slots: what the figure shows.
        what: the names of its panels, in order; of none where it has a layout of its own.
        about: the expression that Shapley values are for.
        layout: "gallery", "strip", or None.
    """
    of = _("Region attention: {names}.").format(names="; ".join(_slot(one) for one in slots))
    if layout is not None:
        said = [
            _("Every region is outlined in the colour of its weight w against uniform.")
            if layout == "gallery"
            else _(
                "The regions as the network sees them, framed in the colour of their weight w "
                "against uniform; w below each."
            )
        ]
    else:
        said = [
            f"({chr(ord('a') + number)}) {words}" if len(what) > 1 else words
            for number, words in enumerate(panel_words(slots, name, about) for name in what)
        ]
        said += _hollow(slots, what)
    networks = [(one.checkpoint, one.sha256) for one in slots]
    return of_networks(" ".join([of, *said]), networks)


def of_networks(words: str, networks: Sequence[tuple[str, str]]) -> str:
    """Return a caption on one line, and which networks it is of: their names and hashes."""
    told = "; ".join(
        _("{name} (sha256 {hash})").format(name=name, hash=sha256[:12])
        for name, sha256 in dict.fromkeys(networks)
    )
    whole = " ".join([words, _("Network: {told}.").format(told=told)])
    return " ".join(whole.split())  # a name may hold a line's end


def _slot(one: Depicted) -> str:
    is_named = one.photo.rpartition(".")[0] in one.name
    return one.name if is_named else f"{one.name}, {one.photo}"


def panel_caption(slots: Sequence[Depicted], panel: str, about: str) -> str:
    """Return what one panel shows, where its faces and networks are named elsewhere."""
    return " ".join([panel_words(slots, panel, about), *_hollow(slots, [panel])])


def _hollow(slots: Sequence[Depicted], what: Sequence[str]) -> list[str]:
    if len(slots) > 1 and set(what) - {"faces", "maps"}:
        return [_("Hollow: {name}.").format(name=slots[0].name)]
    return []


def panel_words(slots: Sequence[Depicted], panel: str, about: str) -> str:
    """Return what one panel shows, in a sentence."""
    first = slots[0]
    if panel == "maps":
        heatmap = first.heatmap
        assert heatmap is not None
        words = _("{method} of {targets}").format(
            method=_(METHODS[heatmap.method].label),
            targets=", ".join(
                dict.fromkeys(one.heatmap.target for one in slots if one.heatmap is not None)
            ),
        )
        if heatmap.baseline is not None:
            words += _(", baseline {baseline}").format(baseline=heatmap.baseline)
        if heatmap.steps is not None:
            words += _(", {steps} steps").format(steps=heatmap.steps)
        full = mapped(slots)[1]
        return words + _("; full colour from {full} on, one scale for all.").format(
            full=f"{full:.3g}"
        )
    return {
        "faces": _(
            "The faces as the network gets them, each region outlined in the colour of its w "
            "(purple below uniform, green above)."
        ),
        "probabilities": _("Probability of each expression."),
        "weights": _(
            "Weight w of each region, mu times nu over their sum, against uniform (1), on a log "
            "axis from 1/8 to 8."
        ),
        "shapley": _(
            "What each region is worth to {about}: exact Shapley values over all coalitions of "
            "regions, in logits."
        ).format(about=about),
        "margin": _(
            "RB margin, the best crop's mu minus the whole face's; left of alpha = {alpha} the "
            "region-biased loss is above 0."
        ).format(alpha=plain(first.shown.answer.alpha)),
    }[panel]


def as_tex(text: str) -> str:
    """Return a text as LaTeX writes it: what steers LaTeX is written out."""
    return text.translate(_LATEX)


def figure_tex(file: str, *, width: float, words: str) -> str:
    """Return a figure environment for a file of that name, with caption and label.

    Args:
        file: the figure's name without a folder; LaTeX reads .pdf and .png itself.
        width: in inches.
        words: the caption, as plain text.
    """
    stem, _dot, kind = file.rpartition(".")
    shown = stem if kind.lower() in ("pdf", "png") else stem + ".pdf"
    label = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stem)
    return (
        "\\begin{figure}[t]\n  \\centering\n"
        f"  \\includegraphics[width={width:g}in]{{\\detokenize{{{shown}}}}}\n"
        f"  \\caption{{{as_tex(words)}}}\n  \\label{{fig:{label}}}\n\\end{{figure}}\n"
    )


def whole_tex(file: str, slots: Sequence[Depicted], *, width: float, words: str) -> str:
    """Return the figure environment, and below it the numbers as rows that a table can take."""
    rows = "".join(f"% {row}\n" for row in region_rows(slots).splitlines())
    head = "% slot & region & mu & nu & w & w against uniform & hidden, %\n"
    return f"{figure_tex(file, width=width, words=words)}\n{head}{rows}"


def region_rows(slots: Sequence[Depicted]) -> str:
    """Return rows of a table: slot, region, mu, nu, w and w against uniform, hidden share in %."""
    lines = []
    for one in slots:
        answer = one.shown.answer
        columns = zip(
            answer.boxes, answer.self_weights, answer.relation_weights, answer.weights,
            answer.relative_weights, answer.covered, strict=True,
        )  # fmt: skip
        lines += [
            " & ".join(
                (as_tex(one.name), as_tex(_(box.name)), f"{mu:.3g}", f"{nu:.3g}", f"{w:.3g}",
                 f"{relative:.2f}", f"{100 * covered:.1f}")
            ) + r" \\"
            for box, mu, nu, w, relative, covered in columns
        ]  # fmt: skip
    return "\n".join(lines) + "\n"
