"""Many visitors at once: `python -m tests.load`; no test, for it takes minutes and both cores."""
