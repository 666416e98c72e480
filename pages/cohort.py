"""The page Cohort: its body is ran.ui.cohort.page."""

from ran.ui.app import open_page

open_page("cohort")
