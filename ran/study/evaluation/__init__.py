"""What a network reaches, on the published lists and beside controls."""
