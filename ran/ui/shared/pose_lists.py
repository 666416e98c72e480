"""How well estimated poses tell the published pose lists apart, on a page."""

from __future__ import annotations

import streamlit as st

from ran.study.poses.published_lists import measured
from ran.words import _


def published_score() -> None:
    """Say how well estimated poses tell the published pose lists apart."""
    result = measured()
    lost = result.lost_turned + result.lost_frontal
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            _("**Poses, on the published lists**"),
            help=_(
                "How often a face of the list over 45° is judged more turned than a test face "
                "outside the list over 30°: the area under the ROC curve. Nothing was fitted on "
                "the lists: solver, camera and head were chosen on FER2013Valid. `python -m ran "
                "poses --ferplus ZIP --lists DIR` measures it; see docs/poses.md."
            ),
        )
        st.markdown(
            _(
                "AUC **{auc:.3f} ± {error:.3f}** (standard error), {turned:,} "
                "faces against {frontal:,}. In {lost} more no face was found with certainty."
            ).format(
                auc=result.auc,
                error=result.error,
                turned=result.turned,
                frontal=result.frontal,
                lost=lost,
            )
        )
