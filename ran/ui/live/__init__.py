"""The Live page: a camera's frames, answered as they come. Needs the extra [live]."""
