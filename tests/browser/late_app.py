"""The app as it is served, where a run that begins itself again is slow to notice a newer one.

On a busy machine both are inside Streamlit at once: the old run, which has just asked to be run
again, and the run of a link that was clicked then. Here they always are.
"""

import time
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.starlette import App

from ran.ui.server import MIDDLEWARE

_LONGEST_S = 2.0
_finish, _navigation = ScriptRunner._on_script_finished, st.navigation


def finish(self, ctx, event, premature_stop, run_descriptor):
    """End a run; one that begins itself again does so once a newer one has begun beside it."""
    _finish(self, ctx, event, premature_stop, run_descriptor)
    if event == ScriptRunnerEvent.SCRIPT_STOPPED_FOR_RERUN:
        end = time.monotonic() + _LONGEST_S
        while time.monotonic() < end and self._requests._state != ScriptRequestType.STOP:
            time.sleep(0.01)
        time.sleep(0.2)


def navigation(*args, **kwargs):
    time.sleep(0.5)
    return _navigation(*args, **kwargs)


ScriptRunner._on_script_finished = finish
st.navigation = navigation
app = App(Path(__file__).parents[2] / "streamlit_app.py", middleware=MIDDLEWARE)
