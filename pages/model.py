"""The checkpoint's card, its scores, the equations with this face's numbers, the RB-loss."""

import tempfile
from pathlib import Path

import streamlit as st

from ran import figures
from ran.engine import Engine, Prediction
from ran.net.checkpoints import Card, load_checkpoint
from ran.study.published import LIST_NAMES, PAPER, wilson_interval
from ran.ui import compute, panels, shell
from ran.ui.session import Session


def body(session: Session, engine: Engine) -> None:
    """Draw the page for the checkpoint and the face in use."""
    left, right = st.columns([1, 1.15])
    with left, st.container(border=True):
        card_table(engine.card)
        own_checkpoint(session)
    with right:
        score_chart(engine.card)
        if session.face is not None:
            with compute.told():
                clean, covered = compute.answers(engine, session.scene(session.face))
                if clean.rb_margin is not None:
                    equations(session, covered)
    if session.face is not None:
        with compute.told():
            panels.margin(session, clean, covered)


def card_table(card: Card) -> None:
    """Draw the card as a table; every word of it comes from card.json."""
    st.markdown("**Checkpoint card**")
    rows = {
        "Name": card.name,
        "Network": f"{card.kind}, {card.backbone} backbone",
        "Classes": ", ".join(card.classes),
        "Input": f"{card.input_size} × {card.input_size}, {'grey' if card.grey else 'colour'}, "
        f"{card.framing} framing",
        "Regions": card.layout,
        "Attention": card.attention,
        "RB margin": f"α = {card.alpha}",
        "Trained on": card.trained_on,
        "Licence": card.licence,
        "Seed": "not stated" if card.seed is None else str(card.seed),
        "Note": card.note,
        "SHA-256": f"{card.sha256[:12]}…" if card.sha256 else "not stated",
    }
    st.table({"": list(rows), " ": list(rows.values())}, hide_index=True, hide_header=True)
    st.markdown(
        ":small[:gray[Research and teaching only, not for decisions about a person. Some "
        "jurisdictions forbid inferring emotions at work and in schools.]]"
    )


def own_checkpoint(session: Session) -> None:
    """Take a visitor's checkpoint; what was in use stays until the new one is loaded."""
    files = st.file_uploader(
        "Your own checkpoint", type=["safetensors", "json", "tar", "pth"],
        accept_multiple_files=True, max_upload_size=200,
        help="model.safetensors together with card.json, or the authors' .pth.tar.",
    )  # fmt: skip
    if not files or not st.button("Use it", icon=":material/check:"):
        return
    names = {"safetensors": "model.safetensors", "json": "card.json"}
    folder = Path(tempfile.mkdtemp(prefix="ran-checkpoint-"))
    for file in files:
        name = names.get(file.name.rsplit(".", 1)[-1], "released.pth.tar")
        (folder / name).write_bytes(file.getvalue())
    released = folder / "released.pth.tar"
    path = released if released.exists() else folder
    with compute.told():
        load_checkpoint(path)
        session.checkpoint = str(path)
        st.rerun()


def score_chart(card: Card) -> None:
    """Draw the card's accuracies beside the paper's."""
    with st.container(border=True):
        st.markdown(
            "**Accuracy on the published lists**",
            help="Test lists of the RAN authors; bars are 95 % Wilson intervals.",
        )
        if not card.scores:
            st.markdown("This checkpoint's card holds no scores: it was not evaluated here.")
            return
        rows = []
        for key, name in LIST_NAMES.items():
            if key in card.scores:
                accuracy, count = card.scores[key]["accuracy"], int(card.scores[key]["n"])
                low, high = wilson_interval(accuracy, count)
                label = f"{name} ({count:,})"
                rows.append((label, 100 * accuracy, 100 * low, 100 * high, PAPER.get(key)))
        st.markdown(
            ":small[:gray[● this checkpoint &nbsp; ◇ RAN, the paper (with face pretraining)]]"
        )
        st.plotly_chart(
            figures.scores(rows, panels.theme()), theme=None, config=figures.CONFIG,
            alt="; ".join(f"{row[0]}: {row[1]:.1f} %" for row in rows),
        )  # fmt: skip


def equations(session: Session, answer: Prediction) -> None:
    """Write the equations in symbols and with the outlined region's numbers put in."""
    with st.container(border=True):
        index = min(session.region, len(answer.boxes) - 1)
        st.markdown(
            f"**Equations, and the numbers of this face's region {index}: "
            f"{answer.boxes[index].name}**",
            help="Wang et al. 2020, arXiv:1905.04075. Choose the region on Occlude.",
        )
        mu, nu = answer.self_weights, answer.relation_weights
        products = mu * nu
        lines = [
            (r"\mu_i = \sigma(q_0^\top F_i)", rf"\mu_{index} = {mu[index]:.3f}"),
            (r"F_m = \sum_i \mu_i F_i \,/ \sum_i \mu_i", rf"\sum_i \mu_i = {mu.sum():.3f}"),
            (r"\nu_i = \sigma(q_1^\top [F_i : F_m])", rf"\nu_{index} = {nu[index]:.3f}"),
            (
                r"w_i = \mu_i\nu_i \,/ \sum_j \mu_j\nu_j",
                rf"w_{index} = {products[index]:.3f} / {products.sum():.3f} "
                rf"= {answer.weights[index]:.3f}",
            ),
        ]
        for symbols, numbers in lines:
            left, right = st.columns(2)
            left.latex(symbols)
            right.latex(numbers)


shell.open_page("Model", body)
