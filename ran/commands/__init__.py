"""The commands of `python -m ran` that answer about photos, a module each."""
