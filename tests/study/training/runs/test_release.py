"""A release: two checkpoints, and every number of their cards counted again, one face at a time."""

import json
import math
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from made_up_ferplus import write_ferplus, write_lists
from PIL import Image

from ran.__main__ import main
from ran.engine import Engine
from ran.errors import BadRequest
from ran.expressions import FERPLUS
from ran.net.checkpoints import load_checkpoint
from ran.net.model import PlainNetwork
from ran.study.data.ferplus import read_ferplus
from ran.study.evaluation.accuracy import as_input
from ran.study.evaluation.comparison import calibration_error
from ran.study.evaluation.release import release
from ran.study.training.options import Recipe, write_recipe
from ran.study.training.run_folder import untrained_ran

FACES = 40


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """FERPlus of forty noise faces a split, brighter by label; two of the lists are parts."""
    folder = tmp_path_factory.mktemp("faces")
    stems = write_ferplus(folder / "data", faces=FACES)
    draw = np.random.default_rng(0)
    for path in (folder / "data").glob("*/*.png"):
        noise = draw.normal(40 + 20 * stems[path.stem][1] + draw.normal(0, 25), 20, (48, 48))
        Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(path)
    write_lists(folder / "lists", stems)
    for name, step in (("jianfei_occlusion_list.txt", 2), ("pose_45_ferplus_list.txt", 3)):
        path = folder / "lists/FERplus_dir" / name
        path.write_text("\n".join(path.read_text().splitlines()[::step]) + "\n")
    return {"ferplus": folder / "data", "lists": folder / "lists"}


