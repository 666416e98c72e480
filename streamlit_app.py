"""The face lab: `streamlit run streamlit_app.py`."""

import streamlit as st

from ran.ui.icon import icon
from ran.ui.navigation import begin

st.set_page_config(
    page_title="RAN face lab", page_icon=icon(), layout="wide", initial_sidebar_state=320
)
begin().run()
