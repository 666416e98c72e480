"""The Cohort page's charts: what networks reach, where attention lies, what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch

from ran import figures
from ran.explain.trust.ranks import spearman
from ran.figures.cohort.spreads import Reached, accuracies, distributions
from ran.figures.cohort.weights import mean_weights
from ran.figures.evidence.taken_for import confusion_matrix
from ran.study.cohort.gathered import Member
from ran.study.evaluation.comparison import paired
from ran.study.evaluation.confusion import confusion_matrix as counted
from ran.study.evaluation.published import wilson_interval
from ran.ui.cohort import groups
from ran.ui.shared import panels, shell
from ran.ui.shared.outside import escaped
from ran.ui.shared.settings.gathering import CohortSettings
from ran.ui.shared.settings.widgets import key_of, seed_from
from ran.words import _, called

MOST_GROUPS = 12
"""Rows of a chart; what more there are stand together in none."""


def results(asked: CohortSettings, members: Sequence[Member], names: Sequence[str]) -> None:
    """Draw what the members of a cohort say together.

    Args:
        asked: what is looked at, and by what.
        members: one at least.
        names: the networks', the second one's only if there is one.
    """
    ways = groups.ways(members)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked.by = asked.by if asked.by in ways else ways[0]
        asked.by = (
            st.segmented_control(
                _("By"), ways, format_func=_, required=True,
                key=seed_from(asked, "by", key_of("cohort-by", *ways)),
            )
            or ways[0]
        )  # fmt: skip
    found = dict(list(groups.grouped(members, asked.by).items())[:MOST_GROUPS])
    left, right = shell.halves()
    labelled = [one for one in members if one.label is not None]
    with left:
        if labelled:
            _accuracy(labelled, found, names)
        else:
            _numbers(asked, members, found)
    with right:
        if len(members[0].answer.boxes) > 1:
            _weights(members, found)
    if labelled:
        left, right = shell.halves()
        with left:
            _numbers(asked, members, found)
        with right:
            _confusion(labelled)


def _accuracy(
    labelled: Sequence[Member], found: dict[str, list[Member]], names: Sequence[str]
) -> None:
    """Draw the accuracy of each group beside the second network's and the commonest label's."""
    rows = reached(labelled, found, has_other=len(names) > 1)
    labels = [one.label for one in labelled]
    majority = 100 * max(labels.count(name) for name in set(labels)) / len(labels)
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Accuracy, with 95 % interval**"),
            help=_(
                "Wilson's interval. The dotted line is what answering the commonest label always "
                "would reach over all faces, {majority:.1f} %."
            ).format(majority=majority),
        )
        marks = [("dot", names[0])]
        if len(names) > 1:
            marks.append(("ring", names[1]))
        panels.marks(*marks)
        st.plotly_chart(
            accuracies(rows, majority, panels.theme()), theme=None,
            config=figures.saving("ran-cohort-accuracy"), key="cohort-accuracy",
            alt="; ".join(f"{name}: {own.accuracy:.1f} %" for name, own, _other in rows),
        )  # fmt: skip
        if len(names) > 1:
            own, other = (
                torch.tensor([bool(value) for value in rights])
                for rights in (
                    [one.is_right for one in labelled], [one.is_other_right for one in labelled]
                )
            )  # fmt: skip
            pair = paired(own, other)
            st.markdown(
                _(
                    ":small[:gray[Over all faces {first} is right on {first_only} that {second} "
                    "misses, and wrong on {second_only} that it gets: p = {p:.2g}, exact McNemar "
                    "test.]]"
                ).format(
                    first=escaped(names[0]), second=escaped(names[1]), p=pair["p"],
                    first_only=pair["first_only"], second_only=pair["second_only"],
                )
            )  # fmt: skip


def reached(
    labelled: Sequence[Member], found: dict[str, list[Member]], *, has_other: bool
) -> list[tuple[str, Reached, Reached | None]]:
    """Return the accuracy of all and of each group, the second network's too if there is one."""
    parts = {_("all faces"): labelled} | {
        called(name): known
        for name, members in found.items()
        if (known := [one for one in members if one.label is not None])
    }
    return [
        (
            f"{name} ({len(members):,})",
            _reached([bool(one.is_right) for one in members]),
            _reached([bool(one.is_other_right) for one in members]) if has_other else None,
        )
        for name, members in parts.items()
    ]


