"""Many faces: data sets, training, evaluation."""
