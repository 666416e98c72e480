"""What the pages' measures do on many faces: how often they speak, and what they are worth."""
