"""The page Model: its body is ran.ui.model_page."""

from ran.ui.navigation import open_page

open_page("model")
