"""Components of ours: HTML, CSS and JavaScript, no build step."""
