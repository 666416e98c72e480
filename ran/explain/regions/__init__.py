"""What a region is worth, and what happens without it."""
