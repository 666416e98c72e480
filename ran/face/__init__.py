"""A photo comes in, a Face goes out, and what may be done to it."""
