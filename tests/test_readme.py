"""What the README promises: its Python runs, its scores are the card's, its links lead to files."""

import re
from pathlib import Path

import pytest

from ran.net.card import read_card

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CARD = ROOT / "ran/net/weights/ran-resnet18-ferplus/card.json"
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


def test_the_scores_are_the_cards():
    scores = read_card(CARD).scores
    assert scores is not None
    for row, key in ROWS.items():
        count, percent = f"{scores[key]['n']:,}", f"{100 * scores[key]['accuracy']:.1f} %"
        assert f"| {row} | {count} | {percent} |" in README


def test_every_link_into_the_repository_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
