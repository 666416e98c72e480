"""The page Model: its body is ran.ui.model.page."""

from ran.ui.app import open_page

open_page("model")
