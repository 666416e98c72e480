"""Random views of a training face, made a batch at a time."""