def _reached(right: Sequence[bool]) -> Reached:
    share = sum(right) / len(right)
    low, high = wilson_interval(share, len(right))
    return Reached(100 * share, 100 * low, 100 * high)


def _weights(members: Sequence[Member], found: dict[str, list[Member]]) -> None:
    """Draw the mean weights of each group."""
    regions, rows = weighed(members, found)
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Mean weight of each region, relative to uniform**"),
            help=_("1.00 is uniform. Purple below, green above, a quarter to four times."),
        )
        st.html(mean_weights(regions, rows, panels.theme()))


def weighed(
    members: Sequence[Member], found: dict[str, list[Member]]
) -> tuple[list[str], list[tuple[str, int, list[float]]]]:
    """Return the regions, and of all and each group the name, the count and each mean weight.

    Of faces that are cut into the same regions; weights are relative to uniform.
    """
    regions = [box.name for box in members[0].answer.boxes]
    alike = {name: [one for one in part if len(one.answer.boxes) == len(regions)]
             for name, part in ({_("all faces"): list(members)} | found).items()}  # fmt: skip
    return regions, [
        (
            called(name),
            len(part),
            np.mean([one.answer.relative_weights for one in part], 0).tolist(),
        )
        for name, part in alike.items()
        if part
    ]


def _numbers(
    asked: CohortSettings, members: Sequence[Member], found: dict[str, list[Member]]
) -> None:
    """Draw how a number of the answer is spread in each group."""
    offered = groups.numbers(members)
    names = list(offered)
    usual = groups.SHIFT if groups.SHIFT in offered else names[-1]
    asked.number = asked.number if asked.number in offered else usual
    with st.container(border=True, gap="xsmall"):
        asked.number = st.selectbox(
            _("How it is spread"), names, format_func=groups.told,
            key=seed_from(asked, "number", key_of("cohort-number", *names)),
        )  # fmt: skip
        of = offered[asked.number]
        rows = [
            (called(name), values)
            for name, part in found.items()
            if (values := [value for one in part if (value := of(one)) is not None])
        ]
        if not rows:
            st.markdown(_(":gray[None of these faces has it.]"))
            return
        line = 1.0 if asked.number.startswith("w of") else 0.0 if asked.number in (
            groups.MARGIN, groups.SHIFT
        ) else None  # fmt: skip
        st.plotly_chart(
            distributions(rows, groups.told(asked.number), line, panels.theme()), theme=None,
            config=figures.saving("ran-cohort-spread"), key="cohort-spread",
            alt="; ".join(f"{name}: median {np.median(values):.3f}" for name, values in rows),
        )  # fmt: skip
        st.markdown(
            _(
                ":small[:gray[Dot: median. Box: half of the faces; whiskers: nine of ten.{yaw}]]"
            ).format(yaw=_yaw(members, asked.number))
        )


def _yaw(members: Sequence[Member], number: str) -> str:
    """Return how the number goes with the head's yaw, where poses are known."""
    of = groups.numbers(members)[number]
    pairs = [(abs(one.yaw), value) for one in members
             if one.yaw is not None and (value := of(one)) is not None]  # fmt: skip
    if len(pairs) < 10:
        return ""
    rho = spearman(*np.array(pairs).T)
    return "" if rho is None else _(" Rank correlation with |yaw|: {rho:+.2f}.").format(rho=rho)


def taken_for(labelled: Sequence[Member]) -> tuple[tuple[str, ...], list[list[int]]]:
    """Return the classes, and how often each label, a row, was answered as each of them."""
    classes = labelled[0].answer.classes
    answers = torch.tensor([classes.index(one.answer.expression) for one in labelled])
    labels = torch.tensor([classes.index(str(one.label)) for one in labelled])
    counts: list[list[int]] = counted(answers, labels, classes=len(classes)).tolist()
    return classes, counts


def _confusion(labelled: Sequence[Member]) -> None:
    classes, counts = taken_for(labelled)
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**What is taken for what**"),
            help=_("A row is the label, a column what was answered; the shade is the row's share."),
        )
        st.html(confusion_matrix(classes, counts))
