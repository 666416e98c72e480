"""The page Poses: its body is ran.ui.poses_page."""

from ran.ui.navigation import open_page

open_page("poses")
