"""The page Poses: its body is ran.ui.poses.page."""

from ran.ui.app import open_page

open_page("poses")
