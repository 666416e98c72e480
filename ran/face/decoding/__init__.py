"""How untrusted pictures and films are decoded: what they are, and in a program of their own."""
