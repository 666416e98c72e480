"""The page Explain: its body is ran.ui.explain_page."""

from ran.ui.navigation import open_page

open_page("explain")
