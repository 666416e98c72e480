"""The page Occlude."""
