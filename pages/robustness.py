"""The page Robustness: its body is ran.ui.robustness.page."""

from ran.ui.app import open_page

open_page("robustness")
