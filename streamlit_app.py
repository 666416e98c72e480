"""The face lab: `streamlit run streamlit_app.py`."""

import streamlit as st

from ran.ui import shell

st.set_page_config(
    page_title="RAN face lab",
    page_icon=":material/face:",
    layout="wide",
    initial_sidebar_state=320,
)
page = st.navigation(shell.pages(), position="top")
shell.note_running()
page.run()
