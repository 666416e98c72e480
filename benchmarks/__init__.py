"""How fast the paths are that a user waits for, each beside a plain baseline and a check."""
