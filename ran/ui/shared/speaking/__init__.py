"""In which language a visitor reads the pages."""
