"""Values -> figures for a paper, drawn by matplotlib: SVG, PDF or PNG, no browser needed."""
