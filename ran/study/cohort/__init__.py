"""The same asked of thousands of pictures: where they come from, a row for each face, tables."""
