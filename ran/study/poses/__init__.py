"""One face at several angles, and how well poses are estimated."""
