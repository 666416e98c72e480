"""The page Occlude: its body is ran.ui.occlude_page."""

from ran.ui.navigation import open_page

open_page("occlude")
