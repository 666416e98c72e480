"""The page that asks the same of many faces."""