def run_folder(folder, data, seed, *, joint=False, **options):
    """Write a run folder; of its networks only the heads have learnt a little, each alone."""
    recipe = Recipe(input_size=32, seed=seed, **options)
    write_recipe(recipe, folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        ran, plain = untrained_ran(recipe), PlainNetwork(recipe.backbone, classes=8, grey=True)
    faces = read_ferplus(data["ferplus"], "train")
    pictures = as_input(torch.from_numpy(faces.pixels)[:, None], 32)
    for model in (ran.eval(), plain.eval()):
        model.mean.fill_(0.5)
        features = model(pictures).features.detach()
        heads = [value for name, value in model.named_parameters() if "backbone" not in name]
        steps = torch.optim.Adam(heads, 0.1)
        for _ in range(120):
            steps.zero_grad()
            loss = torch.nn.functional.cross_entropy(model.attend(features).logits, faces.shares())
            loss.backward()
            steps.step()
    torch.save(ran.state_dict(), folder / "ran.pt")
    torch.save(plain.state_dict(), folder / "backbone.pt")
    row = {"stage": "heads", "epoch": 1, "faces": 77, "valid": 0.5}
    rows = [row, {**row, "stage": "joint", "valid": 0.6}] if joint else [row]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return recipe


@pytest.fixture(scope="module")
def released(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("released")
    recipe = run_folder(folder / "run", data, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAN_DEVICE", "cpu")
        release(recipe, folder=folder / "run", out=folder / "ran-tiny", photographs=0, **data)
    return folder


def hollow_released():
    """Return a RAN on the tiny backbone in the authors' layout."""
    names = {"self_attention.query.": "alpha.0.", "relation_attention.query.": "beta.0."}
    names |= {"classifier.": "fc.", "backbone.": ""}
    state = {}
    for name, value in untrained_ran(Recipe()).state_dict().items():
        for ours, theirs in names.items():
            if name.startswith(ours):
                state[theirs + name.removeprefix(ours)] = value
    return state


def answered(place, faces, *, mirrored=False):
    """Answer each face alone: logits f64[N, 8]."""
    model, _ = load_checkpoint(place)
    rows = []
    for pixels in faces.pixels:
        picture = torch.from_numpy(pixels[:, ::-1].copy() if mirrored else pixels)[None, None]
        with torch.no_grad():
            rows.append(model(as_input(picture, 32)).logits[0].double())
    return torch.stack(rows)


@pytest.fixture(scope="module")
def exam(data):
    return read_ferplus(data["ferplus"], "test")


@pytest.mark.parametrize("kind", ["ran", "plain"])
def test_scores_are_the_shares_counted_face_by_face(released, exam, kind):
    place = released / f"{kind}-tiny"
    _, card = load_checkpoint(place)
    assert card.kind == kind
    logits, mirrored = answered(place, exam), answered(place, exam, mirrored=True)
    labels = exam.labels().tolist()
    right = [int(row.argmax()) == label for row, label in zip(logits, labels, strict=True)]
    lists = {"ferplus": range(FACES), "occlusion": range(0, FACES, 2), "pose45": range(0, FACES, 3)}
    for name, members in lists.items():
        share = sum(right[number] for number in members) / len(members)
        assert card.scores[name] == {"n": len(members), "accuracy": pytest.approx(share)}
    both = (logits / card.temperature).softmax(1) + (mirrored / card.temperature).softmax(1)
    share = sum(int(r.argmax()) == label for r, label in zip(both, labels, strict=True)) / FACES
    assert card.flipped["ferplus"]["accuracy"] == pytest.approx(share)
    for number, name in enumerate(FERPLUS):
        own = [is_right for is_right, label in zip(right, labels, strict=True) if label == number]
        assert card.per_class[name] == {"n": 5, "accuracy": pytest.approx(sum(own) / 5)}


def test_ran_against_plain_counts_who_is_right_alone(released, exam):
    _, card = load_checkpoint(released / "ran-tiny")
    labels = torch.from_numpy(exam.labels())
    ran, plain = (
        (answered(released / name, exam).argmax(1) == labels).tolist()
        for name in ("ran-tiny", "plain-tiny")
    )
    alone = sum(a and not b for a, b in zip(ran, plain, strict=True))
    other = sum(b and not a for a, b in zip(ran, plain, strict=True))
    total = alone + other
    p = min(1, 2 * sum(math.comb(total, k) for k in range(min(alone, other) + 1)) / 2**total)
    assert card.against_plain["ferplus"] == {
        "n": FACES, "difference": pytest.approx((alone - other) / FACES),
        "ran_only": alone, "plain_only": other, "p": pytest.approx(p),
    }  # fmt: skip
    assert set(card.against_plain) == set(card.scores)
    assert alone + other > 0


def test_the_temperature_is_fitted_to_the_votes_of_valid_and_the_calibration_error_is_that_of_test(
    released, data, exam
):
    _, card = load_checkpoint(released / "ran-tiny")
    valid = read_ferplus(data["ferplus"], "valid")
    logits, votes = answered(released / "ran-tiny", valid), valid.shares()
    losses = {
        factor: torch.nn.functional.cross_entropy(logits / (card.temperature * factor), votes)
        for factor in (0.9, 1.0, 1.1)
    }
    assert min(losses, key=losses.get) == 1.0
    assert card.calibration["fitted_on"] == FACES
    test, labels = answered(released / "ran-tiny", exam), torch.from_numpy(exam.labels())
    for name, temperature in (("ece", card.temperature), ("ece_before", 1.0)):
        error = calibration_error((test / temperature).softmax(1), labels)
        assert card.calibration[name] == pytest.approx(error, abs=1e-4)
    engine = Engine.load(released / "ran-tiny")
    assert engine.card.temperature == card.temperature


def test_cards_say_what_they_are_for_and_that_it_is_one_seed(released):
    for kind in ("ran", "plain"):
        _, card = load_checkpoint(released / f"{kind}-tiny")
        assert "Not for decisions about a person" in card.intended_use
        assert "not what a person feels" in card.limits
        assert "77 faces" in card.trained_on
        assert "One seed" in card.note or kind == "plain"
        assert card.recipe == asdict(Recipe(input_size=32, seed=1))


def test_several_seeds_have_their_mean_and_spread_on_the_card(data, tmp_path):
    runs = [tmp_path / f"run-{seed}" for seed in (1, 2, 3)]
    recipe, *_ = [run_folder(run, data, seed) for seed, run in enumerate(runs, 1)]
    card = release(
        recipe, folder=runs[0], out=tmp_path / "ran-out", also=runs[1:], photographs=0, **data
    )
    shares = [card.scores["ferplus"]["accuracy"]]
    for seed, run in enumerate(runs[1:], 2):
        other = release(
            Recipe(input_size=32, seed=seed), folder=run, out=tmp_path / f"ran-{seed}",
            photographs=0, **data,
        )  # fmt: skip
        shares.append(other.scores["ferplus"]["accuracy"])
    mean = sum(shares) / 3
    spread = math.sqrt(sum((share - mean) ** 2 for share in shares) / 2)
    # The others are scored before they are rounded to half precision: a face may tip over.
    assert card.seeds["ferplus"]["n"] == 3
    assert card.seeds["ferplus"]["mean"] == pytest.approx(mean, abs=1 / FACES)
    assert card.seeds["ferplus"]["spread"] == pytest.approx(spread, abs=1 / FACES)
    assert "One seed" not in card.note


@pytest.mark.parametrize("other", [{"seed": 1}, {"seed": 2, "alpha": 0.1}])
def test_runs_that_differ_in_more_than_their_seed_are_no_seeds_of_one_recipe(data, tmp_path, other):
    recipe = run_folder(tmp_path / "one", data, 1)
    run_folder(tmp_path / "two", data, **other)
    with pytest.raises(BadRequest, match="another seed"):
        release(
            recipe, folder=tmp_path / "one", out=tmp_path / "ran-out", also=[tmp_path / "two"],
            **data,
        )  # fmt: skip
    assert not (tmp_path / "ran-out").exists(), "refused before the test lists are read"


def test_a_release_asks_photographs_of_both_networks_and_says_how_many(data, tmp_path, monkeypatch):
    asked = []

    def check(engine, faces, *, most):
        asked.append((engine.card.kind, len(faces), most))
        return {"n": most, "found": 4, "agreement": 0.75, "accuracy": 0.5, "direct": 0.25}

    monkeypatch.setattr("ran.study.evaluation.release.check_photographs", check)
    folders = ["--ferplus", data["ferplus"], "--lists", data["lists"], "--run", tmp_path / "run"]
    run_folder(tmp_path / "run", data, 1, joint=True)
    places = tmp_path / "a", tmp_path / "b"
    asked_for = ["--out", places[0], "--plain-out", places[1], "--photographs", 5]
    assert main(["train", "release", *map(str, [*folders, *asked_for])]) == 0
    assert sorted(asked) == [("plain", FACES, 5), ("ran", FACES, 5)]
    for place in places:
        _, card = load_checkpoint(place)
        assert card.photographs["found"] == 4
        assert card.scores is not None
    assert "all of it together" in load_checkpoint(places[0])[1].note


def test_a_released_checkpoint_that_is_scored_again_says_the_same(released, data, tmp_path):
    folder = Path(shutil.copytree(released / "ran-tiny", tmp_path / "ran-tiny"))
    values = json.loads((folder / "card.json").read_text())
    forgotten = dict.fromkeys(("scores", "flipped", "per_class", "calibration"))
    forgotten |= {"temperature": 1.0, "limits": "", "intended_use": "Mine."}
    (folder / "card.json").write_text(json.dumps({**values, **forgotten}))
    folders = ["--ferplus", str(data["ferplus"]), "--lists", str(data["lists"])]
    assert main(["evaluate", *folders, "--checkpoint", str(folder), "--onto-card"]) == 0
    again = json.loads((folder / "card.json").read_text())
    assert again == {**values, "intended_use": "Mine."}


def test_what_has_no_card_cannot_be_scored_onto_it(data, tmp_path, capsys):
    folders = ["--ferplus", str(data["ferplus"]), "--lists", str(data["lists"])]
    torch.save({"state_dict": hollow_released()}, tmp_path / "theirs.pth.tar")
    asked = ["--checkpoint", str(tmp_path / "theirs.pth.tar"), "--onto-card"]
    assert main(["evaluate", *folders, *asked]) == 2
    assert "python -m ran convert" in capsys.readouterr().err


def test_bundled_checkpoints_are_small_enough_to_ship():
    weights = Path(__file__).parents[4] / "ran/net/weights"
    sizes = [path.stat().st_size for path in weights.glob("*/model.safetensors")]
    assert sizes
    assert max(sizes) <= 25e6
