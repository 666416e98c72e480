"""Where and how far a cover breaks an answer: windows that slide, curves against a cover."""
