"""Heatmaps: the table of methods, and what each of them computes."""
