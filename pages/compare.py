"""The page Compare: its body is ran.ui.compare.page."""

from ran.ui.app import open_page

open_page("compare")
