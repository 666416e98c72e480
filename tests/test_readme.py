"""What the README promises: its Python runs, its scores are the card's, its links lead to files."""

import re
from pathlib import Path

import pytest

import ran
from ran.figures import signed
from ran.net.card import read_card
from ran.net.checkpoints import DEFAULT, WEIGHTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PLAIN = "plain-dlib29-ferplus"
CARD = WEIGHTS / DEFAULT / "card.json"
ROWS = {"FERPlus, test": "ferplus", "occlusion": "occlusion", "pose over 30°": "pose30",
        "pose over 45°": "pose45"}  # fmt: skip


def test_the_ten_lines_of_python_run_and_print_what_they_promise(monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
    answer, *regions = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\w+ -> \w+", answer)
    assert len(regions) == 6
    pairs = [map(float, re.findall(r"\d\.\d+", row)[-2:]) for row in regions]
    before, after = zip(*pairs, strict=True)
    assert sum(before) == pytest.approx(1, abs=0.003)
    assert sum(after) == pytest.approx(1, abs=0.003)
    assert before != after


CONTROL_ROWS = {"another face's": "another face", "the mean of all faces": "mean",
                "uniform": "uniform", "whole face alone": "whole face alone"}  # fmt: skip


def test_what_attention_is_worth_is_the_cards():
    layouts = read_card(CARD).layouts
    columns = [
        layouts[kind][field]
        for field in ("controls", "covered_controls")
        for kind in ("fixed", "landmark")
    ]
    for said, name in CONTROL_ROWS.items():
        cells = []
        for table in columns:
            p = table[name]["p"]
            chance = "p < 0.001" if p < 0.001 else f"p = {p:.{3 if p < 0.095 else 2}f}"
            cells.append(f"{signed(100 * table[name]['difference'], 1)}, {chance}")
        assert f"| {said} | {' | '.join(cells)} |" in README


def test_the_scores_are_the_cards():
    card, plain = read_card(CARD), read_card(CARD.parent.with_name(PLAIN) / "card.json")
    columns = [card.layouts[kind]["scores"] for kind in ("fixed", "landmark")] + [plain.scores]
    for row, key in ROWS.items():
        told = " | ".join(f"{100 * scores[key]['accuracy']:.1f} %" for scores in columns)
        assert f"| {row} | {columns[0][key]['n']:,} | {told} |" in README
    assert card.against_plain is not None
    gains = [100 * card.against_plain[key]["difference"] for key in ROWS.values()]
    first, *middle, last = [f"+{gain:.1f}" for gain in gains]
    assert f"{', '.join([first, *middle])} and {last} points" in README
    shown = card.photographs
    assert shown is not None
    assert f"{shown['found']:.0f} of {shown['n']:.0f} test pictures" in README
    assert f"{100 * shown['agreement']:.1f} %" in README


def test_the_pictures_caption_is_what_the_network_says():
    from examples.take_picture import first_scene_in_words

    assert f"The first screen: {first_scene_in_words()}." in README


def test_the_apps_scenes_are_those_that_the_rule_chooses():
    from examples.choose_scenes import candidates, choose
    from ran.ui.shared.faces.scenes import chosen

    rows = choose(candidates(ran.Engine.load(device="cpu")))
    for found, kept in zip(rows, chosen(), strict=True):
        assert {**found, "score": 0} == {**kept, "score": 0}
        assert found["score"] == pytest.approx(kept["score"], abs=0.002)


def test_every_link_into_the_repository_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
