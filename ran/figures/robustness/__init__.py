"""Figures of robustness: curves against a cover."""
