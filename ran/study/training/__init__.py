"""Training: its options, stages, views and losses."""
