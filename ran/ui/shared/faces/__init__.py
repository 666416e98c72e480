"""Where a visitor's face comes from: the dialog, and three scenes to begin with."""
