"""Charts of many faces: accuracy, distributions, mean weights, by group."""
