"""The page Live: its body is ran.ui.live.page."""

from ran.ui.app import open_page

open_page("live")
