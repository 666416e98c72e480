"""Whatever stands behind the options, a command answers or refuses in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ran.__main__ import main
from ran.engine import Engine

HOPPER = Path(__file__).parents[2] / "examples" / "grace_hopper.jpg"
NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(["", "1e999", "-0", "5e-324", "1e-300", "0x10", "1_0", "٣", "\N{MINUS SIGN}1"]),
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.sampled_from(
        ["mouth", "sunglasses", "look", "colour", "random", "landmark", "-1", "--", "{0}"]
    ),
)
COUNTS = {"--rectangle": 4, "--colour": 3}
OPTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["--hide", "--sticker", "--fill", "--layout", "--device", "--recipe"]),
            st.tuples(TEXTS),
        ),
        st.sampled_from(
            ["--rectangle", "--colour", "--opacity", "--noise-seed", "--crops", "--crop-seed",
             "--radius"]
        ).flatmap(
            lambda name: st.tuples(
                st.just(name), st.tuples(*[NUMBERS] * COUNTS.get(name, 1))
            )
        ),
    ),
    max_size=4,
)  # fmt: skip


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example([("--rectangle", ("0", "0", "5e-324", "5e-324"))])
@example([("--layout", ("landmark",)), ("--radius", ("1e-300",))])
@example([("--layout", ("random",)), ("--crops", ("100000",))])
@example([("--layout", ("random",)), ("--crop-seed", ("1" * 30,))])
@example([("--hide", ("mouth",)), ("--fill", ("noise",)), ("--noise-seed", ("9" * 30,))])
@example([("--hide", ("mouth",)), ("--opacity", ("nan",))])
@example([("--hide", ("mouth",)), ("--fill", ("colour",)), ("--colour", ("1", "2", "999"))])
@given(OPTIONS)
def test_predict_answers_or_refuses_in_one_line(checkpoint, capsys, options):
    given_ = [part for name, values in options for part in (name, *values)]
    status = main(["predict", str(HOPPER), "--checkpoint", str(checkpoint), "--json", *given_])
    out, err = capsys.readouterr()
    if status == 0:
        for face in json.loads(out)["faces"]:
            assert abs(sum(face["probabilities"].values()) - 1) < 1e-4
        return
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("ask", [lambda: torch.empty(1 << 50), lambda: bytearray(1 << 55)])
def test_memory_that_runs_out_is_one_line(monkeypatch, checkpoint, capsys, ask):
    monkeypatch.setattr(Engine, "predict_many", lambda *_: ask())
    status = main(["predict", str(HOPPER), "--checkpoint", str(checkpoint)])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith("There is not enough memory for this. Ask for less at a time:")


def test_a_fault_of_ours_is_not_called_memory(monkeypatch, checkpoint):
    def fails(*_: object) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(Engine, "predict_many", fails)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        main(["predict", str(HOPPER), "--checkpoint", str(checkpoint)])
