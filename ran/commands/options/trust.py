"""What --check and --worth add to `python -m ran explain`: how far to trust a map, and regions."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ran.engine import Engine
    from ran.scene import Scene


STRONGEST = 3
"""Pairs of regions that are told in words; JSON has all of them."""


def add_trust(explain: argparse.ArgumentParser) -> None:
    """Add both options to a parser."""
    explain.add_argument(
        "--check", type=int, metavar="N", help="how far the map can be trusted, from N draws"
    )
    explain.add_argument(
        "--worth", action="store_true", help="exact Shapley values of the regions, leave-one-out"
    )


def trust_facts(args: argparse.Namespace, engine: Engine, scene: Scene) -> dict[str, Any]:
    """Return "faithfulness" and "worth" as plain values, None where not asked for."""
    from ran.explain.question import Question
    from ran.explain.trust.localised import localised
    from ran.explain.trust.usual import Usual

    checked = None
    if args.check is not None:
        question = Question(args.method, args.target, args.baseline, args.steps, args.seed)
        *_, last = engine.faithful(scene, question, draws=args.check)
        known = last.faithfulness
        assert known is not None
        apart = Usual.of(engine.card, question.method).tells_apart
        checked = {
            **asdict(known), "is_unchanged": known.is_unchanged, "tells_apart": apart
        }  # fmt: skip
        heatmap = engine.explain(scene, question)
        place = localised(heatmap.values, scene.face.points)
        checked["localised"] = None if place is None else asdict(place)
        if known.inserted is not None:
            checked["insertion_minus_deletion"] = {
                name: getattr(known.inserted, name).area for name in ("map", "centre", "random")
            }
    return {"faithfulness": checked, "worth": _worth(engine, scene) if args.worth else None}


def _worth(engine: Engine, scene: Scene) -> dict[str, Any]:
    from ran.explain.trust.ranks import least_significant, spearman

    values, answer = engine.region_values(scene), engine.predict(scene)
    predicted = answer.classes.index(answer.expression)

    def by_class(row: Any) -> dict[str, float]:
        return dict(zip(answer.classes, row.tolist(), strict=True))

    return {
        "class": answer.expression,
        "rank_correlation": spearman(answer.weights, values.shapley[:, predicted]),
        "least_significant": least_significant(len(answer.weights)),
        "full": by_class(values.full),
        "empty": by_class(values.empty),
        "regions": [
            {"name": box.name, "weight": weight, "shapley": by_class(shapley),
             "leave_one_out": by_class(left)}
            for box, weight, shapley, left in zip(
                answer.boxes, answer.weights.tolist(), values.shapley, values.leave_one_out,
                strict=True,
            )
        ],
        "interactions": values.pairs([box.name for box in answer.boxes], answer.classes),
    }  # fmt: skip


def trust_in_words(facts: dict[str, Any]) -> str:
    """Return both as lines of text, each begun by a line break."""
    return _checked_in_words(facts["faithfulness"]) + _worth_in_words(facts["worth"])


def _checked_in_words(checked: dict[str, Any] | None) -> str:
    if checked is None:
        return ""

    def told(name: str) -> str:
        return "not defined" if checked[name] is None else f"{checked[name]:.2f}"

    flag = ", as good as unchanged" if checked["is_unchanged"] else ""
    if not checked["tells_apart"]:
        flag = ", which says the same of a network that learnt nothing"
    place = checked["localised"]
    about = (
        ""
        if place is None
        else f"\n  about the landmarks {100 * place['mass']:.0f} % of the map, on "
        f"{100 * place['area']:.0f} % of the face"
    )
    areas = checked["insertion_minus_deletion"]
    inserted = (
        f"\n  insertion minus deletion {areas['map']:+.2f}, of a centre blob "
        f"{areas['centre']:+.2f}, of a random order {areas['random']:+.2f}"
    )
    return (
        about
        + inserted
        + (
            f"\n  from {checked['draws']} draws: infidelity {told('infidelity')} (flat map "
            f"{told('infidelity_flat')}, centre blob {told('infidelity_centre')}), max-sensitivity "
            f"{told('max_sensitivity')}\n  rank correlation with randomised parameters "
            f"{told('randomised')}{flag}"
        )
    )


def _worth_in_words(worth: dict[str, Any] | None) -> str:
    if worth is None:
        return ""
    name = worth["class"]
    words = f"\n  worth to {name}, in logits; all {worth['full'][name]:+.2f}, none "
    words += f"{worth['empty'][name]:+.2f}"
    for region in worth["regions"]:
        words += (
            f"\n  {region['name']:<18} Shapley {region['shapley'][name]:+.2f}, left out "
            f"{region['leave_one_out'][name]:+.2f}, weight {region['weight']:.3f}"
        )
    pairs = worth["interactions"]
    for pair in sorted(pairs, key=lambda one: -abs(one["interaction"][name]))[:STRONGEST]:
        together = " and ".join(pair["regions"])
        words += f"\n  {together} together {pair['interaction'][name]:+.2f}"
    rho, least = worth["rank_correlation"], worth["least_significant"]
    if rho is not None:
        words += f"\n  rank correlation of weight and Shapley value {rho:+.2f}"
        words += " (can be chance)" if least is None or abs(rho) < least - 1e-9 else ""
    return words
