"""The face lab: `streamlit run streamlit_app.py`."""

import streamlit as st

from ran.ui.app import begin
from ran.ui.icon import icon

st.set_page_config(
    page_title="RAN face lab", page_icon=icon(), layout="wide", initial_sidebar_state=320
)
begin().run()
