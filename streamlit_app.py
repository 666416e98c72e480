"""The face lab: `streamlit run streamlit_app.py`.

Streamlit reads this file twice: once for the server, and for every run of a visitor's page.
"""

import streamlit as st
from streamlit import runtime
from streamlit.starlette import App

from ran.ui.app import begin
from ran.ui.icon import icon
from ran.ui.server import MIDDLEWARE, begin_process

if runtime.exists():
    st.set_page_config(
        page_title="RAN face lab", page_icon=icon(), layout="wide", initial_sidebar_state=320
    )
    begin().run()
else:
    begin_process()
    app = App(__file__, middleware=MIDDLEWARE)
