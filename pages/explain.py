"""The page Explain: its body is ran.ui.explain.page."""

from ran.ui.app import open_page

open_page("explain")
