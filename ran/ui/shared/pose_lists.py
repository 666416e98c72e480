"""How well estimated poses tell the published pose lists apart, on a page."""

from __future__ import annotations

import streamlit as st

from ran.study.poses.published_lists import measured


def published_score() -> None:
    """Say how well estimated poses tell the published pose lists apart."""
    result = measured()
    lost = result.lost_turned + result.lost_frontal
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            "**Poses, on the published lists**",
            help="How often a face of the list over 45° is judged more turned than a test face "
            "outside the list over 30°: the area under the ROC curve. Nothing was fitted on the "
            "lists: solver, camera and head were chosen on FER2013Valid. `python -m ran poses "
            "--ferplus ZIP --lists DIR` measures it; see docs/poses.md.",
        )
        st.markdown(
            f"AUC **{result.auc:.3f} ± {result.error:.3f}** (standard error), {result.turned:,} "
            f"faces against {result.frontal:,}. In {lost} more no face was found with certainty."
        )
