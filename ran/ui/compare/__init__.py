"""The Compare page: two to four faces, covers or networks side by side."""
