"""What a visitor has set on each page; it lives in their session."""
