"""The page Poses."""
