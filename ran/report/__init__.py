"""Reports: a scene or a cohort as one file of HTML that opens offline and prints."""
