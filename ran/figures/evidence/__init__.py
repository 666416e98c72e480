"""Values -> what the Explain page shows beside attention and maps: worths, pairs, curves."""
