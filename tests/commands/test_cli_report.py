"""ran report: one file of HTML that has the numbers of `ran predict` and asks for nothing else."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ran.__main__ import main

EXAMPLES = Path(__file__).parents[2] / "examples"
ASTRONAUT, HOPPER = EXAMPLES / "astronaut.png", EXAMPLES / "grace_hopper.jpg"


class Read(HTMLParser):
    """A report as tables by name, pictures' words, addresses, and the numbers inside it."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.words, self.addresses, self.numbers = {}, [], [], ""
        self._rows, self._cell, self._is_json = None, None, False
        self.feed(text)
        self.numbers = json.loads(self.numbers)

    def handle_starttag(self, tag, given):
        given = dict(given)
        self.addresses += [given[name] for name in ("src", "href", "action") if name in given]
        if tag == "img":
            self.words.append(given["alt"])
        elif tag == "table":
            self._rows = self.tables.setdefault(given["aria-label"], [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._cell = ""
        self._is_json = given.get("id") == "numbers"

    def handle_data(self, data):
        if self._is_json:
            self.numbers += data
        elif self._cell is not None:
            self._cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._rows[-1].append(self._cell)
            self._cell = None


def test_a_report_has_the_numbers_of_predict_and_explain(run, tmp_path):
    out = tmp_path / "scene.html"
    status, printed, _ = run("report", "--hide", "mouth", "--out", out, "--json")
    assert status == 0
    report = Read(out.read_text())
    made = json.loads(printed)
    assert {name: made[name] for name in report.numbers} == report.numbers
    for slot, options in zip(report.numbers["slots"], ((), ("--hide", "mouth")), strict=True):
        _, printed, _ = run("predict", "--json", *options)
        (face,) = json.loads(printed)["faces"]
        for name in ("expression", "probabilities", "logits", "regions", "rb_margin", "rb_loss"):
            assert slot[name] == face[name]
        rows = {row[0]: row[1:] for row in report.tables[f"Regions of {slot['name']}"][1:]}
        for region, values in zip(face["regions"], slot["shapley"], strict=True):
            cells = rows[region["name"]]
            relative = float(cells[0].removesuffix("×"))
            assert relative == pytest.approx(6 * region["weight"], rel=0.06, abs=0.0051)
            assert cells[4] == f"{100 * region['covered']:.1f} %"
            place = list(face["logits"]).index(report.numbers["target"])
            assert float(cells[5].replace("\N{MINUS SIGN}", "-").replace("±", "")) == pytest.approx(
                values[place], abs=0.0051
            )
    heads, *rows = report.tables["Probability of each expression"]
    assert heads == ["", "clean", "covered"]
    clean = report.numbers["slots"][0]["probabilities"]
    assert {name: cell for name, cell, _covered in rows} == {
        name: f"{value:.3f}" for name, value in clean.items()
    }


def test_a_report_asks_for_nothing_and_says_what_its_pictures_show(run, tmp_path):
    out = tmp_path / "scene.html"
    assert run("report", "--hide", "mouth", "--out", out)[0] == 0
    text = out.read_text()
    report = Read(text)
    assert "http" not in text.replace("http-equiv", "")
    assert all(one.startswith(("#", "data:image/svg+xml;base64,")) for one in report.addresses)
    assert "default-src 'none'; img-src data:" in text
    assert len(report.words) == 6, "faces, probabilities, weights, worth, margin, one map"
    assert all(words.endswith(".") for words in report.words)
    anchors = {one[1:] for one in report.addresses if one.startswith("#")}
    assert anchors == set(re.findall(r'<section id="([^"]+)"', text))


def test_without_the_photo_no_picture_shows_the_face(run, tmp_path):
    kept, left_out = tmp_path / "kept.html", tmp_path / "left.html"
    options = ("--hide", "mouth", "--method", "grad-cam")
    assert run("report", *options, "--out", kept)[0] == 0
    assert run("report", *options, "--no-photo", "--out", left_out)[0] == 0
    one, other = Read(kept.read_text()), Read(left_out.read_text())
    assert len(one.words) == len(other.words) + 1, "the faces themselves"
    assert "The photo is left out" in left_out.read_text()
    assert one.numbers == other.numbers
    shared = set(one.addresses) & set(other.addresses)
    charts = [address for address in shared if address.startswith("data:")]
    assert len(charts) == 4, "the map's picture is another one, the charts are the same"


def test_its_recipe_gives_the_same_report_again(run, tmp_path):
    first, again = tmp_path / "first.html", tmp_path / "again.html"
    options = ("--hide", "eyes", "--layout", "landmark", "--method", "none")
    assert run("report", *options, "--out", first)[0] == 0
    recipe = tmp_path / "recipe.json"
    recipe.write_text(Read(first.read_text()).numbers["recipes"]["covered"])
    assert run("report", "--recipe", recipe, "--method", "none", "--out", again)[0] == 0
    assert again.read_text() == first.read_text()


def test_photos_and_networks_stand_side_by_side(run, tmp_path, checkpoint):
    out = tmp_path / "four.html"
    options = ("--against", HOPPER, "--against-checkpoint", checkpoint, "--method", "none")
    assert run("report", *options, "--out", out)[0] == 0
    report = Read(out.read_text())
    assert len(report.numbers["slots"]) == 4
    assert {slot["photo"] for slot in report.numbers["slots"]} == {ASTRONAUT.name, HOPPER.name}


def test_a_hostile_name_stays_words(run, tmp_path):
    photo = tmp_path / "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}.png"
    photo.write_bytes(ASTRONAUT.read_bytes())
    out = tmp_path / "named.html"
    assert run("report", "--method", "none", "--out", out, photo=photo)[0] == 0
    text = out.read_text()
    assert "<img src=x" not in text
    assert Read(text).numbers["slots"][0]["photo"] == photo.name


@pytest.mark.parametrize("command", ["report", "figure"])
def test_a_name_that_is_no_text_is_written_as_one(command, run, tmp_path):
    photo = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    photo.write_bytes(ASTRONAUT.read_bytes())
    options = ("--method", "none") if command == "report" else ()
    out = tmp_path / ("f.html" if command == "report" else "f.pdf")
    status, _printed, said = run(command, *options, "--out", out, photo=photo)
    assert (status, said) == (0, "")
    assert out.stat().st_size > 1000


@pytest.fixture
def cohort(run, tmp_path):
    """The folder of a cohort of the example faces, and its rows."""
    from ran.study.cohort.tables_on_disk import read_cohort

    out = tmp_path / "rows"
    options = ("--cover", "mask", "--save", "mu,nu,w,margin,shift")
    assert run("cohort", "--out", out, *options, photo=EXAMPLES)[0] == 0
    return out, read_cohort(out).to_pylist()


def test_a_cohorts_report_has_the_means_of_its_rows(cohort, run, tmp_path):
    folder, rows = cohort
    out = tmp_path / "cohort.html"
    status, printed, _ = run("report", "--out", out, "--json", photo=folder)
    assert status == 0
    report = Read(out.read_text())
    assert json.loads(printed)["covers"] == report.numbers["covers"]
    for cover in ("", "mask"):
        found = [row for row in rows if row["cover"] == cover]
        told = report.numbers["covers"][cover]
        assert told["rows"] == len(found) == 8
        for name, mean in told["means"].items():
            assert mean == pytest.approx(
                sum(row[name] for row in found if row[name] is not None)
                / sum(row[name] is not None for row in found)
            )
    heads, *means = report.tables["Mean weight of each region, relative to uniform, by group"]
    of_mask = next(row for row in means if row[0].startswith("mask"))
    for name, cell in zip(heads[1:], of_mask[1:], strict=True):
        told = 6 * report.numbers["covers"]["mask"]["means"][f"w_{name}"]
        assert float(cell) == pytest.approx(told, abs=0.0051)
    counts = report.tables["How many faces were answered so"]
    assert sum(int(row[1].split()[0]) for row in counts[1:]) == 8
    stays = report.tables["The share of faces whose answer stays under a cover."]
    clean = {row["path"]: row["expression"] for row in rows if row["cover"] == ""}
    same = [clean[row["path"]] == row["expression"] for row in rows if row["cover"] == "mask"]
    assert stays[1] == ["mask", f"{100 * sum(same) / 8:.1f} %"]


def test_a_cohorts_report_is_refused_with_what_was_not_asked_of_it(cohort, run, tmp_path):
    folder, _rows = cohort
    out = tmp_path / "cohort.html"
    for options, words in (
        (("--hide", "mouth"), "--hide needs a photo"),
        (("--no-photo",), "--no-photo needs a photo"),
    ):
        status, printed, said = run("report", "--out", out, *options, photo=folder)
        assert (status, printed) == (2, "") and words in said
    status, _, said = run("report", "--out", out, photo=tmp_path)
    assert status == 2 and "holds no part of a cohort" in said
    part = folder / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-200])
    status, _, said = run("report", "--out", out, photo=folder)
    assert status == 2 and said.count("\n") == 1
    assert not out.exists()


def test_a_cohort_of_another_network_goes_without_its_card(cohort, tmp_path, capsys):
    folder, _rows = cohort
    out = tmp_path / "cohort.html"
    assert main(["report", str(folder), "--device", "cpu", "--out", str(out)]) == 0
    assert "Its card was not at hand" in out.read_text()
    assert "Is attention evidence?" not in out.read_text()
    bundled = Path(__file__).parents[2] / "ran/net/weights"
    from ran.net.checkpoints import DEFAULT

    line = ["report", str(folder), "--checkpoint", str(bundled / DEFAULT), "--out", str(out)]
    assert main(line) == 2
    assert "was answered by another network" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--out", "r.pdf"), "A report is written as .html"),
        (("--out", "r.html", "--method", "none", "--method", "saliency"), "beside others"),
        (("--out", "r.html", "--baseline", "grey"), "--baseline"),
        (("--out", "r.html", "--method", "nothing"), "nothing"),
        (("--out", "r.html", "--recipe", "no.json"), "no.json"),
    ],
)
def test_what_a_report_cannot_be_is_refused_in_one_line(options, words, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, printed, said = run("report", *options)
    assert (status, printed) == (2, "")
    assert words in said and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
