"""Readers under hostile bytes: `python -m tests.fuzz`; what it kept is replayed in every test."""
