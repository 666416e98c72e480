"""A painter of faces that nobody posed for: curves, soft shadows and the muscles between them."""
