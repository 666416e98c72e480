"""What may hide a face: parts, stickers, drawn shapes, and how it is composed."""
