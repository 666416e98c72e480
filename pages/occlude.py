"""The page Occlude: its body is ran.ui.occlude.page."""

from ran.ui.app import open_page

open_page("occlude")
