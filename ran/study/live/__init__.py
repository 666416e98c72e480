"""A camera's frames, answered as they come: never recorded, never queued."""
